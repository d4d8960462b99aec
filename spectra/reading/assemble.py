"""From columns of numbers to a `Spectrum`: vacuum Å, ascending, bad pixels marked, nonsense rejected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from spectra.air import air_to_vacuum
from spectra.fault import Fault
from spectra.reading.grid import AIR, FEWEST, LONGEST, SHORTEST, VACUUM
from spectra.reading.provenance import traced
from spectra.reading.read_error import ReadError
from spectra.reading.units import ANGSTROM, SpectralUnit, to_angstrom
from spectra.reading.units.convert import Convention
from spectra.spectrum import BoolArray, FloatArray, Provenance, Spectrum, SpectrumMeta

_MAX_REPEATED = 0.01  # of the pixels: what rounding to few digits makes; more is no single spectrum


@dataclass(frozen=True, slots=True)
class Axis:
    """The spectral axis of a file as it stands there.

    Parameters
    ----------
    values
        Shape (n,), in `unit`.
    unit
        Its unit.
    frame
        "air" or "vacuum".
    rest
        Rest wavelength in Å, for velocities.
    convention
        What velocities mean.
    """

    values: FloatArray
    unit: SpectralUnit = ANGSTROM
    frame: str = VACUUM
    rest: float | None = None
    convention: Convention = "optical"


def numbers(raw: npt.NDArray[Any]) -> FloatArray:
    """Return numbers of any type and byte order as float64.

    Parameters
    ----------
    raw : ndarray
        Numbers, any shape; signalling NaNs of hostile bytes raise no warning.

    Returns
    -------
    ndarray
        Same shape, float64.
    """
    with np.errstate(invalid="ignore"):
        return raw.astype(np.float64)


def ivar_of_error(error: FloatArray) -> FloatArray:
    """Return the inverse variances of errors.

    Parameters
    ----------
    error : ndarray
        Standard deviations in the unit of the flux, any shape.

    Returns
    -------
    ndarray
        1/error², same shape; 0 where the error is not a positive finite number.
    """
    good = np.isfinite(error) & (error > 0.0)
    ivar = np.zeros(error.shape)
    with np.errstate(all="ignore"):  # a square may underflow to 0
        np.divide(1.0, np.square(error, where=good, out=np.ones_like(error)), where=good, out=ivar)
    return np.where(np.isfinite(ivar), ivar, 0.0)


def bad_pixels(
    flux: FloatArray, ivar: FloatArray | None = None, flags: BoolArray | None = None
) -> BoolArray | None:
    """Mark pixels without a finite flux, without weight, or flagged; None when every pixel is good.

    Raises
    ------
    ReadError
        When no flux is a finite number.
    """
    finite = np.isfinite(flux)
    if not finite.all():
        if not finite.any():
            raise ReadError("its flux holds no finite number (all NaN or infinite)", Fault.NOT_FINITE)
        bad = ~finite
    else:
        bad = None
    for other in (None if ivar is None else ~(ivar > 0.0), flags):
        if other is not None and other.any():
            bad = other if bad is None else bad | other
    return bad


def assemble(
    axis: Axis,
    flux: FloatArray,
    meta: SpectrumMeta,
    *,
    ivar: FloatArray | None = None,
    flags: BoolArray | None = None,
    provenance: Provenance | None = None,
) -> Spectrum:
    """Make a spectrum of an axis as the file has it.

    Pixels without a positive wavelength (padding) are left out, a descending axis is turned round, the few
    pixels that repeat a wavelength (rounding) are left out.

    Parameters
    ----------
    axis
        The spectral axis, shape (n,).
    flux
        Shape (n,).
    meta
        Everything else.
    ivar, flags
        Inverse variance, and True for bad pixels; shape (n,) or None.
    provenance
        How it was read: the one place where a reader hands it over.

    Raises
    ------
    ReadError
        When lengths differ, no finite flux or wavelength is there, or the axis turns back.
    """
    flux = np.asarray(flux, dtype=np.float64)
    if flux.ndim != 1 or axis.values.shape != flux.shape:
        raise ReadError(f"its axis has shape {axis.values.shape} and its flux {flux.shape}", Fault.BAD_AXIS)
    with np.errstate(all="ignore"):
        wavelength = to_angstrom(
            np.asarray(axis.values, dtype=np.float64), axis.unit, axis.rest, axis.convention
        )
    keep = _in_order(wavelength)
    columns = [
        column if column is None else _own(column) if keep is None else column[keep]
        for column in (wavelength, flux, ivar, flags)
    ]
    wavelength, flux, ivar, flags = columns  # type: ignore[assignment]
    if axis.frame == AIR:
        wavelength = air_to_vacuum(wavelength)
    if provenance is not None:
        meta = traced(meta, provenance)
    return Spectrum(np.ascontiguousarray(wavelength), flux, ivar, bad_pixels(flux, ivar, flags), meta)


def _own(column: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a column that keeps no whole matrix in memory whose row it is."""
    base = column.base
    return column.copy() if isinstance(base, np.ndarray) and base.size > column.size else column


def _in_order(wavelength: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.intp]] | None:
    """Return the pixels to take, in their order; None for all as they are, which is what most files hold."""
    if (
        wavelength.size >= FEWEST
        and wavelength[0] > 0.0
        and wavelength[-1] <= LONGEST
        and wavelength[-1] >= SHORTEST
        and (wavelength[1:] > wavelength[:-1]).all()
    ):
        return None
    finite = np.isfinite(wavelength)
    if (wavelength[finite] < 0.0).any():
        raise ReadError(
            f"its axis holds negative values (down to {wavelength[finite].min():g}): it is no wavelength",
            Fault.BAD_AXIS,
        )
    real = np.flatnonzero(finite & (wavelength > 0.0))
    if real.size < FEWEST:
        raise ReadError(
            f"its axis holds {real.size} positive wavelengths of {wavelength.size}", Fault.TOO_SHORT
        )
    if wavelength[real].max() > LONGEST:
        raise ReadError(
            f"its wavelengths reach {wavelength[real].max():g} Å: its axis or the unit of its axis is wrong",
            Fault.BAD_AXIS,
        )
    if wavelength[real].max() < SHORTEST:
        raise ReadError(
            f"its wavelengths end at {wavelength[real].max():g} Å: its axis or the unit of its axis is wrong",
            Fault.BAD_AXIS,
        )
    if wavelength[real[0]] > wavelength[real[-1]]:
        real = real[::-1]
    steps = np.diff(wavelength[real])
    if (steps < 0.0).any():
        at = int(np.argmax(steps < 0.0))
        before, after = wavelength[real[at]], wavelength[real[at + 1]]
        raise ReadError(
            f"its wavelengths are not in order ({after:g} Å beside {before:g} Å); split its orders",
            Fault.BAD_AXIS,
        )
    repeated = int((steps == 0.0).sum())
    if repeated > _MAX_REPEATED * real.size:
        raise ReadError(
            f"{repeated} of its {real.size} wavelengths are repeated: it is no single spectrum",
            Fault.BAD_AXIS,
        )
    return real[np.concatenate(([True], steps > 0.0))] if repeated else real
