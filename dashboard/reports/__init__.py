"""Reports of jobs as plain JSON (`report.py`), and the spectra of their marks (`report_spectra.py`).

Start reading at `report.py`; `arrays.py` reads NumPy files of containers, without trusting them.
"""
