"""What a FITS file holds, in a few words: for the reason of a file in which no spectrum is found."""

from __future__ import annotations

from spectra.reading.fits_file.hdu import Hdu
from spectra.reading.fits_file.structure import FitsFile
from spectra.reading.read_error import ReadError

_MOST_HDUS = 6
_MOST_COLUMNS = 12
_LONGEST_NAME = 24


def contents(file: FitsFile) -> str:
    """Name the HDUs of a file, with the shapes of images and the columns of tables.

    Parameters
    ----------
    file
        The file; of many HDUs and columns the first ones are named.
    """
    holding = [hdu for hdu in file.hdus if len(hdu.data) > 0 or hdu.fault] or file.hdus[:1]
    parts = [_words(hdu) for hdu in holding[:_MOST_HDUS]]
    more = len(holding) - len(parts)
    return "; ".join(parts) + (f"; {more:,} more HDUs" if more else "")


def _words(hdu: Hdu) -> str:
    name = f"HDU {hdu.index}" + (f" ({hdu.name[:_LONGEST_NAME]})" if hdu.name else "")
    if hdu.fault is not None:
        return f"{name} is cut short"
    if hdu.is_image:
        axes = " × ".join(f"{length:,}" for length in reversed(hdu.shape))
        code = hdu.header.text("CTYPE1")
        return f"{name} is an image of {axes} pixels" + (f" (CTYPE1 is {code})" if code else "")
    if not hdu.is_table:
        return f"{name} holds no data" if not len(hdu.data) else f"{name} is a {hdu.header.text('XTENSION')}"
    try:
        columns = [column[:_LONGEST_NAME] for column in hdu.columns]
    except ReadError as error:
        return f"{name} is broken ({error})"
    shown = ", ".join(columns[:_MOST_COLUMNS]) + (", …" if len(columns) > _MOST_COLUMNS else "")
    return f"{name} is a table of {hdu.rows:,} rows with the columns {shown or '(none)'}"
