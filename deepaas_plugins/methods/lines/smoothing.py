"""Smoothing of spectra on one grid by Gaussians of several widths."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: Standard deviations of the Gaussians, in pixels.
SCALES = (0.0, 1.0, 2.0, 4.0)
#: A Gaussian ends after so many of its standard deviations.
REACH = 4.0


def gaussian(scale: float) -> Floats:
    """Return a Gaussian of unit sum over pixels.

    Parameters
    ----------
    scale : float
        Its standard deviation, in pixels; 0: one pixel.

    Returns
    -------
    ndarray
        Of odd length.
    """
    if scale <= 0.0:
        return np.ones(1)
    half = int(np.ceil(REACH * scale))
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) / scale) ** 2)
    weights: Floats = kernel / kernel.sum()
    return weights


#: The Gaussians of `SCALES`.
KERNELS = tuple(gaussian(scale) for scale in SCALES)
#: Standard deviation of smoothed white noise of unit variance, shape (scales,).
GAIN: Floats = np.array([float(np.sqrt((kernel**2).sum())) for kernel in KERNELS])


def smoothed(values: Floats) -> tuple[Floats, ...]:
    """Smooth rows by every scale; beyond their ends they are zero.

    Parameters
    ----------
    values : ndarray
        Shape (rows, columns).

    Returns
    -------
    tuple of ndarray
        One of the same shape for each of `SCALES`; the first is as it was.
    """
    return tuple(_convolved(values, kernel) for kernel in KERNELS)


def _convolved(values: Floats, kernel: Floats) -> Floats:
    if len(kernel) == 1:
        return values
    half = len(kernel) // 2
    columns = values.shape[1]
    padded = np.pad(values, ((0, 0), (half, half)))
    found = np.zeros_like(values)
    for place, weight in enumerate(kernel):
        found += weight * padded[:, place : place + columns]
    return found
