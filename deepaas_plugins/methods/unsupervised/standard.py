"""Each spectrum by itself: mean 0 and deviation 1 over its known points, spikes cut.

Brightness and overall contrast are no oddness of their own then. The numbers of a row come from it alone.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.spectral_features.representation import PERCENTILES

Matrix = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

#: Standardised values are cut here.
CLIP = 6.0


def standardised(matrix: Matrix, known: Mask) -> Matrix:
    """Return spectra of mean 0 and deviation 1.

    Parameters
    ----------
    matrix : ndarray
        Shape (rows, columns), float32.
    known : ndarray
        Which values are not missing, same shape.

    Returns
    -------
    ndarray
        Same shape, −`CLIP` to `CLIP`; 0 where a value is missing or a spectrum does not vary.
    """
    low, high = _percentiles(matrix, known)
    values = np.clip(np.where(known, matrix, 0), low, high)
    counts = np.maximum(known.sum(axis=1, keepdims=True), 1)
    mean = np.where(known, values, 0).sum(axis=1, keepdims=True, dtype=np.float64) / counts
    centred = np.where(known, values - mean, 0)
    spread = np.sqrt((centred**2).sum(axis=1, keepdims=True) / counts)
    scaled = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0)
    return np.asarray(np.clip(scaled, -CLIP, CLIP), dtype=np.float32)


def _percentiles(matrix: Matrix, known: Mask) -> tuple[Matrix, Matrix]:
    """Return the outer percentiles of the known values of each row, shape (rows, 1) each.

    Rounded inwards: a single spike of a short spectrum is beyond them.
    """
    ordered = np.sort(np.where(known, matrix, np.inf), axis=1)
    last = np.maximum(known.sum(axis=1, keepdims=True) - 1, 0)
    low, high = (last * (percent / 100.0) for percent in PERCENTILES)
    places = (np.minimum(np.ceil(low).astype(np.int64), last), np.floor(high).astype(np.int64))
    least, most = (np.take_along_axis(ordered, place, axis=1) for place in places)
    empty = ~np.isfinite(least)
    least[empty] = most[empty] = 0.0
    return np.minimum(least, most), np.maximum(least, most)
