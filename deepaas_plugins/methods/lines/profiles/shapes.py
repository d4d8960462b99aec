"""Shapes of line profiles on a fine grid of velocities, at random within their class."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: Classes of profiles, in the order of probabilities.
CLASSES = ("none", "absorption", "single peak", "double peak", "P Cygni", "inverse P Cygni", "shell")
NONE, ABSORPTION, SINGLE, DOUBLE, P_CYGNI, INVERSE, SHELL = range(len(CLASSES))

#: Strength of blends over that of the profile, at most: they make no class.
BLENDS = 0.08


def shape_of(wanted: int, fine: Floats, half: float, draw: np.random.Generator) -> Floats:
    """Return a shape of a class.

    Parameters
    ----------
    wanted : int
        Number in `CLASSES`.
    fine : ndarray
        Velocities, km/s, shape (points,).
    half : float
        Half width of the profile's window, km/s.
    draw : Generator
        Of everything random.

    Returns
    -------
    ndarray
        Deviation from the continuum in arbitrary units, shape (points,).
    """
    centre = float(draw.uniform(-0.12, 0.12)) * half
    width = float(np.exp(draw.uniform(np.log(0.04), np.log(0.30)))) * half  # half width of what is made
    v = (fine - centre) / width
    if wanted == NONE:
        return np.zeros_like(fine)
    if wanted == ABSORPTION:
        return -_peak(v, draw)
    photosphere = _photosphere(fine, centre, half, draw)
    if wanted == SINGLE:
        return _peak(v, draw) + photosphere
    if wanted in (DOUBLE, SHELL):
        ratio = float(np.exp(draw.normal(0.0, 0.25)))
        made = _double(v, ratio, draw) + photosphere
        if wanted == SHELL:
            core = float(draw.uniform(0.12, 0.5))
            made -= float(draw.uniform(1.1, 4.0)) * made.max() * np.exp(-0.5 * (v / core) ** 2)
        return made
    apart = float(draw.uniform(0.7, 1.8))
    share = float(np.exp(draw.uniform(np.log(0.2), np.log(2.5))))
    narrow = float(draw.uniform(0.4, 1.2))
    side = 1.0 if wanted == P_CYGNI else -1.0
    peak = _peak(v, draw)
    return peak - share * np.exp(-0.5 * ((v + side * apart) / (narrow * 0.6)) ** 2)


def _peak(v: Floats, draw: np.random.Generator) -> Floats:
    """Return a peak of unit height and half width: Gaussian, Lorentzian, rotational, or with wings."""
    kind = int(draw.integers(4))
    gaussian: Floats = np.exp(-0.693 * v**2)
    lorentzian: Floats = 1.0 / (1.0 + v**2)
    if kind < 2:
        return lorentzian if kind else gaussian
    if kind == 2:  # Gray 2005, eq. 18.14: rotation with limb darkening 0.6, softened
        inside = np.clip(1.0 - (v / 1.3) ** 2, 0.0, None)
        rotation = (0.8 * np.sqrt(inside) / np.pi + 0.3 * inside) / (0.8 / np.pi + 0.3)
        softened: Floats = 0.9 * rotation + 0.1 * gaussian
        return softened
    share = float(draw.uniform(0.05, 0.4))
    winged: Floats = (1 - share) * gaussian + share * np.exp(-0.693 * (v / 2.5) ** 2)
    return winged


def _double(v: Floats, ratio: float, draw: np.random.Generator) -> Floats:
    """Return two peaks: of a Keplerian disc (Huang 1972), or two Gaussians; violet over red is `ratio`."""
    tilt = np.where(v < 0, np.sqrt(ratio), 1.0 / np.sqrt(ratio))
    if draw.integers(2):
        apart = float(draw.uniform(0.5, 0.85))
        narrow = float(draw.uniform(0.25, 0.55))
        two: Floats = sum(np.exp(-0.5 * ((v - place) / narrow) ** 2) for place in (-apart, apart)) * tilt
        return two
    radius = np.linspace(float(draw.uniform(0.08, 0.4)), 1.0, 40)  # in units of the outer one
    speed = 0.75 / np.sqrt(radius)
    weight = radius ** (1.0 - float(draw.uniform(1.5, 2.5)))
    inside = np.clip(1.0 - (v[None, :] / speed[:, None]) ** 2, 0.02, None)
    ring = np.where(np.abs(v[None, :]) < speed[:, None], 1.0 / (speed[:, None] * np.sqrt(inside)), 0.0)
    disc: Floats = tilt * (weight[:, None] * ring).sum(axis=0)
    return disc


def _photosphere(fine: Floats, centre: float, half: float, draw: np.random.Generator) -> Floats:
    """Return the star's own broad absorption beneath an emission of unit height, none for a third of them."""
    if draw.random() < 0.33:
        return np.zeros_like(fine)
    width = float(draw.uniform(0.15, 0.9)) * half
    strength = float(np.exp(draw.uniform(np.log(0.02), np.log(0.6))))
    beneath: Floats = -strength / (1.0 + ((fine - centre) / width) ** 2)
    return beneath


def blends(fine: Floats, half: float, largest: float, draw: np.random.Generator) -> Floats:
    """Return up to four narrow lines of no account, as of metals and the Earth's atmosphere.

    Parameters
    ----------
    fine : ndarray
        Velocities, km/s, shape (points,).
    half : float
        Half width of the profile's window, km/s.
    largest : float
        Largest deviation of the profile.
    draw : Generator
        Of everything random.

    Returns
    -------
    ndarray
        Shape (points,).
    """
    found = np.zeros_like(fine)
    for _ in range(int(draw.integers(5))):
        place, width = draw.uniform(-half, half), draw.uniform(0.01, 0.06) * half
        strength = draw.uniform(0.0, BLENDS) * largest * (-1.0 if draw.random() < 0.85 else 1.0)
        found += strength * np.exp(-0.5 * ((fine - place) / width) ** 2)
    return found
