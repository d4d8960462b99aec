"""SQL on datasets and files (`datasets.py`) and on spectra (`spectra.py`), for all rooms."""
