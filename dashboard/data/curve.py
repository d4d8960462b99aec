"""A curve for a plot: a spectrum cut to a range and thinned so that no line is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dashboard.base.errors import FieldError, Invalid
from spectra import Spectrum

X_DIGITS = 9  # significant: 1e-5 Å at 6563 Å
FLUX_DIGITS = 6
MOST_POINTS = 20_000

Floats = npt.NDArray[np.floating[Any]]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Window:
    """Which part of a curve is requested.

    Attributes
    ----------
    points : int
        The most points.
    minimum, maximum : float or None
        Å, both included; None: to the end.
    """

    points: int = 2000
    minimum: float | None = None
    maximum: float | None = None

    def __post_init__(self) -> None:
        if not 2 <= self.points <= MOST_POINTS:
            reason = f"must be from 2 to {MOST_POINTS}"
            raise Invalid(f"points {reason}.", [FieldError("points", reason)])
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            reason = "must be larger than minimum"
            raise Invalid(f"maximum {reason}.", [FieldError("maximum", reason)])


def curve(spectrum: Spectrum, window: Window, *, errors: bool = True) -> dict[str, Any]:
    """Return a spectrum as the JSON "Curve" of ``docs/dashboard.md``.

    Parameters
    ----------
    spectrum : Spectrum
        The spectrum; a row of features without wavelengths has an empty axis.
    window : Window
        The part of the axis, and how many points are drawn.
    errors : bool
        Whether errors (1 / √ivar) and masks are drawn, too.

    Returns
    -------
    dict
        With wavelengths in Å and the flux in the spectrum's unit.
    """
    error = None
    if errors and spectrum.ivar is not None:
        good = np.isfinite(spectrum.ivar) & (spectrum.ivar > 0)
        error = np.full(spectrum.ivar.shape, np.nan)
        error[good] = 1.0 / np.sqrt(spectrum.ivar[good])
    # A row of features without wavelengths has an empty axis (`curves.row_spectrum`).
    x = spectrum.wavelength if len(spectrum.wavelength) == len(spectrum.flux) else None
    return curve_of(x, spectrum.flux, window, error=error, mask=spectrum.mask if errors else None)


def curve_of(
    x: Floats | None,
    flux: Floats,
    window: Window,
    *,
    error: Floats | None = None,
    mask: npt.NDArray[np.bool_] | None = None,
) -> dict[str, Any]:
    """Return arrays as the JSON "Curve".

    Parameters
    ----------
    x
        Å, ascending, shape (n,), or None: the numbers of the columns.
    flux, error, mask
        Shape (n,).
    """
    axis = "wavelength" if x is not None else "column"
    x = np.arange(len(flux), dtype=np.float64) if x is None else x
    first = 0 if window.minimum is None else int(np.searchsorted(x, window.minimum, "left"))
    last = len(x) if window.maximum is None else int(np.searchsorted(x, window.maximum, "right"))
    last = max(first, last)
    kept = first + thinned(flux[first:last], window.points)
    return {
        "axis": axis,
        "x": numbers(x[kept], X_DIGITS),
        "flux": numbers(flux[kept], FLUX_DIGITS),
        "error": None if error is None else numbers(error[kept], FLUX_DIGITS),
        "mask": None if mask is None else mask[kept].tolist(),
        "points": last - first,
        "shown": len(kept),
        "minimum": float(x[kept[0]]) if len(kept) else None,
        "maximum": float(x[kept[-1]]) if len(kept) else None,
    }


def thinned(values: Floats, points: int) -> Indices:
    """Return which values to keep: all, or the first lowest and the first highest of each bucket, in order.

    Parameters
    ----------
    values
        Shape (n,); NaN is neither low nor high, a bucket of nothing else gives one.
    points
        At most so many are kept; at least 2.

    Returns
    -------
    Indices
        Ascending, without repetition. The first and the last value of all are always among them.
    """
    count = len(values)
    if count <= points:
        return np.arange(count)
    buckets = max((points - 2) // 2, 1)
    width = -(-count // buckets)
    padded = np.full(buckets * width, np.nan)
    padded[:count] = values
    table = padded.reshape(buckets, width)
    nothing = np.isnan(table)
    lowest = np.where(nothing, np.inf, table).argmin(axis=1)
    highest = np.where(nothing, -np.inf, table).argmax(axis=1)
    starts = np.arange(buckets) * width
    kept = np.concatenate(([0, count - 1], starts + lowest, starts + highest))
    kept = np.unique(kept[kept < count])
    return kept if points >= 4 else kept[[0, -1]]


def numbers(values: Floats, digits: int) -> list[float | None]:
    """Return numbers rounded to significant digits, for JSON.

    Parameters
    ----------
    values : ndarray
        Shape (n,).
    digits : int
        Number of significant digits.

    Returns
    -------
    list of float or None
        None where a value is not finite; values below 1e-290 or above 1e290 in size are not rounded.
    """
    values = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(values)
    size = np.zeros(values.shape)
    usable = finite & (values != 0.0)
    np.log10(np.abs(values), where=usable, out=size)
    # Powers of ten beyond these would over- or underflow; such numbers are given as they are.
    locations = digits - 1 - np.floor(size)
    small = usable & (np.abs(locations) < 290)
    scale = np.power(10.0, np.where(small, np.abs(locations), 0.0))
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = np.where(locations >= 0, np.rint(values * scale) / scale, np.rint(values / scale) * scale)
    result: list[float | None] = np.where(small & np.isfinite(rounded), rounded, values).tolist()
    if finite.all():
        return result
    return [value if good else None for value, good in zip(result, finite.tolist(), strict=True)]
