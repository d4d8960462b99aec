"""Bad pixels from the quality flags and masks that a file has.

Which values are bad depends on who wrote them: HST excludes the bits of SDQFLAGS (STScI, COS and STIS data
handbooks, "data quality flags"; COS also writes the outcome as DQ_WGT), JWST the bit DO_NOT_USE (bit 0,
JWST user documentation, "data quality flags"), PypeIt marks good pixels with 1, ESO's QUAL is 0 for good
pixels (ESO science data products standard 5). A logical mask is True where a pixel is bad, as in NumPy and
NDData.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from spectra.reading.fits_file.columns import Cells
from spectra.reading.fits_file.hdu import Hdu
from spectra.reading.fits_file.header import Header
from spectra.reading.planes.words import Role, companion, is_inverted, words_of
from spectra.spectrum import BoolArray, FloatArray

_SAYS_GOOD = re.compile(
    r"(?:\b(?:1|true|t|nonzero)\s*(?:=|is|:|means?|for|->)+\s*(?:a\s+|the\s+)?(?:good|valid|ok|used?)\b)"
    r"|(?:\b(?:good|valid|ok|used?)\s*(?:pixels?)?\s*(?:=|is|are|:)+\s*(?:1|true|t|nonzero)\b)"
    r"|(?:\b(?:0|false|f|zero)\s*(?:=|is|:|means?|for|->)+\s*(?:a\s+|the\s+)?(?:bad|masked|invalid)\b)"
    r"|(?:\b(?:bad|masked|invalid)\s*(?:pixels?)?\s*(?:=|is|are|:)+\s*(?:0|false|f|zero)\b)",
    re.IGNORECASE,
)
"""A comment on a mask by which 1 is a good pixel."""
_DO_NOT_USE = 1
SDSS_BAD = sum(1 << bit for bit in (18, 22, 23, 24, 25))
"""FULLREJECT, NOSKY, BRIGHTSKY, NODATA, COMBINEREJ (DR7 `spPlate` mask). The bits below 16 speak of a whole
fibre, the others of pixels that are merely near something: neither makes a pixel bad."""
_OF_SDSS = frozenset(("and", "mask"))
_PYPEIT = ("PYPELINE", "VERSPYP", "PYP_SPEC", "DMODCLS")


def mask_column(names: Iterable[str], flux: str) -> str | None:
    """Return the column that tells the bad pixels of a flux, or None.

    Parameters
    ----------
    names
        All columns, as the file writes them.
    flux
        The one that is the flux.
    """
    listed = list(names)
    found = companion(listed, flux, (Role.MASK,))
    return found[0] if found else None


def bad_of(
    values: npt.NDArray[Any], name: str, headers: Iterable[Header] = (), comment: str = ""
) -> BoolArray:
    """Tell bad pixels by the values of a mask.

    Parameters
    ----------
    values
        Logical or whole numbers (also as floats), any shape; what is no number is bad.
    name
        The column or HDU that holds them.
    headers
        Its own header, and the primary.
    comment
        What the file says of the column: "1 = good".
    """
    headers = tuple(headers)
    bits = _bits(values)
    pypeit = any(header.get(key) is not None for header in headers for key in _PYPEIT)
    if pypeit or is_inverted(name) or _SAYS_GOOD.search(comment):
        return np.asarray(bits == 0)
    telescope = _text(headers, "TELESCOP").upper()
    selected = SDSS_BAD if set(words_of(name)) == _OF_SDSS else None
    if telescope == "JWST":
        selected = _DO_NOT_USE
    elif telescope == "HST" and (flags := _number(headers, "SDQFLAGS")) is not None:
        selected = int(flags)
    return np.asarray((bits if selected is None else bits & selected) != 0)


def has_bits(mask: FloatArray, bits: int) -> BoolArray:
    """Return the pixels with any of the bits of a survey's mask.

    Parameters
    ----------
    mask : ndarray
        Bits of the pixels, as numbers, any shape.
    bits : int
        Those that make a pixel bad.

    Returns
    -------
    ndarray
        Same shape, bool; what is not finite has none.
    """
    found: BoolArray = (np.where(np.isfinite(mask), mask, 0.0).astype(np.int64) & bits) != 0
    return found


def _bits(values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    if values.dtype.kind == "S":  # FITS logicals: T, F, or 0 for none
        values = values == b"T"
    elif values.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            values = np.where(np.abs(values) < 2**53, values, 1.0)
    return np.asarray(values).astype(np.int64)


def _text(headers: Iterable[Header], keyword: str) -> str:
    return next((text for header in headers if (text := header.text(keyword))), "")


def _number(headers: Iterable[Header], keyword: str) -> float | None:
    return next((number for header in headers if (number := header.number(keyword)) is not None), None)


class Mask:
    """The bad pixels of all spectra of one table or image.

    Parameters
    ----------
    place
        Where they are told: "column DQ", "HDU MASK".
    name
        Of the column or HDU.
    rows
        The flags of each spectrum.
    headers
        Its own header, and the primary.
    """

    def __init__(self, place: str, name: str, rows: Cells, headers: tuple[Header, ...]) -> None:
        self.place = place
        self._name, self._rows, self._headers = name, rows, headers
        self.excluded: Cells | None = None
        """Weights of each pixel, 0 where it is excluded (DQ_WGT of COS)."""
        self.comment = ""
        """What the file says of the column."""

    def of(self, row: int, shape: tuple[int, ...]) -> BoolArray | None:
        """Return the bad pixels of a spectrum.

        Parameters
        ----------
        row : int
            Its row of the mask, from 0.
        shape : tuple of int
            Shape of its flux.

        Returns
        -------
        ndarray or None
            True where a pixel is bad, in this shape; None where there is no mask for it.
        """
        if row >= len(self._rows):
            return None
        stored = self._rows.stored(row)
        if stored.shape != shape:
            return None
        values = stored if stored.dtype.kind == "S" else self._rows[row]
        bad = bad_of(values, self._name, self._headers, self.comment)
        if self.excluded is not None and row < len(self.excluded):
            weight = self.excluded[row]
            if weight.shape == shape:
                bad |= weight == 0.0
        return bad


def table_mask(hdu: Hdu, flux: str, headers: tuple[Header, ...]) -> Mask | None:
    """Return the mask of the spectra of a table, or None.

    Parameters
    ----------
    hdu
        The table.
    flux
        The column with the flux.
    headers
        Its own header, and the primary.
    """
    names = [name for name, column in hdu.columns.items() if column.is_numeric or column.letter == "L"]
    name = mask_column(names, flux)
    if name is None:
        return None
    mask = Mask(f"column {name}", name, hdu.cells(name), headers)
    number = hdu.columns[name].number
    mask.comment = f"{hdu.header.comment(f'TTYPE{number}')} {hdu.header.text(f'TCOMM{number}')}"
    if "DQ_WGT" in hdu.columns:
        mask.excluded = hdu.cells("DQ_WGT")
    return mask
