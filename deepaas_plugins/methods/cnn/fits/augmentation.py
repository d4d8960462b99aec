"""Random changes of training spectra: noise, velocity, continuum, resolution, gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Cube = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LIGHT_SPEED = 299_792.458
#: Width of a Gaussian in points below which smoothing changes nothing.
SHARP = 0.3
#: Median absolute second difference of white noise of deviation 1 (√6 × 0.6745).
SECOND_DIFFERENCE = 1.652


def noise_levels(cube: Cube) -> Cube:
    """Return the noise of spectra, from the median of their absolute second differences (Stoehr et al. 2008).

    Parameters
    ----------
    cube : ndarray
        Shape (rows, points, channels).

    Returns
    -------
    ndarray
        Shape (rows, channels).
    """
    second = np.abs(np.diff(cube, n=2, axis=1))
    return np.asarray(np.median(second, axis=1) / SECOND_DIFFERENCE, dtype=np.float32)


@dataclass(frozen=True)
class Augmentation:
    """Changes standardised spectra.

    Attributes
    ----------
    params
        Of `AugmentationParameters`.
    slope
        Points by which a velocity of 1 km/s shifts each point, shape (points,); None where the points have
        no wavelength.
    tilted
        Channels in which a continuum is seen, shape (channels,), bool.
    empty
        What each channel has where a spectrum is not covered, shape (channels,).
    """

    params: dict[str, Any]
    slope: FloatArray | None
    tilted: Mask
    empty: Cube

    def apply(self, cube: Cube, levels: Cube, random: np.random.Generator) -> Cube:
        """Return changed spectra.

        Parameters
        ----------
        cube : ndarray
            Shape (rows, points, channels).
        levels : ndarray
            Their noise, shape (rows, channels).
        random : Generator
            Source of all that is random.

        Returns
        -------
        ndarray
            Same shape.
        """
        params, known = self.params, cube != self.empty
        if params["radial_velocity"] and self.slope is not None:
            velocity = random.uniform(-1.0, 1.0, len(cube)) * params["radial_velocity"]
            cube = shifted(cube, velocity[:, None] * self.slope)
        if params["blur"] and (width := random.uniform(0.0, params["blur"])) > SHARP:
            cube = _blurred(cube, width)
        if params["tilt"]:
            cube = cube + self._continuum(cube, random)
        if params["noise"]:
            strength = random.uniform(0.0, params["noise"], (len(cube), 1)) * levels
            cube = cube + strength[:, None, :].astype(np.float32) * random.standard_normal(
                cube.shape, dtype=np.float32
            )
        if params["gaps"]:
            known = known & ~self._gaps(cube.shape[0], cube.shape[1], random)[:, :, None]
        return np.where(known, cube, self.empty).astype(np.float32)

    def _continuum(self, cube: Cube, random: np.random.Generator) -> Cube:
        axis = np.linspace(-1.0, 1.0, cube.shape[1])
        slope, curvature = random.normal(0.0, self.params["tilt"], (2, len(cube), 1))
        wiggle = slope * axis + curvature * (axis**2 - 1.0 / 3.0)
        return np.asarray(wiggle[:, :, None] * self.tilted, dtype=np.float32)

    def _gaps(self, rows: int, points: int, random: np.random.Generator) -> Mask:
        width = (random.uniform(0.0, self.params["gaps"], rows) * points).astype(int)
        start = (random.uniform(0.0, 1.0, rows) * (points - width + 1)).astype(int)
        axis = np.arange(points)
        return np.asarray((axis >= start[:, None]) & (axis < (start + width)[:, None]))


def velocity_slope(wavelength: FloatArray | None) -> FloatArray | None:
    """Return by how many points 1 km/s shifts each point of an axis, shape (points,), or None."""
    if wavelength is None or len(wavelength) < 2:
        return None
    return np.asarray(wavelength / LIGHT_SPEED / np.gradient(wavelength))


def shifted(cube: Cube, points: FloatArray) -> Cube:
    """Return spectra moved along their axis, linearly interpolated; ends keep their last value.

    Parameters
    ----------
    cube : ndarray
        Shape (rows, points, channels).
    points : ndarray
        Shift of each point towards the end of the axis, shape (rows, points).

    Returns
    -------
    ndarray
        Same shape.
    """
    last = cube.shape[1] - 1
    place = np.clip(np.arange(last + 1) - points, 0, last)
    left = np.minimum(place.astype(np.int64), last - 1)
    part = (place - left).astype(np.float32)[:, :, None]
    low = np.take_along_axis(cube, left[:, :, None], axis=1)
    high = np.take_along_axis(cube, left[:, :, None] + 1, axis=1)
    return np.asarray(low + part * (high - low))


def _blurred(cube: Cube, width: float) -> Cube:
    from scipy.ndimage import gaussian_filter1d  # noqa: PLC0415 - only where spectra are smoothed

    return np.asarray(gaussian_filter1d(cube, width, axis=1, mode="nearest"))


def mixed(
    cube: Cube, target: FloatArray, strength: float, random: np.random.Generator
) -> tuple[Cube, FloatArray]:
    """Return spectra and targets mixed with others of the batch (Zhang et al. 2018).

    Parameters
    ----------
    cube : ndarray
        Shape (rows, points, channels).
    target : ndarray
        Shares of classes, or values, shape (rows, outputs).
    strength : float
        Parameter of the beta distribution.
    random : Generator
        Source of all that is random.

    Returns
    -------
    tuple of ndarray
        Same shapes; a value is missing where either is.
    """
    other = random.permutation(len(cube))
    share = random.beta(strength, strength, len(cube))
    share = np.maximum(share, 1.0 - share)[:, None]
    spectra = share[:, :, None] * cube + (1.0 - share[:, :, None]) * cube[other]
    return spectra.astype(np.float32), share * target + (1.0 - share) * target[other]
