"""Wavelength grids: one array per grid, however many spectra share it.

LAMOST and SDSS give a grid by three numbers. Equal numbers give the *same* read-only array, so that code
behind may group spectra by identity and pays for powers of ten and for the way from air to vacuum once.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from spectra.air import air_to_vacuum
from spectra.fault import Fault
from spectra.reading.read_error import ReadError
from spectra.reading.units import required_unit, to_angstrom
from spectra.reading.units.frames import AIR, VACUUM
from spectra.reading.units.plausible import LONGEST, SHORTEST
from spectra.spectrum import FloatArray

__all__ = ["AIR", "FEWEST", "LONGEST", "SHORTEST", "VACUUM", "linear_grid", "log_grid"]

FEWEST = 2
"""Pixels of a spectrum."""
_CACHED = 256
_LONGEST_CACHED = 100_000  # pixels: keeps the cache below 256 × 0.8 MB, whatever is read


def log_grid(first: float, step: float, n: int, frame: str = VACUUM) -> FloatArray:
    """Return 10**(first + step*i) Å, i = 0 … n-1, in vacuum.

    Parameters
    ----------
    first, step
        log10 of Å (COEFF0 and COEFF1 of LAMOST and SDSS); step must be positive.
    n
        Number of pixels.
    frame
        "vacuum", or "air" when the numbers are in air.

    Returns
    -------
    FloatArray
        Read-only, shape (n,), ascending; equal arguments give the same object (up to 100,000 pixels).

    Raises
    ------
    ReadError
        When the numbers make no wavelengths between 0.001 Å and 100 m.
    """
    return _cached_log(first, step, n, frame) if n <= _LONGEST_CACHED else _log(first, step, n, frame)


def linear_grid(first: float, step: float, n: int, unit: str = "Angstrom", frame: str = VACUUM) -> FloatArray:
    """Return first + step*i in Å in vacuum, ascending (turned round where the axis descends in wavelength).

    Parameters
    ----------
    first, step
        In `unit` (a wavelength unit); step may be negative, not zero.
    n, unit, frame
        Number of pixels, unit and frame of the numbers.

    Returns
    -------
    FloatArray
        Read-only, shape (n,); equal arguments give the same object (up to 100,000 pixels).

    Raises
    ------
    ReadError
        When the numbers make no positive wavelengths.
    """
    return (
        _cached_linear(first, step, n, unit, frame)
        if n <= _LONGEST_CACHED
        else _linear(first, step, n, unit, frame)
    )


def _log(first: float, step: float, n: int, frame: str) -> FloatArray:
    last = first + step * (n - 1)
    if not (step > 0.0 and first > -3.0 and last < 12.0):
        raise ReadError(
            f"its logarithmic axis from {first:g} in steps of {step:g} makes no wavelengths", Fault.BAD_AXIS
        )
    return _finished(10.0 ** (first + step * np.arange(n, dtype=np.float64)), frame)


def _linear(first: float, step: float, n: int, unit: str, frame: str) -> FloatArray:
    pixels: FloatArray = np.arange(n, dtype=np.float64)
    values = to_angstrom(first + step * pixels, required_unit(unit))
    if step == 0.0 or not (np.isfinite(values).all() and values.min() > 0.0):
        raise ReadError(
            f"its linear axis from {first:g} in steps of {step:g} {unit} makes no positive wavelengths",
            Fault.BAD_AXIS,
        )
    return _finished(values if values[-1] >= values[0] else values[::-1], frame)


_cached_log = lru_cache(_CACHED)(_log)
_cached_linear = lru_cache(_CACHED)(_linear)


def _finished(wavelength: FloatArray, frame: str) -> FloatArray:
    if wavelength.size < FEWEST:
        raise ReadError(
            f"its axis has {wavelength.size} pixel, a spectrum has {FEWEST} at least", Fault.TOO_SHORT
        )
    if not (np.diff(wavelength) > 0.0).all() or wavelength[-1] > LONGEST or wavelength[-1] < SHORTEST:
        raise ReadError(
            f"its axis makes no ascending wavelengths (from {wavelength[0]:g} to {wavelength[-1]:g} Å)",
            Fault.BAD_AXIS,
        )
    grid = np.ascontiguousarray(air_to_vacuum(wavelength) if frame == AIR else wavelength)
    grid.flags.writeable = False
    return grid
