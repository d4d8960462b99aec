"""Fits of continua to many spectra of one grid at once."""

from __future__ import annotations

import numpy as np

from spectra.spectrum import BoolArray, FloatArray

_RIDGE = 1e-12  # relative; keeps a spline defined where a gap leaves one of its functions without pixels
_ASYMMETRIC_ROUNDS = 20


def clipped_fit(
    flux: FloatArray, good: BoolArray, basis: FloatArray, *, lower: float, upper: float, rounds: int
) -> FloatArray:
    """Fit a linear combination of functions to each row by least squares with sigma clipping.

    Parameters
    ----------
    flux
        Shape (rows, n), finite.
    good
        Pixels that count, same shape.
    basis
        Shape (n, k).
    lower, upper
        After each fit, pixels further below or above than this many standard deviations of the residuals of
        the pixels that counted are left out; clipped ones may come back.
    rounds
        Most rounds of clipping; it ends earlier when no pixel changes sides.

    Returns
    -------
    FloatArray
        The fits at every pixel, shape (rows, n).
    """
    n, k = basis.shape
    products = (basis[:, :, None] * basis[:, None, :]).reshape(n, k * k)
    used = good
    fit = _least_squares(flux, used, basis, products)
    for _ in range(rounds):
        residual = flux - fit
        count = used.sum(axis=1, keepdims=True)
        sigma = np.sqrt((residual**2 * used).sum(axis=1, keepdims=True) / np.maximum(count - k, 1))
        kept = good & (residual >= -lower * sigma) & (residual <= upper * sigma)
        # A row that would lose what determines it keeps its last fit.
        kept = np.where(kept.sum(axis=1, keepdims=True) > k, kept, used)
        changed = (kept != used).any(axis=1)
        if not changed.any():
            break
        used = kept
        fit[changed] = _least_squares(flux[changed], used[changed], basis, products)
    return fit


def _least_squares(flux: FloatArray, used: BoolArray, basis: FloatArray, products: FloatArray) -> FloatArray:
    k = basis.shape[1]
    weight = used.astype(np.float64)
    normal = (weight @ products).reshape(-1, k, k)
    trace = np.einsum("rii->r", normal)
    normal += (_RIDGE / k * trace)[:, None, None] * np.eye(k)
    right = (weight * flux) @ basis
    fit: FloatArray = np.linalg.solve(normal, right[:, :, None])[:, :, 0] @ basis.T
    return fit


def running_quantile(
    flux: FloatArray, good: BoolArray, grid: FloatArray, window: float, quantile: float
) -> FloatArray:
    """Estimate a quantile in a running window.

    It is taken at nodes a quarter of a window apart (and at both ends) and interpolated linearly between
    them: finer structure than the window has no meaning, and this is some hundred times less work than at
    every pixel. Nodes whose window has no good pixel take their neighbours' value.

    Parameters
    ----------
    flux, good
        Shape (rows, n).
    grid
        Å, shape (n,).
    window
        Full width, Å.
    quantile
        0 to 1.
    """
    n = len(grid)
    count = min(np.ceil(4.0 * (grid[-1] - grid[0]) / window) + 1.0, n)  # more nodes than pixels tell nothing
    nodes = np.linspace(grid[0], grid[-1], max(int(count), 2))
    # A window holds at least the pixel beside its node, however narrow it is.
    left = np.minimum(np.searchsorted(grid, nodes - window / 2.0, side="left"), n - 1)
    right = np.maximum(np.searchsorted(grid, nodes + window / 2.0, side="right"), left + 1)
    levels = np.full((len(flux), len(nodes)), np.nan)
    whole = good.all(axis=1)
    for node, (start, stop) in enumerate(zip(left, right, strict=True)):
        levels[whole, node] = np.quantile(flux[whole, start:stop], quantile, axis=1)
    for row in np.flatnonzero(~whole):
        for node, (start, stop) in enumerate(zip(left, right, strict=True)):
            usable = flux[row, start:stop][good[row, start:stop]]
            if len(usable):
                levels[row, node] = np.quantile(usable, quantile)
        if np.isnan(levels[row]).all():
            levels[row] = np.quantile(flux[row, good[row]], quantile)
    return np.array([_between(grid, nodes, level) for level in levels])


def _between(grid: FloatArray, nodes: FloatArray, level: FloatArray) -> FloatArray:
    known = np.isfinite(level)
    return np.interp(grid, nodes[known], level[known])


def asymmetric_fit(flux: FloatArray, good: BoolArray, smoothness: float, asymmetry: float) -> FloatArray:
    """Fit by asymmetric least squares (Eilers & Boelens 2005).

    Minimises Σ w (f − z)² + λ Σ (Δ²z)², with w = p where f > z and 1 − p elsewhere, re-weighted until no
    pixel changes sides.

    Parameters
    ----------
    flux, good
        Shape (rows, n), n ≥ 3; pixels that are not good have weight 0.
    smoothness, asymmetry
        λ and p.
    """
    from scipy.linalg import solveh_banded  # noqa: PLC0415 - slow to import, seldom needed

    n = flux.shape[1]
    penalty = smoothness * _second_differences(n)
    fits = np.empty_like(flux)
    # Each row is one banded solve in LAPACK, O(n); rows share nothing but the penalty.
    for row, (values, fine) in enumerate(zip(flux, good, strict=True)):
        weight = fine.astype(np.float64)
        for _ in range(_ASYMMETRIC_ROUNDS):
            bands = penalty.copy()
            bands[0] += weight
            fit = solveh_banded(bands, weight * values, lower=True, overwrite_ab=True, check_finite=False)
            renewed = np.where(values > fit, asymmetry, 1.0 - asymmetry) * fine
            if np.array_equal(renewed, weight):
                break
            weight = renewed
        fits[row] = fit
    return fits


def _second_differences(n: int) -> FloatArray:
    """Return DᵀD of second differences in LAPACK's lower banded form, shape (3, n)."""
    bands = np.zeros((3, n))
    for offset, value in enumerate((1.0, -2.0, 1.0)):
        bands[0, offset : n - 2 + offset] += value**2
    bands[1, : n - 2] += -2.0
    bands[1, 1 : n - 1] += -2.0
    bands[2, : n - 2] = 1.0
    return bands
