"""The units that a FITS header states for its spectral axis."""

from __future__ import annotations

import re
from functools import lru_cache

from spectra.reading.fits_file.header import Header, Layout
from spectra.reading.units import spectral_unit
from spectra.reading.units.comments import unit_of_comments
from spectra.reading.units.meaning import Said
from spectra.reading.units.unit import Logarithm

_IRAF_UNIT = re.compile(r"units=\"?([^\s\"]+)")
UNIT_KEYWORDS = (
    "XUNITS", "XUNIT", "WAVEUNIT", "WAVUNIT", "WAVUNITS", "WAVE_UNI", "WAVE_UNT", "WUNIT", "WUNITS",
    "LAMUNIT", "LAM_UNIT", "WLUNIT", "SPEC_UNI", "SPECUNIT", "AXISUNIT", "DISPUNIT", "SPECSDIM",
)  # fmt: skip
"""Keywords without the number of an axis that state its unit."""


def stated_units(header: Header, number: int) -> list[Said]:
    """Return the units that a header states for an axis: CUNIT, IRAF's WAT, the comment of CRVAL or CDELT.

    Parameters
    ----------
    header : Header
        Of the image.
    number : int
        Of the axis, from 1.

    Returns
    -------
    list of Said
        The strongest first; empty texts say nothing.
    """
    units = [Said(header.text(f"CUNIT{number}"), f"CUNIT{number}")]
    if match := _IRAF_UNIT.search(header.joined(f"WAT{number}")):
        units.append(Said(match[1], f"WAT{number} units"))
    units += keyword_units(header)
    for keyword in (f"CRVAL{number}", f"CDELT{number}", f"CTYPE{number}", f"CUNIT{number}"):
        if text := _unit_of_comment(header.comment(keyword)):
            units.append(Said(text, f"the comment of {keyword}"))
    return units


@lru_cache(1024)
def _unit_of_comment(comment: str) -> str:
    """Return the unit that the comment of a card states: "[nm] step", "wavelength in nm", "step (nm)"."""
    # FITS 4.0, 4.3.2: the unit of a keyword's value in square brackets begins its comment.
    match = re.match(r"\[([^\]]{1,40})\]", comment) or re.search(r"[(\[]([^()\[\]]{1,40})[)\]]$", comment)
    if match and spectral_unit(match[1]) is not None:
        return match[1]
    found = unit_of_comments([comment])
    if found is None and len(comment) > 1:
        found = spectral_unit(comment)
    return "" if found is None else found.name


@lru_cache(1024)
def _unit_keywords(layout: Layout) -> tuple[str, ...]:
    return tuple(keyword for keyword in UNIT_KEYWORDS if layout.place(keyword) is not None)


def keyword_units(header: Header) -> list[Said]:
    """Return the units of the axis that keywords without a number state (WAVEUNIT, XUNITS …).

    WAVEUNIT of solar files is the power of ten of a metre (SOLARNET, Haugan & Fredvik 2020, 5.1: -9 is nm).
    """
    found = []
    for keyword in _unit_keywords(header.layout):
        value = header.get(keyword)
        power = header.number(keyword)
        if keyword == "WAVEUNIT" and power is not None and power == int(power):
            found.append(Said(f"10^{int(power):+d} m", keyword))
        elif isinstance(value, str) and value.strip():
            found.append(Said(value, keyword))
    return found


def in_logarithm(said: Said, logarithm: Logarithm) -> Said:
    """Return a stated unit as that of logarithms, where the axis has such and the unit does not say so.

    Parameters
    ----------
    said : Said
        Unit and place.
    logarithm : str
        Of the axis: "log10", "ln", "log", or "" where it has none.

    Returns
    -------
    Said
        The same where the text is no unit, or that of a logarithm.
    """
    unit = spectral_unit(said.text) if logarithm else None
    return said if unit is None or unit.logarithm else said._replace(text=unit.logarithmic(logarithm).name)
