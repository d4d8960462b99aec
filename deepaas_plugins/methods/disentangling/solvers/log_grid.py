"""A grid that is equidistant in the logarithm of wavelength: a velocity is the same shift everywhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline

FloatArray = npt.NDArray[np.float64]

#: Speed of light, km/s (exact).
LIGHT_SPEED = 299792.458
#: Steps of a grid that differ by less than this share are equal: a grid in float32 is no less regular.
_EQUAL = 1e-4


@dataclass(frozen=True)
class LogGrid:
    """Wavelengths ``exp(start + step · i)``.

    Attributes
    ----------
    start, step
        Natural logarithms, of the first wavelength in Å and of the ratio of neighbours.
    size
        Points.
    """

    start: float
    step: float
    size: int

    @classmethod
    def covering(cls, wavelength: FloatArray, size: int | None = None) -> LogGrid:
        """Return the grid from the first to the last of some wavelengths.

        Parameters
        ----------
        wavelength : ndarray
            Å, ascending, shape (n,).
        size : int, optional
            Points; by default as many as keep the finest step of `wavelength`, at most four times n.
        """
        logarithm = np.log(wavelength)
        span = float(logarithm[-1] - logarithm[0])
        if size is None:
            finest = float(np.diff(logarithm).min())
            size = int(min(np.ceil(span / finest * (1.0 - _EQUAL)) + 1, 4 * len(wavelength)))
        return cls(float(logarithm[0]), span / (size - 1), size)

    @property
    def wavelength(self) -> FloatArray:
        """Wavelengths in Å, shape (size,).

        Returns
        -------
        ndarray
            Å, shape (size,).
        """
        return np.asarray(np.exp(self.start + self.step * np.arange(self.size)))

    @property
    def velocity_step(self) -> float:
        """Velocity of a shift by one point, km/s."""
        return float(LIGHT_SPEED * np.expm1(self.step))

    def shift(self, velocity: FloatArray) -> FloatArray:
        """Return radial velocities (km/s, λ = λ₀ (1 + v/c)) as shifts in points, of the same shape.

        Parameters
        ----------
        velocity : ndarray
            km/s, any shape.

        Returns
        -------
        ndarray
            Points, of the same shape.
        """
        return np.asarray(np.log1p(velocity / LIGHT_SPEED) / self.step)

    def velocity(self, shift: FloatArray) -> FloatArray:
        """Return shifts in points as radial velocities in km/s, of the same shape.

        Parameters
        ----------
        shift : ndarray
            Points, any shape.

        Returns
        -------
        ndarray
            km/s, of the same shape.
        """
        return np.asarray(LIGHT_SPEED * np.expm1(shift * self.step))

    def is_grid_of(self, wavelength: FloatArray) -> bool:
        """Return whether these wavelengths (Å, shape (n,)) are the grid itself.

        Parameters
        ----------
        wavelength : ndarray
            Å, shape (n,).

        Returns
        -------
        bool
            To a ten-thousandth of a step.
        """
        if len(wavelength) != self.size:
            return False
        return bool(np.abs(np.log(wavelength) - np.log(self.wavelength)).max() < _EQUAL * self.step)

    def resampled(self, wavelength: FloatArray, flux: FloatArray) -> FloatArray:
        """Interpolate spectra by cubic splines.

        Parameters
        ----------
        wavelength : ndarray
            Å, ascending, shape (n,).
        flux : ndarray
            Shape (rows, n).

        Returns
        -------
        ndarray
            Shape (rows, size); the same where the wavelengths are those of the grid.
        """
        if self.is_grid_of(wavelength):
            return flux.astype(np.float64)
        target = np.clip(self.wavelength, wavelength[0], wavelength[-1])
        return np.asarray(CubicSpline(wavelength, flux, axis=1)(target))
