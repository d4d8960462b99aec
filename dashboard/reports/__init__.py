"""Reports of jobs as plain JSON (`report.py`), and the spectra behind their marks (`report_spectra.py`)."""
