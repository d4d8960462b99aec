"""Synthetic templates of stars, galaxies and quasars at rest, on a logarithmic grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.velocity.correlation import LIGHT_SPEED
from spectra.simulation import stars

Floats = npt.NDArray[np.float64]

#: Widths (standard deviation) of narrow lines and of stars in galaxies, km/s.
NARROW, DISPERSION = 170.0, 150.0
#: Lowest and highest redshift of each class; the highest of quasars is a parameter.
STAR_RANGE, GALAXY_LOWEST, GALAXY_HIGHEST = (-0.004, 0.004), 0.0045, 1.2


@dataclass(frozen=True)
class Basis:
    """Templates that are fitted together.

    Attributes
    ----------
    name
        Of the class.
    kind
        Of the class in more detail, such as a temperature.
    columns
        Shape (templates, points), at rest; no coefficient of them is negative.
    range
        Lowest and highest redshift.
    """

    name: str
    kind: str
    columns: Floats
    range: tuple[float, float]


#: Narrow lines of galaxies in groups of fixed ratio: wavelength in vacuum (Å), strength.
GALAXY_LINES: tuple[tuple[tuple[float, float], ...], ...] = (
    ((3728.5, 1.0),),
    ((4341.7, 0.16), (4862.7, 0.35), (6564.6, 1.0)),
    ((4960.3, 0.34), (5008.2, 1.0)),
    ((6549.9, 0.34), (6585.3, 1.0)),
    ((6718.3, 1.0), (6732.7, 0.8)),
)
#: Broad lines of quasars in groups: wavelength (Å), strength and width σ (Å) of Vanden Berk et al. (2001).
QUASAR_LINES: tuple[tuple[tuple[float, float, float], ...], ...] = (
    ((1033.0, 9.6, 7.8), (1216.3, 100.0, 19.5), (1239.9, 2.5, 4.6)),
    (
        (1396.8, 8.1, 14.0),
        (1546.2, 25.3, 14.3),
        (1637.9, 3.0, 15.0),
        (1857.4, 1.5, 5.0),
        (1905.9, 15.9, 23.6),
    ),
    ((2798.9, 14.7, 34.9),),
    ((4341.7, 2.6, 20.3), (4862.7, 8.6, 40.4), (6564.9, 30.8, 47.4)),
    ((3728.5, 0.4, 3.3), (4960.3, 0.7, 3.9), (5008.2, 2.5, 6.0)),
)


#: Lines of cataclysmic variables, as above.
CATACLYSMIC_LINES = (
    (4102.9, 0.6, 12.0), (4341.7, 0.7, 12.0), (4687.0, 0.25, 12.0), (4862.7, 0.85, 13.0), (5877.2, 0.3, 15.0),
    (6564.6, 1.0, 16.0), (6680.0, 0.15, 16.0),
)  # fmt: skip


def rest_grid(first: float, last: float, step: float) -> Floats:
    """Return the grid at rest.

    Parameters
    ----------
    first, last : float
        Å.
    step : float
        In log10 of the wavelength.

    Returns
    -------
    ndarray
        Å, shape (points,).
    """
    count = int(np.ceil(np.log10(last / first) / step)) + 1
    return np.asarray(first * 10.0 ** (step * np.arange(count)))


def star_bases(grid: Floats, temperatures: Sequence[float]) -> list[Basis]:
    """Return a set for each temperature: the star, and Balmer lines in emission.

    Parameters
    ----------
    grid : ndarray
        At rest, Å, shape (points,).
    temperatures : sequence of float
        K.

    Returns
    -------
    list of Basis
        One for each.
    """
    balmer = _broad(grid, CATACLYSMIC_LINES)
    return [
        Basis("star", f"{temperature:.0f} K", np.stack([_star(grid, temperature), balmer]), STAR_RANGE)
        for temperature in temperatures
    ]


def galaxy_basis(grid: Floats) -> Basis:
    """Return the set of galaxies: old to young stars, and groups of narrow lines.

    Parameters
    ----------
    grid : ndarray
        At rest, Å, shape (points,).

    Returns
    -------
    Basis
        Of the class.
    """
    populations = [_star(grid, temperature) for temperature in (4300.0, 5400.0, 8500.0, 16_000.0)]
    lines = [sum(strength * _narrow(grid, line) for line, strength in group) for group in GALAXY_LINES]
    return Basis("galaxy", "", np.array([*populations, *lines]), (GALAXY_LOWEST, GALAXY_HIGHEST))


def quasar_basis(grid: Floats, highest: float) -> Basis:
    """Return the set of quasars: power laws that the Lyman α forest absorbs, and groups of broad lines.

    Parameters
    ----------
    grid : ndarray
        At rest, Å, shape (points,).
    highest : float
        Redshift.

    Returns
    -------
    Basis
        Of the class.
    """
    forest = np.where(grid < 1210.0, 0.65, 1.0) * np.where(grid < 912.0, 0.3, 1.0)
    laws = [forest * (grid / 2500.0) ** slope for slope in (-2.0, 0.0)]
    lines = [_broad(grid, group) for group in QUASAR_LINES]
    narrow = [sum(strength * _narrow(grid, line) for line, strength in GALAXY_LINES[one]) for one in (0, 2)]
    return Basis("quasar", "", np.array([*laws, *lines, *narrow]), (0.05, highest))


def _star(grid: Floats, temperature: float) -> Floats:
    inside = (grid > 3000.0) & (grid < 11_000.0)
    fine = stars.fine_grid(float(grid[inside][0]), float(grid[inside][-1])) if inside.any() else grid
    flux = stars.normalised(fine, temperature)
    flux = stars.at_resolution(flux, LIGHT_SPEED / DISPERSION / 2.3548)
    black = stars.black_body(grid, temperature)
    # The break of old stars, which the few lines of the model do not add up to.
    old = 1.0 - 0.45 * np.clip((6500.0 - temperature) / 2000.0, 0.0, 1.0) / (
        1.0 + np.exp((grid - 3950.0) / 25.0)
    )
    balmer = 1.0 - 0.5 * np.clip(1.0 - abs(np.log10(temperature / 9500.0)) / 0.2, 0.0, 1.0) * (grid < 3650.0)
    return np.asarray(np.interp(grid, fine, flux, left=1.0, right=1.0) * black * old * balmer)


def _narrow(grid: Floats, line: float) -> Floats:
    speed = LIGHT_SPEED * np.log(grid / line)
    return np.asarray(np.exp(-0.5 * (speed / NARROW) ** 2))


def _broad(grid: Floats, group: Sequence[tuple[float, float, float]]) -> Floats:
    flux = np.zeros_like(grid)
    for line, strength, sigma in group:
        away = (grid - line) / sigma
        flux += (
            strength
            / sigma
            * (0.6 * np.exp(-0.5 * (away / 0.5) ** 2) + 0.4 * np.exp(-0.5 * (away / 1.5) ** 2))
        )
    return np.asarray(flux / flux.max())
