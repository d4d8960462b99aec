"""Smoothing of spectra on one grid by Gaussians of several widths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: Standard deviations of the Gaussians, in pixels.
SCALES = (0.0, 1.0, 2.0, 4.0)
#: A Gaussian ends after so many of its standard deviations.
REACH = 4.0


@dataclass(frozen=True)
class Smoothing:
    """Gaussians of unit sum.

    Attributes
    ----------
    kernels
        One per scale.
    gain
        Standard deviation of smoothed white noise of unit variance, shape (scales,).
    """

    kernels: tuple[Floats, ...]
    gain: Floats

    @classmethod
    def of_scales(cls) -> Smoothing:
        """Return those of `SCALES`."""
        kernels = tuple(gaussian(scale) for scale in SCALES)
        return cls(kernels, np.array([float(np.sqrt((kernel**2).sum())) for kernel in kernels]))

    def smooth(self, values: Floats, scale: int) -> Floats:
        """Smooth rows; beyond their ends they are zero.

        Parameters
        ----------
        values : ndarray
            Shape (rows, columns).
        scale : int
            Number of the scale.

        Returns
        -------
        ndarray
            Same shape.
        """
        kernel = self.kernels[scale]
        if len(kernel) == 1:
            return values
        half = len(kernel) // 2
        columns = values.shape[1]
        padded = np.pad(values, ((0, 0), (half, half)))
        found = np.zeros_like(values)
        for place, weight in enumerate(kernel):
            found += weight * padded[:, place : place + columns]
        return found


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
