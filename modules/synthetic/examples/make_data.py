"""Writes example spectra into a folder: `python make_data.py FOLDER`. They are made up, not observed."""

import sys
from pathlib import Path

from spectra.synthetic import write_folder

if __name__ == "__main__":
    write_folder(Path(sys.argv[1]), 24)
