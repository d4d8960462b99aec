"""What the headers of LAMOST and SDSS say about the object, in one form."""

from __future__ import annotations

from typing import Any

from spectra.reading.fits_file.header import Header

_UNSET = {"", "NON", "NONE", "NULL", "N/A", "NA", "UNKNOWN", "-"}


def known(text: str) -> str | None:
    """Return a word, or None where the survey writes one of its words for "not known" (LAMOST: "Non")."""
    word = text.strip()
    return None if word.upper() in _UNSET else word


def coordinate(header: Header, keyword: str, limit: float) -> float | None:
    """Return a position of a header.

    Parameters
    ----------
    header : Header
        The FITS header.
    keyword : str
        The keyword of the position.
    limit : float
        The greatest size that is possible, in degrees.

    Returns
    -------
    float or None
        Degrees; None where the header has none within ± `limit`.
    """
    value = header.number(keyword)
    return value if value is not None and -limit <= value <= limit else None


def whole(header: Header, keyword: str) -> int | None:
    """Return a whole number (an identifier, a date), or None."""
    value = header.get(keyword)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def put(extra: dict[str, Any], **values: float | str | int | bool | None) -> None:
    """Add what is known."""
    extra.update({key: value for key, value in values.items() if value is not None and value != ""})
