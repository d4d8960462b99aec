"""Values of one keyword in the headers of FITS files; runs in a process of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dashboard.data.isolated.read_spectra import READING
from spectra.reading.content import Content
from spectra.reading.entry import timely

LONGEST_VALUE = 500


def header_values(root: Path, paths: Sequence[str], keyword: str) -> list[str | None]:
    """Return the value of a keyword for each file.

    Parameters
    ----------
    root : Path
        The dataset's ``files/``.
    paths : sequence of str
        Files below it.
    keyword : str
        At most 8 capital letters, digits, ``-`` or ``_`` (FITS standard 4.0, section 4.1.2.1).

    Returns
    -------
    list of str or None
        The value in the first HDU that has one; None where no header has it, or the file is no FITS.
    """
    return [_value(root / path, keyword) for path in paths]


def _value(path: Path, keyword: str) -> str | None:
    try:
        content = Content.of_path(str(path), limits=READING)
        return timely(content.limits, lambda: _first(content, keyword))
    except Exception:  # noqa: BLE001 (hostile bytes make libraries raise anything; indexing tells the reason)
        return None


def _first(content: Content, keyword: str) -> str | None:
    for hdu in content.fits.hdus:
        value = hdu.header.get(keyword)
        text = "" if value is None else str(value).strip()
        if text:
            return text[:LONGEST_VALUE]
    return None
