"""What the spectra do not determine: slow undulations that the components exchange.

At low frequencies the phases of all components are nearly the same at every epoch: what one component gains
there another may lose, and the composites stay (Hadrava 1995, section 4; Ilijić 2004). The errors of the
components at each frequency say where that is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ComplexArray = npt.NDArray[np.complex128]
FloatArray = npt.NDArray[np.float64]

#: Errors this many times those of well separated components are undulations.
AMPLIFIED = 5.0
#: Parts of the range in which the continua of stars are compared.
PARTS = 12
_SINGULAR = 1e-10


@dataclass(frozen=True)
class Undulation:
    """Errors of components by the width of features.

    Attributes
    ----------
    widths
        Periods of undulations, km/s, descending, shape (frequencies − 1,).
    amplification
        Error of each component over that of one whose lines are alone, shape (components, frequencies − 1).
    limit
        Undulations longer than this (km/s) are poorly determined; None: none that fits into the spectra is.
    """

    widths: FloatArray
    amplification: FloatArray
    limit: float | None


def undulation(normal: ComplexArray, size: int, velocity_step: float) -> Undulation:
    """Return how well undulations are determined.

    Parameters
    ----------
    normal : ndarray
        Matrices of the normal equations, shape (components, components, frequencies), unregularised.
    size : int
        Points of the periodic spectra.
    velocity_step : float
        km/s of a point.
    """
    count, _, frequencies = normal.shape
    last = frequencies - 1 if size % 2 == 0 else frequencies
    matrices = np.moveaxis(normal[:, :, 1:last], 2, 0)
    alone = np.einsum("fjj->fj", matrices).real
    scale = np.maximum(alone.max(), 1e-300)
    inverse = np.linalg.inv(matrices / scale + _SINGULAR * np.eye(count))
    errors = np.sqrt(np.maximum(np.einsum("fjj->fj", inverse).real, 0.0) * alone / scale)
    widths = size * velocity_step / np.arange(1, last)
    poor = np.flatnonzero(errors.max(axis=1) > AMPLIFIED)
    first = int(np.argmax(errors.max(axis=1) <= AMPLIFIED)) if len(poor) < len(errors) else len(errors)
    limit = float(widths[first - 1]) if first > 0 else None
    return Undulation(widths, np.asarray(errors.T), limit)


def component_errors(normal: ComplexArray, ridge: FloatArray, counts: FloatArray) -> FloatArray:
    """Return the error of a pixel of each component that is seen at all epochs.

    Parameters
    ----------
    normal : ndarray
        As above, in units of the weights.
    ridge : ndarray
        Regularisation, shape (frequencies,).
    counts : ndarray
        How often each frequency counts (`shifts.multiplicity`).

    Returns
    -------
    ndarray
        Shape (components,), for weights that are inverse variances: the noise that passes the regularised
        solution.
    """
    count = len(normal)
    matrices = np.moveaxis(normal, 2, 0)
    inverse = np.linalg.inv(matrices + ridge[:, None, None] * np.eye(count))
    passed = np.einsum("fij,fjk,fki->fi", inverse, matrices, inverse).real
    return np.asarray(np.sqrt(np.maximum((counts[:, None] * passed).sum(axis=0), 0.0)))


def level_components(components: FloatArray, light: FloatArray, quantile: float = 0.95) -> FloatArray:
    """Return stars whose continua lie at the same height: a constant may pass from one to another.

    Parameters
    ----------
    components : ndarray
        Contributions of the stars, deviations from the continuum, shape (stars, n).
    light : ndarray
        Their shares in the continuum, shape (stars,).
    quantile : float
        Of a smoothed star within a part of the range, taken as its continuum there: the mean over the parts
        does not follow undulations.

    Returns
    -------
    ndarray
        Shape (stars, n), with the same sum.
    """
    if len(components) < 2:
        return components
    width = max(components.shape[1] // 400, 1)
    kernel = np.ones(width) / width
    smooth = np.stack([np.convolve(row, kernel, mode="same") for row in components])
    inside = smooth[:, width : smooth.shape[1] - width]
    parts = np.array_split(inside, PARTS, axis=1)
    heights = np.mean([np.quantile(part, quantile, axis=1) for part in parts], axis=0) / light
    common = float((light * heights).sum())
    return np.asarray(components + (light * (common - heights))[:, None])
