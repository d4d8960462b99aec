"""Synthetic profiles of known class, on the grid of the spectra: what the classifier learns from.

They are never stored with real spectra. Each is made on a grid of 5 km/s, smoothed to a resolving power drawn
at random, averaged over the pixels of the spectra and given noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.lines.profiles.shapes import (
    ABSORPTION,
    CLASSES,
    DOUBLE,
    NONE,
    P_CYGNI,
    SHELL,
    SINGLE,
    blends,
    shape_of,
)
from deepaas_plugins.methods.lines.profiles.structure import dips
from deepaas_plugins.methods.lines.smoothing import KERNELS, SCALES, gaussian

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

#: km/s between points of the grid that profiles are made on.
STEP = 5.0
#: A dip between two peaks, a peak beside a dip count as such from this share of the higher one on.
CLEAR = 0.12
#: Signal-to-noise ratios of the continuum, drawn evenly in their logarithm.
SNR = (8.0, 200.0)
#: Standard deviations of the Gaussians, in pixels, by which noise is correlated; half of it is white.
CORRELATED = (0.0, 0.0, 0.6, 1.2)
#: Attempts at a profile whose class is clear, before another class is drawn.
TRIES = 30
#: Full width at half maximum of a Gaussian, over its standard deviation.
FWHM = 2.3548
#: Peak or depth of what makes the class, over the noise of the pixels: fainter ones are of no class.
FAINTEST = 4.0


@dataclass(frozen=True)
class Injected:
    """Profiles.

    Attributes
    ----------
    residual
        ``flux / continuum - 1`` with noise, shape (profiles, columns).
    noise
        Its standard deviation when smoothed by each scale, shape (scales, profiles).
    label
        Number of the class, shape (profiles,).
    snr
        Of the continuum, per pixel, shape (profiles,).
    clean
        The same without noise, shape (profiles, columns).
    """

    residual: Floats
    noise: Floats
    label: Numbers
    snr: Floats
    clean: Floats


@dataclass(frozen=True)
class Sampling:
    """The grid that profiles are injected into.

    Attributes
    ----------
    velocity
        Of the columns of the profile, km/s, ascending, shape (columns,).
    finest
        Full width at half maximum of the sharpest instrument, km/s; the coarsest has four times as much.
    """

    velocity: Floats
    finest: float

    @classmethod
    def of(cls, velocity: Floats) -> Sampling:
        """Return the sampling of a grid.

        Parameters
        ----------
        velocity : ndarray
            Of the columns, km/s, shape (columns,).

        Returns
        -------
        Sampling
            Of instruments that resolve one and a half pixels and more.
        """
        return cls(velocity, 1.5 * float(np.median(np.diff(velocity))))

    @property
    def half(self) -> float:
        """Half width of the profile, km/s."""
        return float(max(-self.velocity[0], self.velocity[-1]))

    def observed(self, wanted: int, draw: np.random.Generator) -> Floats:
        """Return a shape of a class as an instrument sees it, without noise.

        Parameters
        ----------
        wanted : int
            Number in `CLASSES`.
        draw : Generator
            Of everything random.

        Returns
        -------
        ndarray
            Deviation from the continuum in arbitrary units, shape (columns,).
        """
        fine = np.arange(-self.half - 20 * STEP, self.half + 20.5 * STEP, STEP)
        profile = shape_of(wanted, fine, self.half, draw)
        profile = profile + blends(fine, self.half, float(np.abs(profile).max()), draw)
        fwhm = self.finest * float(np.exp(draw.uniform(0.0, np.log(4.0))))
        kernel = gaussian(fwhm / FWHM / STEP)
        blurred = np.convolve(np.pad(profile, len(kernel) // 2, mode="edge"), kernel, mode="valid")
        return np.interp(self.velocity, fine, blurred)


def inject(sampling: Sampling, count: int, seed: int) -> Injected:
    """Make profiles, the classes alike in number as far as the grid resolves them.

    Parameters
    ----------
    sampling : Sampling
        Where they are observed.
    count : int
        How many.
    seed : int
        Of everything random.

    Returns
    -------
    Injected
        In random order of classes.
    """
    draw = np.random.default_rng([seed, 77])
    clean = np.empty((count, len(sampling.velocity)))
    label = np.empty(count, dtype=np.int64)
    sigma = np.exp(-draw.uniform(np.log(SNR[0]), np.log(SNR[1]), count))
    made = 0
    while made < count:
        wanted = int(draw.integers(len(CLASSES)))
        for _ in range(TRIES):
            profile = _scaled(wanted, sampling.observed(wanted, draw), float(sigma[made]), draw)
            if profile is not None:
                clean[made], label[made] = profile, wanted
                made += 1
                break
    return _noisy(clean, label, sigma, draw)


def _noisy(clean: Floats, label: Numbers, sigma: Floats, draw: np.random.Generator) -> Injected:
    """Add noise, half of it correlated between neighbours as in spectra that were resampled."""
    residual, noise = np.empty_like(clean), np.empty((len(SCALES), len(clean)))
    photons = np.sqrt(np.maximum(1.0 + clean, 0.05))
    for part, width in zip(
        np.array_split(np.arange(len(clean)), 2 * len(CORRELATED)), CORRELATED * 2, strict=True
    ):
        kernel = gaussian(width)
        half = len(kernel) // 2
        white = draw.standard_normal((len(part), clean.shape[1] + 2 * half))
        some = np.sqrt((kernel**2).sum())
        mixed = sum(k * white[:, at : at + clean.shape[1]] for at, k in enumerate(kernel)) / some
        residual[part] = clean[part] + sigma[part, None] * photons[part] * mixed
        gain = [np.sqrt((np.convolve(kernel, each) ** 2).sum()) / some for each in KERNELS]
        # The noise is measured on a few dozen pixels of a real spectrum.
        measured = sigma[part] * np.exp(draw.normal(0.0, 0.1, len(part)))
        noise[:, part] = np.array(gain)[:, None] * measured
    return Injected(residual, noise, label, 1.0 / sigma, clean)


def _scaled(wanted: int, shape: Floats, sigma: float, draw: np.random.Generator) -> Floats | None:
    """Return a profile of a strength drawn evenly in its logarithm, None where its class is not clear.

    The weakest are at the limit of the noise; no absorption goes below zero flux.
    """
    if wanted == NONE:
        return shape
    height, depth = float(shape.max()), float(-shape.min())
    if max(height, depth) <= 0.0:
        return None
    strongest = float(np.exp(draw.uniform(-1.0, 2.7))) / max(height, 1e-9)
    if depth > 0.0:
        strongest = min(strongest if height > 0.2 * depth else np.inf, float(draw.uniform(0.3, 0.97)) / depth)
    weakest = FAINTEST * sigma / max(height, depth)
    if strongest <= weakest:
        return None
    profile = shape * float(np.exp(draw.uniform(np.log(weakest), np.log(strongest))))
    return profile if _is_clear(wanted, profile, sigma) else None


def _is_clear(wanted: int, profile: Floats, sigma: float) -> bool:
    """Return whether the class can still be told after the instrument, without noise."""
    height, depth = float(profile.max()), float(-profile.min())
    largest = max(height, depth)
    least = max(CLEAR * largest, FAINTEST * sigma)
    if wanted == ABSORPTION:
        return depth >= FAINTEST * sigma
    if wanted == SINGLE:
        return (
            height >= max(FAINTEST * sigma, 0.5 * depth)
            and _dip(np.maximum(profile, 0.0)).depth < 0.03 * height
        )
    if wanted in (DOUBLE, SHELL):
        dip = _dip(profile)
        least = max(CLEAR * largest, FAINTEST * sigma * float(np.sqrt(1.0 + max(dip.peaks, 0.0))))
        if wanted == DOUBLE:
            return dip.depth >= least and dip.level > -0.3 * dip.peaks and dip.peaks >= FAINTEST * sigma
        return dip.peaks >= least and dip.level <= -least
    ordered = profile if wanted == P_CYGNI else profile[::-1]
    peak = int(np.argmax(ordered))
    # The absorption lies on one side only: otherwise it is the star's own, beneath the emission.
    return float(-ordered[: peak + 1].min()) >= max(least, 2.0 * float(-ordered[peak:].min()))


class _Dip(NamedTuple):
    """The most prominent dip: below the lower of its two peaks, its level, and the level of that peak."""

    depth: float
    level: float
    peaks: float


def _dip(profile: Floats) -> _Dip:
    found = dips(profile[None])
    return _Dip(float(found.depth[0]), float(found.level[0]), float(found.lower_peak[0]))
