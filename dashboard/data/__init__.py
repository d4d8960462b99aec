"""Data: the spectra that people bring, from the upload to the curve on the page. No HTTP.

Vocabulary and SQL: `dataset.py`, `store.py` (datasets, files), `rows.py` (spectra), `search.py`.
In: `path.py` (which may be named), `upload.py`, `uploads.py` (bytes to files), `reading.py`, `indexing.py`
(files to rows), `labels.py`, `labelling.py` (classes).
Out: `curve.py`, `curves.py` (plots), `original.py` (files), `preview.py`, `previews.py` (recipes tried).
Reports of jobs: `arrays.py`, `report.py` (views), `marked.py` (the spectra behind a mark).
`worker.py`, `features.py`, `preview.py` meet hostile files, in processes of their own (`processes.py`).
Start reading at `service.py`; the JSON is in ``docs/dashboard.md``.
"""
