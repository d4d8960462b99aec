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
from spectra.reading.fits.axis import in_logarithm, stated_units
from spectra.reading.fits.describe import frame_said
from spectra.reading.fits_file.header import Header
from spectra.reading.grid import log_grid
from spectra.reading.read_error import ReadError
from spectra.reading.units.meaning import AxisMeaning, Rule, Said, axis_meaning
from spectra.spectrum import FloatArray

_KEPT = 1024


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
    stated = [*units, *(said for header in headers for said in header_units(header))]
    frame = next((said for header in headers if (said := frame_said(header))), None)
    meaning = _meaning(tuple(stated), frame, rule, first, first + step * max(n - 1, 1))
    return log_values(meaning, first, step, n), meaning


def header_units(header: Header) -> list[Said]:
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


@lru_cache(_KEPT)
def _meaning(
    units: tuple[Said, ...], frame: Said | None, rule: Rule, first: float, last: float
) -> AxisMeaning:
    return axis_meaning(units=units, frame=frame, rules=[rule], values=np.array([first, last]))
