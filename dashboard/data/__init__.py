"""Datasets: the spectra that users upload, from the upload to the curve on a page. No HTTP.

Start reading at `service.py`, which composes the parts:

- `dataset.py` is the vocabulary (datasets, files, rows, locations); `store/` holds all SQL on them.
- `ingest/` takes files in: `path` (allowed names), `upload_stream` and `upload_service` (bytes to files),
  `index_queue` and `indexer` (files to rows), `label_table` and `label_service` (labels from CSV).
- `isolated/` reads untrusted files in processes of its own, which may crash, hang or exhaust their memory.
- `curves/` gives data out: curves for plots, original files, previews of recipes; `curve.py` thins a curve.

The JSON forms are described in ``docs/dashboard.md``.
"""
