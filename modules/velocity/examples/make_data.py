"""Writes example spectra into a folder: `python make_data.py FOLDER`. They are made up, not observed."""

import sys
from pathlib import Path

from spectra.simulation.moving_stars import write_stars

if __name__ == "__main__":
    write_stars(Path(sys.argv[1]), 40)
