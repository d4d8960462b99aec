"""Bases of smooth functions of wavelength, for continua."""

from __future__ import annotations

import numpy as np

from spectra.spectrum import FloatArray


def chebyshev_basis(grid: FloatArray, degree: int) -> FloatArray:
    """Return Chebyshev polynomials of the first kind over the range of a grid.

    They are used instead of powers because their normal equations stay well conditioned.

    Parameters
    ----------
    grid : ndarray
        Wavelengths in Å, ascending, shape (n,).
    degree : int
        The highest degree.

    Returns
    -------
    ndarray
        Shape (n, `degree` + 1), float64.
    """
    return np.asarray(np.polynomial.chebyshev.chebvander(_unit(grid), degree), dtype=np.float64)


def spline_basis(grid: FloatArray, knots: int) -> FloatArray:
    """Return cubic B-splines over the range of a grid.

    Parameters
    ----------
    grid : ndarray
        Wavelengths in Å, ascending, shape (n,).
    knots : int
        Number of inner knots, equally far apart.

    Returns
    -------
    ndarray
        Shape (n, `knots` + 4), float64.
    """
    from scipy.interpolate import BSpline  # noqa: PLC0415 - slow to import, seldom needed

    inner = np.linspace(-1.0, 1.0, knots + 2)
    padded = np.concatenate(([-1.0] * 3, inner, [1.0] * 3))
    basis: FloatArray = BSpline.design_matrix(_unit(grid), padded, 3).toarray()
    return basis


def _unit(grid: FloatArray) -> FloatArray:
    if len(grid) < 2:
        return np.zeros_like(grid)
    unit: FloatArray = np.clip(2.0 * (grid - grid[0]) / (grid[-1] - grid[0]) - 1.0, -1.0, 1.0)
    return unit
