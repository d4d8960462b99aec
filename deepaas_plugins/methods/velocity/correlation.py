"""Cross-correlation of many spectra with a template, at all shifts at once, and what its peak tells.

Spectra lie on a logarithmic grid, where a velocity is a shift. Of each the slow variation is divided out, and
its ends are tapered. The correlation is normalised at each shift by what of the template lies under the
spectrum, so that it is 1 where both agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import gaussian_filter1d

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

LIGHT_SPEED = 299_792.458
#: Share of the pixels at each end that are tapered.
TAPER = 0.05
#: Lags over which the correlation of the residual's pixels is summed.
LAGS = 40
FWHM = 2.3548


@dataclass(frozen=True)
class Standard:
    """Spectra without their slow variation.

    Attributes
    ----------
    flux
        Zero mean, tapered, unit length; shape (rows, columns).
    negative
        Rows whose slow variation is not positive: it was subtracted, not divided out; shape (rows,).
    """

    flux: Floats
    negative: Mask


def taper(columns: int) -> Floats:
    """Return a window that falls to zero at both ends as a cosine.

    Parameters
    ----------
    columns : int
        Its length.

    Returns
    -------
    ndarray
        Between 0 and 1, shape (columns,).
    """
    width = max(int(TAPER * columns), 2)
    window = np.ones(columns)
    edge = 0.5 - 0.5 * np.cos(np.pi * (np.arange(width) + 0.5) / width)
    window[:width], window[-width:] = edge, edge[::-1]
    return window


def standard(flux: npt.NDArray[np.floating], width: float) -> Standard:
    """Take the slow variation out of spectra.

    Parameters
    ----------
    flux : ndarray
        Shape (rows, columns).
    width : float
        Full width at half maximum of what counts as slow, in columns.

    Returns
    -------
    Standard
        Of the same shape; a row without any variation is zero.
    """
    values = np.asarray(flux, dtype=np.float64)
    slow = gaussian_filter1d(values, width / FWHM, axis=1, mode="nearest")
    least = slow.min(axis=1)
    negative = least <= 0.02 * np.abs(slow).max(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        line = np.where(negative[:, None], values - slow, values / slow - 1.0)
    window = taper(values.shape[1])
    line = (line - (line * window).sum(axis=1, keepdims=True) / window.sum()) * window
    length = np.sqrt((line**2).sum(axis=1, keepdims=True))
    return Standard(line / np.where(length > 0, length, 1.0), negative)


class Correlator:
    """Correlates rows with templates.

    Parameters
    ----------
    columns
        Of the spectra.
    reach
        Largest shift, columns; templates reach so far beyond the spectra on both sides (zero where they do
        not).
    """

    def __init__(self, columns: int, reach: int) -> None:
        self.columns, self.reach = columns, reach
        self._size = next_fast_len(columns + 2 * reach, real=True)
        self._window = rfft(taper(columns) ** 2, self._size)

    def transformed(self, flux: Floats) -> npt.NDArray[np.complex128]:
        """Return the transform of spectra.

        Parameters
        ----------
        flux : ndarray
            Standard, shape (rows, columns).

        Returns
        -------
        ndarray
            Shape (rows, frequencies).
        """
        return np.asarray(rfft(flux, self._size, axis=1))

    def correlation(self, transformed: npt.NDArray[np.complex128], template: Floats) -> Floats:
        """Correlate rows with a template.

        Parameters
        ----------
        transformed : ndarray
            Of `transformed`.
        template : ndarray
            Of zero mean, shape (columns + 2 reach,).

        Returns
        -------
        ndarray
            Between -1 and 1, shape (rows, 2 reach + 1); a spectrum that is the template receding by one
            column has its peak at column reach + 1.
        """
        lags = 2 * self.reach + 1
        product = np.conj(transformed) * rfft(template, self._size)
        # Lag k: the spectrum lies on the template's columns from k on, fewer where it recedes.
        raw = irfft(product, self._size, axis=1)[:, :lags][:, ::-1]
        energy = irfft(np.conj(self._window) * rfft(template**2, self._size), self._size)[:lags][::-1]
        return np.asarray(raw / np.sqrt(np.maximum(energy, 1e-12 * max(float(energy.max()), 1e-30))))


@dataclass(frozen=True)
class Peak:
    """The best peak of each row; arrays of shape (rows,).

    Attributes
    ----------
    place
        Its column, with a fraction, from the middle.
    height
        Of the parabola through it.
    curvature
        Second derivative there, per column².
    second, second_place
        Height and place of the next peak, NaN where there is none.
    noise
        Standard deviation of the asymmetric part of the correlation about the peak.
    edge
        Whether the greatest value lies at an end.
    """

    place: Floats
    height: Floats
    curvature: Floats
    second: Floats
    second_place: Floats
    noise: Floats
    edge: Mask


def peaks(correlation: Floats) -> Peak:
    """Find the best and the next peak of rows.

    Parameters
    ----------
    correlation : ndarray
        Shape (rows, lags), of an odd number of lags.

    Returns
    -------
    Peak
        Of each row.
    """
    rows, lags = correlation.shape
    every = np.arange(rows)
    best = correlation.argmax(axis=1)
    edge = (best == 0) | (best == lags - 1)
    inner = np.clip(best, 1, lags - 2)
    low, mid, high = (correlation[every, inner + one] for one in (-1, 0, 1))
    curvature = low - 2.0 * mid + high
    safe = np.where(curvature < 0, curvature, -1.0)
    fraction = np.clip(0.5 * (low - high) / safe, -0.5, 0.5)
    place = inner + fraction - (lags - 1) / 2
    height = mid - 0.25 * (low - high) * fraction
    second, second_place = _second(correlation, inner)
    mirrored = np.clip(2 * inner[:, None] - np.arange(lags), 0, lags - 1)
    noise = np.std(correlation - np.take_along_axis(correlation, mirrored, axis=1), axis=1) / np.sqrt(2.0)
    return Peak(place, height, curvature, second, second_place, noise, edge)


def _second(correlation: Floats, best: Numbers) -> tuple[Floats, Floats]:
    """Return the highest maximum that a minimum parts from the best one, and its place from the middle."""
    rows, lags = correlation.shape
    inner = correlation[:, 1:-1]
    minimum = np.zeros(correlation.shape, dtype=bool)
    minimum[:, 1:-1] = (inner <= correlation[:, :-2]) & (inner < correlation[:, 2:])
    maximum = np.zeros(correlation.shape, dtype=bool)
    maximum[:, 1:-1] = (inner >= correlation[:, :-2]) & (inner > correlation[:, 2:])
    column = np.arange(lags)
    left = np.where(minimum & (column < best[:, None]), column, -1).max(axis=1)
    right = np.where(minimum & (column > best[:, None]), column, lags).min(axis=1)
    outside = maximum & ((column <= left[:, None]) | (column >= right[:, None]))
    heights = np.where(outside, correlation, -np.inf)
    there = heights.argmax(axis=1)
    height = heights[np.arange(rows), there]
    found = np.isfinite(height)
    return np.where(found, height, np.nan), np.where(found, there - (lags - 1) / 2, np.nan)


def independent(residual: Floats) -> Floats:
    """Return the number of independent pixels of residuals, whose neighbours are correlated.

    Parameters
    ----------
    residual : ndarray
        Shape (rows, columns).

    Returns
    -------
    ndarray
        Shape (rows,): columns / (1 + 2 Σ ρ), summed up to the first lag without correlation.
    """
    columns = residual.shape[1]
    size = next_fast_len(columns + LAGS, real=True)
    power = np.abs(rfft(residual, size, axis=1)) ** 2
    together = irfft(power, size, axis=1)[:, : LAGS + 1]
    share = together[:, 1:] / np.maximum(together[:, :1], 1e-30)
    counted = np.cumprod(share > 0.05, axis=1)
    return np.asarray(columns / (1.0 + 2.0 * (share * counted).sum(axis=1)))


def sigma(peak: Peak, pixels: Floats) -> Floats:
    """Return the standard error of a peak's place, in columns (Zucker 2003, equation 8).

    Parameters
    ----------
    peak : Peak
        Of rows.
    pixels : ndarray
        Independent ones, shape (rows,).

    Returns
    -------
    ndarray
        Shape (rows,); NaN where there is no peak.
    """
    squared = np.clip(peak.height, 1e-6, 1.0 - 1e-9) ** 2
    information = -pixels * peak.curvature / np.maximum(peak.height, 1e-6) * squared / (1.0 - squared)
    return np.where(information > 0, 1.0 / np.sqrt(np.maximum(information, 1e-30)), np.nan)


def bisector(correlation: Floats, peak: Peak) -> Floats:
    """Return the inverse slope of the bisector of each peak, in columns (Queloz et al. 2001).

    Parameters
    ----------
    correlation : ndarray
        Shape (rows, lags).
    peak : Peak
        Of them.

    Returns
    -------
    ndarray
        Middle at 60 to 90 % of the height, less that at 15 to 45 %; NaN where a flank is cut off; shape
        (rows,).
    """
    top, bottom = np.linspace(0.6, 0.9, 7), np.linspace(0.15, 0.45, 7)
    found = np.full(len(correlation), np.nan)
    middle = (correlation.shape[1] - 1) / 2
    for row, values in enumerate(correlation):
        at = round(float(peak.place[row] + middle))
        if peak.edge[row] or values[at] <= 0:
            continue
        ends = [_crossings(values, at, levels * values[at]) for levels in (top, bottom)]
        found[row] = float(ends[0] - ends[1])
    return found


def _crossings(values: Floats, at: int, levels: Floats) -> float:
    """Return the mean middle between the two flanks at some levels, NaN where one does not fall so far."""
    left, right = values[at::-1], values[at:]
    middles = []
    for level in levels:
        sides = []
        for flank in (left, right):
            below = np.flatnonzero(flank < level)
            if not len(below):
                return float("nan")
            last = int(below[0])
            sides.append(last - 1 + (flank[last - 1] - level) / (flank[last - 1] - flank[last]))
        middles.append(0.5 * (sides[1] - sides[0]))
    return float(np.mean(middles))
