"""Writes the spectra of the tests' archive: twelve emission lines on a slope, as FITS tables.

``python3 spectra.py FOLDER`` with Debian's numpy and astropy. They are made here because real spectra
belong to their surveys, and no test needs more of them than a known line at a known place.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from astropy.io import fits

COUNT = 12
UNIT = "10**(-17) erg s**(-1) cm**(-2) Angstrom**(-1)"


def main(folder: Path) -> None:
    """Write the files."""
    folder.mkdir(parents=True, exist_ok=True)
    wavelength = np.arange(4000.0, 7000.5, 1.0)
    for number in range(1, COUNT + 1):
        line = np.exp(-0.5 * ((wavelength - 6564.6) / (2.0 + number)) ** 2)
        flux = 10.0 + wavelength / 1000.0 + 5.0 * line
        columns = [
            fits.Column("WAVELENGTH", "D", "Angstrom", array=wavelength),
            fits.Column("FLUX", "D", UNIT, array=flux),
        ]
        head = fits.Header()
        head["OBJECT"], head["RA"], head["DEC"] = f"Test {number:02}", 10.0 * number, number - 5.0
        head["DATE-OBS"], head["EXPTIME"] = f"2010-{number:02}-01T00:00:00", 600.0
        head["TELESCOP"], head["INSTRUME"] = "Test telescope", "Test spectrograph"
        head["SPECSTRT"], head["SPECEND"], head["SPECLEN"] = 4000.0, 7000.0, len(wavelength)
        made = fits.HDUList([fits.PrimaryHDU(header=head), fits.BinTableHDU.from_columns(columns)])
        made.writeto(folder / f"test{number:02}.fits", overwrite=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
