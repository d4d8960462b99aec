"""Mean and scatter of columns, accumulated chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from spectra.spectrum import FloatArray


def column_moments(
    chunks: Iterable[FloatArray], *, covariance: bool = False
) -> tuple[int, FloatArray, FloatArray]:
    """Return the mean and the sums of squared deviations of columns, in one pass.

    Parameters
    ----------
    chunks
        Matrices (rows, n).
    covariance
        Gather the whole matrix of products instead of the squares only.

    Returns
    -------
    tuple
        Rows; mean (n,); sums of squared deviations (n,), or of products (n, n). Chunks are joined by the
        pairwise update of Chan, Golub & LeVeque (1983, The American Statistician 37, 242), which does not
        cancel.
    """
    rows = 0
    mean: FloatArray = np.zeros(0)
    scatter: FloatArray = np.zeros(0)
    for chunk in chunks:
        here = chunk.mean(axis=0)
        deviation = chunk - here
        own = deviation.T @ deviation if covariance else np.einsum("ij,ij->j", deviation, deviation)
        if rows == 0:
            rows, mean, scatter = len(chunk), here, own
            continue
        total = rows + len(chunk)
        shift = here - mean
        factor = rows * len(chunk) / total
        scatter = scatter + own + factor * (np.outer(shift, shift) if covariance else shift**2)
        mean = mean + shift * (len(chunk) / total)
        rows = total
    return rows, mean, scatter
