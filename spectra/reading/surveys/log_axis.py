"""The logarithmic axis that the headers of surveys give by two numbers, in the unit and frame they state.

The data model of a survey says what the numbers are; the words of the file (CUNIT, IRAF's WAT, VACUUM, CTYPE)
go before it. `units.meaning` rejects an axis that lies where the survey does not see.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from spectra.fault import Fault
from spectra.reading.fits.axis_units import UNIT_KEYWORDS, in_logarithm, stated_units
from spectra.reading.fits.describe import frame_said
from spectra.reading.fits_file.header import CARD, Header, Layout, padded, read_header
from spectra.reading.grid import log_grid
from spectra.reading.read_error import ReadError
from spectra.reading.units.frames import FRAME_KEYWORDS
from spectra.reading.units.meaning import AxisMeaning, Rule, Said, axis_meaning
from spectra.spectrum import FloatArray

_KEPT = 1024
_KEYWORDS = (
    "CUNIT1", "CUNIT", "WAT1_001", "WAT1_002", "CRVAL1", "CDELT1", "NAXIS", "CTYPE1", "CTYPE2", "TELESCOP",
    *UNIT_KEYWORDS, *FRAME_KEYWORDS, "METADATA",
)  # fmt: skip
"""What `stated_units` and `frame_said` look at."""


def stated_log_axis(
    headers: Sequence[Header], rule: Rule, first: float, step: float, n: int, *, units: Sequence[Said] = ()
) -> tuple[FloatArray, AxisMeaning]:
    """Return the wavelengths of a logarithmic axis, and how its unit and frame are known.

    Parameters
    ----------
    headers
        Where the file says what its axis is in; the first that says something wins.
    rule
        The data model of the survey.
    first, step
        Of the logarithm.
    n
        Number of pixels.
    units
        What else the file states: the unit of a column.

    Returns
    -------
    FloatArray
        Å in vacuum, shape (n,), read-only; equal arguments give the same object.
    AxisMeaning
        Its unit and frame.

    Raises
    ------
    ReadError
        When the axis descends, the file states a unit that is not known, or it lies where the survey does
        not see.
    """
    if not step > 0.0:
        raise ReadError(
            f"its logarithmic axis from {first:g} in steps of {step:g} makes no wavelengths", Fault.BAD_AXIS
        )
    cards = tuple([_cards(header) for header in headers])
    meaning = _meaning(cards, tuple(units), rule, first, first + step * max(n - 1, 1))
    return log_values(meaning, first, step, n), meaning


def _cards(header: Header) -> bytes:
    """Return the cards that say what an axis is in: the files of a survey have the same ones."""
    return b"".join(
        [
            padded(keyword) + b"=" + (header.card(keyword) or b"").ljust(CARD - 9)
            for keyword in _asked(header.layout)
        ]
    )


@lru_cache(_KEPT)
def _asked(layout: Layout) -> tuple[str, ...]:
    return tuple(keyword for keyword in _KEYWORDS if layout.place(keyword) is not None)


@lru_cache(_KEPT)
def _meaning(
    cards: tuple[bytes, ...], units: tuple[Said, ...], rule: Rule, first: float, last: float
) -> AxisMeaning:
    headers = [read_header(each + b"END".ljust(CARD))[0] for each in cards]
    stated = [*units, *(said for header in headers for said in _units(header))]
    frame = frame_said(*headers)
    return axis_meaning(units=stated, frame=frame, rules=[rule], values=np.array([first, last]))


def _units(header: Header) -> list[Said]:
    """Return the units of logarithms that a header states: CUNIT1, WAT1, and CUNIT without a number."""
    found = [*stated_units(header, 1), Said(header.text("CUNIT"), "CUNIT")]
    return [in_logarithm(said, "log10") for said in found if said.text]


def log_values(meaning: AxisMeaning, first: float, step: float, n: int) -> FloatArray:
    """Return the wavelengths of logarithms.

    Parameters
    ----------
    meaning
        Unit and frame.
    first, step, n
        Of the logarithm, and the number of pixels.

    Returns
    -------
    FloatArray
        Å in vacuum, shape (n,), read-only; equal arguments give the same object.

    Raises
    ------
    ReadError
        When the unit is none of a wavelength.
    """
    unit = meaning.unit
    if unit.kind != "wavelength":
        raise ReadError(
            f"its logarithmic axis is in {unit.name}, not in a wavelength (by {meaning.unit_known_by})",
            Fault.UNKNOWN_UNIT,
        )
    if unit.logarithm == "ln":
        first, step = first / math.log(10.0), step / math.log(10.0)
    return log_grid(first + math.log10(unit.size * 1e10), step, n, meaning.frame)
