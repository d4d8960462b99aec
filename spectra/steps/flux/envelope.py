"""The upper envelope of spectra: where a ball that rolls over them from above touches.

The envelope of an alpha shape (Cretignier et al. 2020, A&A 640, A42; Xu et al. 2019, AJ 157, 243) is what is
left above the spectrum by an ellipse that is too wide for its lines: the morphological closing by that
ellipse, which is computed for many rows at once.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from spectra.spectrum import BoolArray, FloatArray

#: Percentiles between which the flux counts as the height of a row.
_HEIGHT = (5.0, 99.0)
#: The closing is smoothed by this share of the radius (standard deviation).
_SMOOTHED = 0.3


def rolled_envelope(
    flux: FloatArray, good: BoolArray, grid: FloatArray, radius: float, noise: float
) -> FloatArray:
    """Return the envelope of each row.

    Parameters
    ----------
    flux, good
        Shape (rows, n); pixels that are not good are bridged.
    grid
        Å, shape (n,).
    radius
        Half the width of the ellipse, Å; its height is that of the row.
    noise
        Standard deviation of the Gaussian that smooths the spectrum first, Å.

    Returns
    -------
    FloatArray
        Shape (rows, n).
    """
    n = flux.shape[1]
    pixel = float(grid[-1] - grid[0]) / max(n - 1, 1)
    reach = int(np.clip(round(radius / pixel), 1, n))
    values = _bridged(flux, good)
    if noise > 0:
        values = gaussian_filter1d(values, noise / pixel, axis=1, mode="nearest")
    low, high = np.percentile(values, _HEIGHT, axis=1)
    ball = np.sqrt(1.0 - (np.arange(-reach, reach + 1) / (reach + 1.0)) ** 2) - 1.0
    # Where a spectrum is flat the ellipse is, too: it stays one.
    height = np.maximum(high - low, 1e-12 * np.maximum(np.abs(high), 1e-300))[:, None]
    raised = _extreme(values, height * ball, reach, np.maximum)
    closed = -_extreme(-raised, height * ball, reach, np.maximum)
    return np.asarray(gaussian_filter1d(closed, _SMOOTHED * reach, axis=1, mode="nearest"))


def _extreme(values: FloatArray, ball: FloatArray, reach: int, larger: np.ufunc) -> FloatArray:
    """Return the largest of neighbours with the ball's height added; ends are continued as lines."""
    padded = np.pad(values, ((0, 0), (reach, reach)), mode="reflect", reflect_type="odd")
    n = values.shape[1]
    found = np.full_like(values, -np.inf)
    for offset in range(2 * reach + 1):
        larger(found, padded[:, offset : offset + n] + ball[:, offset : offset + 1], out=found)
    return found


def _bridged(flux: FloatArray, good: BoolArray) -> FloatArray:
    values = flux.copy()
    places = np.arange(flux.shape[1])
    for row in np.flatnonzero(~good.all(axis=1)):
        known = good[row]
        values[row, ~known] = np.interp(places[~known], places[known], flux[row, known])
    return values
