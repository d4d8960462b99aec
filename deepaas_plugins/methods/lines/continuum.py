"""The level of the continuum beside a line, and the noise of what is left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.lines.smoothing import GAIN, SCALES, smoothed
from spectra.steps.flux.continuum_basis import chebyshev_basis
from spectra.steps.flux.continuum_fit import clipped_fit

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: From the median of absolute deviations to the standard deviation of a normal distribution.
NORMAL = 1.4826
#: Clipping of lines from the continuum, in standard deviations below and above.
CLIPPED = (2.5, 3.0)
ROUNDS = 6
#: The noise counts as no less than this share of the continuum: noise-free spectra keep finite figures.
LEAST_NOISE = 1e-4


@dataclass(frozen=True)
class Residual:
    """Spectra over their continuum, less one.

    Attributes
    ----------
    smoothed
        ``flux / continuum - 1`` at each of `SCALES`, of which the first is as it is; shape (rows, columns)
        each; 0 where a pixel is not known.
    known
        Which pixels are; same shape.
    noise
        Standard deviation of the residual smoothed by each of `SCALES`, shape (scales, rows).
    usable
        Rows with a positive continuum and enough pixels, shape (rows,).
    """

    smoothed: tuple[Floats, ...]
    known: Mask
    noise: Floats
    usable: Mask

    @property
    def correlation(self) -> Floats:
        """By how much the noise of a sum exceeds that of independent pixels.

        Returns
        -------
        ndarray
            Shape (rows,).
        """
        last = len(SCALES) - 1
        white = self.noise[0] * GAIN[last]
        found: Floats = np.maximum(self.noise[last] / white, 1.0)
        return found


def known_pixels(flux: npt.NDArray[np.float32]) -> Mask:
    """Return which pixels of prepared spectra hold a measurement: finite, and not exactly zero.

    Parameters
    ----------
    flux : ndarray
        Shape (rows, columns).

    Returns
    -------
    ndarray
        Same shape.
    """
    known: Mask = np.isfinite(flux) & (flux != 0.0)
    return known


def divide(flux: npt.NDArray[np.float32], wavelength: Floats, beside: Mask, degree: int) -> Residual:
    """Divide spectra by a polynomial that is fitted beside the line with sigma clipping.

    Parameters
    ----------
    flux : ndarray
        Shape (rows, columns).
    wavelength : ndarray
        Å, shape (columns,).
    beside : ndarray
        Columns of the continuum, shape (columns,).
    degree : int
        Of the polynomial.

    Returns
    -------
    Residual
        Rows that are not usable hold zeros.
    """
    known = known_pixels(flux)
    good = known & beside
    enough = good.sum(axis=1) > max(2 * (degree + 1), 5)
    values = np.where(known, flux, 0.0).astype(np.float64)
    # One spectrum may be 1e-17 and its neighbour 1e3: fits are made on a common scale.
    values /= _typical(values, known)[:, None]
    level = clipped_fit(
        values,
        np.where(enough[:, None], good, True),
        chebyshev_basis(wavelength, degree),
        lower=CLIPPED[0],
        upper=CLIPPED[1],
        rounds=ROUNDS,
    )
    usable = enough & (level > 1e-6).all(axis=1)
    level[~usable] = 1.0
    residual = np.where(known & usable[:, None], values / level - 1.0, 0.0)
    scales = smoothed(residual)
    return Residual(scales, known, _noise(scales, good, beside), usable)


def _typical(values: Floats, known: Mask) -> Floats:
    """Return the mean absolute flux of each row, 1 where there is none; shape (rows,)."""
    sums = np.abs(values).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.where(sums > 0.0, sums, 1.0)


def _noise(scales: tuple[Floats, ...], good: Mask, beside: Mask) -> Floats:
    """Return the noise at every scale, as it is measured beside the line: neighbours may be correlated."""
    columns = np.flatnonzero(beside)
    known = good[:, columns]
    # Pixels that are not known are zero: they must not count as quiet ones.
    deviations = [NORMAL * _median(np.where(known, np.abs(one[:, columns]), np.nan)) for one in scales]
    white = deviations[0] * GAIN[:, None]
    return np.maximum(np.maximum(deviations, white), LEAST_NOISE * GAIN[:, None])


def _median(values: Floats) -> Floats:
    """Return medians along rows without NaN, 0 for rows of none."""
    whole = ~np.isnan(values).any(axis=1)
    found = np.zeros(len(values))
    if whole.any():
        found[whole] = np.median(values[whole], axis=1)
    for row in np.flatnonzero(~whole):
        finite = values[row][~np.isnan(values[row])]
        found[row] = np.median(finite) if len(finite) else 0.0
    return found
