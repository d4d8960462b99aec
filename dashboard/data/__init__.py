"""Data: the spectra that people bring, from the upload to the curve on the page. No HTTP.

`dataset.py` is the vocabulary · `store.py` all SQL · `path.py` which paths an upload may name · `upload.py`
bytes to a file · `worker.py` functions that meet the readers, run in processes of their own by `processes.py`
· `indexing.py` from files to rows · `labels.py` classes from a CSV · `curve.py` a spectrum thinned for a plot
· `curves.py` many of them, cached · `preview.py` a recipe tried on a few · `report.py` and `arrays.py` the
views of a job · `marked.py` the spectra behind a mark · `service.py` all of it. Start reading at
`service.py`; the JSON is in ``docs/dashboard.md``.
"""
