"""What can be a spectral axis in the unit that was taken, and what cannot.

A wrong unit makes a spectrum that looks like any other: only its range tells. Where a file states no unit,
Angstrom is taken for an axis that ends beyond 100 Å; what ends before is micron, a logarithm, metres or a
counter of rows far more often than X-rays, and is rejected with the question what it is. So is what begins
between 300 and 900 and ends before 1100: an optical spectrum in nm. Hydrogen between the stars absorbs what
is shorter than 912 Å, and the spectra of FUSE begin at 904 Å.
"""

from __future__ import annotations

import numpy as np

from spectra.fault import Fault
from spectra.reading.read_error import ReadError
from spectra.reading.units.convert import to_angstrom
from spectra.reading.units.unit import SpectralUnit
from spectra.spectrum import FloatArray

LONGEST = 1e12
"""Å, 100 m: beyond any radio spectrum; more is a wrong axis or a wrong unit."""
SHORTEST = 1e-3
"""Å, 12 MeV: beyond any gamma-ray spectrometer in use; less is a wrong axis or a wrong unit."""
SHORTEST_ASSUMED = 100.0
"""Å: an axis that ends before is not taken as Å where the file does not say so."""
_OPTICAL_NM = (300.0, 900.0, 1100.0)
"""Where a spectrum of a CCD may begin, in nm, and where it ends at the latest."""
_LONGEST_OPTICAL = 1e7  # Å, 1 mm: no one writes logarithms of radio wavelengths in Å
_SHORTEST_WAVENUMBER = 10.0  # cm-1, 1 mm
_LOG10 = (2.9, 5.3)  # log10 of 800 Å to 20 µm, in Å
_LN = (6.6, 12.3)  # natural logarithms of the same
_WIDEST_LOG = 1.5  # of such an axis, in dex; X-ray spectra in Å reach from 1 to 40
_SI_WAVELENGTH = (1e-8, 1e-4)  # m
ADVICE = "name the column wavelength_nm, wavelength_um … or state the unit"


def span(values: FloatArray) -> tuple[float, float] | None:
    """Return the least and the greatest finite value.

    Parameters
    ----------
    values : ndarray
        Any shape.

    Returns
    -------
    tuple or None
        None where no value is finite.
    """
    if values.size == 0:
        return None
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(low + high):
        finite = values[np.isfinite(values)]
        if finite.size == 0:
            return None
        low, high = float(finite.min()), float(finite.max())
    return low, high


def settled_logarithm(unit: SpectralUnit, ends: tuple[float, float] | None) -> SpectralUnit:
    """Decide whether a "log" that does not say its base is decimal or natural, by what it makes.

    Parameters
    ----------
    unit
        Of the axis.
    ends
        Least and greatest value.

    Returns
    -------
    SpectralUnit
        With the logarithm "ln" where decimal ones would be longer than 1 mm and natural ones are not.
    """
    if unit.logarithm != "log":
        return unit
    natural = (
        unit.kind == "wavelength"
        and ends is not None
        and _power(10.0, ends[1]) * unit.size * 1e10 > _LONGEST_OPTICAL
        and _power(np.e, ends[1]) * unit.size * 1e10 <= _LONGEST_OPTICAL
    )
    return unit.logarithmic("ln" if natural else "log10")


def _power(base: float, exponent: float) -> float:
    return float(base ** min(exponent, 300.0))


def check_assumed(ends: tuple[float, float] | None, unit: SpectralUnit) -> None:
    """Check an axis whose unit the file does not state.

    Parameters
    ----------
    ends
        Least and greatest value, in `unit`.
    unit
        What would be taken.

    Raises
    ------
    ReadError
        When the range is none of a spectrum in that unit.
    """
    if ends is None:
        return
    low, high = ends
    if unit.name == "eV" or (unit.name == "cm-1" and 0.0 < high < _SHORTEST_WAVENUMBER):
        other = "keV" if unit.name == "eV" else "um-1"
        raise ReadError(
            f"its unit is not stated, and {low:.6g}-{high:.6g} may be {unit.name} or {other}: {ADVICE}",
            Fault.UNKNOWN_UNIT,
        )
    if unit.kind != "wavelength":
        return
    last = {"": high, "ln": _power(np.e, high)}.get(unit.logarithm, _power(10.0, high)) * unit.size * 1e10
    too_short = last < SHORTEST_ASSUMED and high > 0.0 and (low >= 0.0 or unit.logarithm)
    if too_short or _may_be_nm(low, high, unit):
        raise ReadError(
            f"its unit is not stated, and {low:.6g}-{high:.6g} are no wavelengths in {unit.name}"
            f"{_guess(low, high, unit)}: {ADVICE}",
            Fault.UNKNOWN_UNIT,
        )


def _may_be_nm(low: float, high: float, unit: SpectralUnit) -> bool:
    first, latest, last = _OPTICAL_NM
    in_nm = first <= low < latest and high <= last
    return in_nm and unit.name == "Angstrom" and not unit.logarithm


def _guess(low: float, high: float, unit: SpectralUnit) -> str:
    if unit.logarithm or unit.name != "Angstrom":
        return ""
    if _may_be_nm(low, high, unit):
        return " (nanometres?)"
    if is_si_wavelength(low, high):
        return " (metres?)"
    if looks_logarithmic(low, high):
        return " (logarithms of wavelengths?)"
    return " (micron?)" if low >= 0.05 and high <= 50.0 else ""


def looks_logarithmic(low: float, high: float) -> bool:
    """Whether numbers in Å are logarithms of optical or infrared wavelengths far rather than X-rays."""
    in_one = any(least <= low and high <= most for least, most in (_LOG10, _LN))
    return in_one and high - low < _WIDEST_LOG * (1.0 if low < _LOG10[1] else np.log(10.0))


def check_stated(ends: tuple[float, float] | None, unit: SpectralUnit) -> None:
    """Check an axis whose unit the file states.

    Parameters
    ----------
    ends
        Least and greatest value, in `unit`.
    unit
        What is stated.

    Raises
    ------
    ReadError
        When the numbers are logarithms said to be Å.
    """
    if ends is None or unit.kind != "wavelength":
        return
    low, high = ends
    if unit.name == "Angstrom" and looks_logarithmic(low, high):
        raise ReadError(
            f"its axis is said to be in Angstrom, yet {low:.6g}-{high:.6g} look like logarithms of "
            "wavelengths: state log10(Angstrom), or DC-FLAG = 1 in an image",
            Fault.UNKNOWN_UNIT,
        )


def check_decimal(ends: tuple[float, float] | None, unit: SpectralUnit) -> None:
    """Check an axis of decimal logarithms.

    Parameters
    ----------
    ends
        Least and greatest value, in `unit`.
    unit
        Of the axis; what is no decimal logarithm of a wavelength passes.

    Raises
    ------
    ReadError
        When they make wavelengths beyond 1 mm, as natural logarithms do.
    """
    if ends is None or unit.kind != "wavelength":
        return
    low, high = ends
    if unit.logarithm == "log10" and _power(10.0, high) * unit.size * 1e10 > _LONGEST_OPTICAL:
        raise ReadError(
            f"its axis is said to be {unit.name}, yet {low:.6g}-{high:.6g} make wavelengths beyond 1 mm: "
            "state ln(Angstrom) where the logarithms are natural",
            Fault.BAD_AXIS,
        )


def check_reach(
    values: FloatArray, unit: SpectralUnit, by: str, family: str, reach: tuple[float, float]
) -> None:
    """Check that an axis lies where the instruments of its family see.

    Parameters
    ----------
    values
        The axis, any shape; what is not positive is padding, unless they are logarithms.
    unit
        Their unit, and `by` what it is known by.
    by, family
        For the message.
    reach
        Shortest and longest wavelength of the family, Å.

    Raises
    ------
    ReadError
        When an end lies below half the shortest or above twice the longest: the unit is another.
    """
    if unit.kind == "velocity":
        return
    ends = span(values)
    if ends is not None and ends[0] <= 0.0 and not unit.logarithm:
        ends = span(values[values > 0.0])
    if ends is None:
        return
    with np.errstate(over="ignore"):
        first, last = sorted(to_angstrom(np.array(ends), unit).tolist())
    if first < reach[0] / 2.0 or last > reach[1] * 2.0:
        raise ReadError(
            f"its axis {ends[0]:.6g}-{ends[1]:.6g} in {unit.name} (by {by}) is {first:.6g}-{last:.6g} Å, and "
            f"{family} has {reach[0]:g}-{reach[1]:g} Å: its axis or the unit of its axis is wrong",
            Fault.UNKNOWN_UNIT,
        )


def is_counter(values: FloatArray) -> bool:
    """Return whether values count rows or pixels, from 0 or from 1.

    Parameters
    ----------
    values : ndarray
        Shape (n,).

    Returns
    -------
    bool
        False for fewer than 2 values.
    """
    return bool(
        values.size >= 2
        and values[0] in {0.0, 1.0}
        and values[-1] == values[0] + values.size - 1
        and (np.diff(values) == 1.0).all()
    )


def is_si_wavelength(low: float, high: float) -> bool:
    """Whether numbers are optical or infrared wavelengths in metres (10 nm to 100 µm)."""
    return _SI_WAVELENGTH[0] <= low and high <= _SI_WAVELENGTH[1]
