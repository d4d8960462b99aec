"""FITS files that are recognised and hold no optical spectrum that can be read: what they are, what to do."""

from __future__ import annotations

from spectra.fault import Fault
from spectra.reading.fits_file.structure import FitsFile
from spectra.reading.read_error import ReadError

_SDFITS = {"DATA", "CRVAL1", "CDELT1"}
_OGIP = {"CHANNEL", "COUNTS"}, {"CHANNEL", "RATE"}


def check_sdfits(file: FitsFile) -> None:
    """Reject SDFITS: a table of a radio telescope whose axes are columns.

    Raises
    ------
    ReadError
        When a table is one.
    """
    for hdu in file.tables():
        if hdu.name == "SINGLE DISH" or hdu.columns.keys() >= _SDFITS:
            raise ReadError(
                f"HDU {hdu.index} ({hdu.name or 'table'}) is SDFITS, raw data of a single dish: {hdu.rows:,} "
                "integrations with an axis each; calibrate them (dysh, GBTIDL) and save a spectrum",
                Fault.NO_SPECTRUM,
            )


def check_ogip(file: FitsFile) -> None:
    """Reject an X-ray spectrum in channels (OGIP 92-007): its energies are in another file.

    Raises
    ------
    ReadError
        When a table is one.
    """
    for hdu in file.tables():
        if any(hdu.columns.keys() >= names for names in _OGIP):
            raise ReadError(
                f"HDU {hdu.index} ({hdu.name or 'table'}) is an X-ray spectrum in channels of the detector "
                "(OGIP PHA): their energies are in its response file; unfold it first",
                Fault.NO_SPECTRUM,
            )
