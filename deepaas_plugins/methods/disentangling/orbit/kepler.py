"""Kepler's equation, and the true anomaly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_TOLERANCE, _MOST = 1e-12, 60


def eccentric_anomaly(mean: FloatArray, eccentricity: float) -> FloatArray:
    """Solve E − e sin E = M.

    Parameters
    ----------
    mean : ndarray
        Mean anomaly in radians, any shape.
    eccentricity : float
        0 ≤ e < 1.

    Returns
    -------
    ndarray
        E in radians, of the shape of `mean`, within 2π of it.

    Raises
    ------
    ValueError
        The eccentricity is none of an ellipse.
    """
    if not 0.0 <= eccentricity < 1.0:
        raise ValueError(f"the eccentricity {eccentricity} is not in [0, 1)")
    inside = np.remainder(mean + np.pi, 2.0 * np.pi) - np.pi
    # Danby's start; Halley's rule converges from it for every e < 1.
    found = inside + 0.85 * eccentricity * np.sign(np.sin(inside))
    for _ in range(_MOST):
        sine, cosine = eccentricity * np.sin(found), eccentricity * np.cos(found)
        wrong = found - sine - inside
        slope = 1.0 - cosine
        step = wrong / (slope - 0.5 * wrong * sine / slope)
        found = found - step
        if np.abs(step).max(initial=0.0) < _TOLERANCE:
            break
    return np.asarray(found)


def true_anomaly(mean: FloatArray, eccentricity: float) -> FloatArray:
    """Return the true anomaly of a mean anomaly, in radians; see `eccentric_anomaly`.

    Parameters
    ----------
    mean : ndarray
        Mean anomaly in radians, any shape.
    eccentricity : float
        0 ≤ e < 1.

    Returns
    -------
    ndarray
        Radians, of the shape of `mean`.
    """
    half = 0.5 * eccentric_anomaly(mean, eccentricity)
    return np.asarray(
        2.0
        * np.arctan2(np.sqrt(1.0 + eccentricity) * np.sin(half), np.sqrt(1.0 - eccentricity) * np.cos(half))
    )
