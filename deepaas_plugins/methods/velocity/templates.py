"""Templates on the grid of the spectra, and beyond it: synthetic stars, a mask of lines, or given spectra."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.methods.velocity.correlation import LIGHT_SPEED, standard
from spectra.simulation import stars

Floats = npt.NDArray[np.float64]

#: Effective temperatures of the synthetic templates, K.
TEMPERATURES = (3300, 3900, 4500, 5200, 5800, 6500, 7500, 9500, 13000, 20000, 30000)
#: Where synthetic stars have lines, Å in vacuum.
COVERED = (3750.0, 8850.0)
#: A grid is logarithmic when its steps differ by no more than this share.
EVEN = 1e-3
#: Columns, and km/s in units of the highest velocity, that spectra must have.
LEAST_COLUMNS, LEAST_RANGE = 128, 4.0
#: Contrast (standard deviation over the continuum) below which a template has no lines.
LEAST_CONTRAST = 2e-3


@dataclass(frozen=True)
class Grid:
    """A logarithmic grid.

    Attributes
    ----------
    wavelength
        Å in vacuum, shape (columns,).
    step
        km/s from column to column.
    reach
        Largest shift, columns.
    """

    wavelength: Floats
    step: float
    reach: int

    @classmethod
    def of(cls, wavelength: Floats, highest: float) -> Self:
        """Check a grid.

        Parameters
        ----------
        wavelength : ndarray
            Å in vacuum, shape (columns,).
        highest : float
            Velocity that is tried, km/s.

        Raises
        ------
        InvalidInput
            It is not even in the logarithm, too short, or too coarse.
        """
        steps = np.diff(np.log(wavelength))
        if len(steps) < 2 or np.ptp(steps) > EVEN * steps.mean():
            raise InvalidInput(
                "The wavelengths are not even in their logarithm, where a velocity is a shift: let the step "
                "resample of the recipe sample log."
            )
        step = float(steps.mean()) * LIGHT_SPEED
        span = step * len(steps)
        if len(wavelength) < LEAST_COLUMNS or span < LEAST_RANGE * highest:
            raise InvalidInput(
                f"The spectra have {len(wavelength)} points over {span:.0f} km/s: at least "
                f"{LEAST_COLUMNS} are "
                f"needed, and {LEAST_RANGE:g} times the highest velocity ({highest:g} km/s). Take a "
                f"wider range "
                "or lower it."
            )
        if highest < 2 * step:
            raise InvalidInput(
                f"A point is {step:.0f} km/s wide, the highest velocity {highest:g} km/s: let the "
                f"recipe have "
                "more points, or raise it."
            )
        return cls(wavelength, step, int(np.ceil(highest / step)) + 1)

    @property
    def wide(self) -> Floats:
        """The grid with `reach` columns more on both sides, Å."""
        columns = np.arange(-self.reach, len(self.wavelength) + self.reach)
        return np.asarray(self.wavelength[0] * np.exp(columns * self.step / LIGHT_SPEED))


def synthetic(grid: Grid, params: Mapping[str, Any]) -> tuple[list[str], Floats]:
    """Return the templates of synthetic stars, or the masks of their lines.

    Parameters
    ----------
    grid : Grid
        Of the spectra.
    params : mapping
        Of `TrainParameters`.

    Returns
    -------
    names : list of str
        Such as ``5800 K``.
    templates : ndarray
        Of zero mean and unit length, shape (templates, columns + 2 reach).

    Raises
    ------
    InvalidInput
        The spectra lie where synthetic stars have no lines.
    """
    low, high = float(grid.wavelength[0]), float(grid.wavelength[-1])
    if min(high, COVERED[1]) <= max(low, COVERED[0]):
        raise InvalidInput(
            f"The spectra reach from {low:.0f} to {high:.0f} Å, where synthetic templates have no "
            f"lines (they "
            f"have some from {COVERED[0]:.0f} to {COVERED[1]:.0f} Å): take spectra of a dataset as templates."
        )
    wide = grid.wide
    fine = stars.fine_grid(float(wide[0]), float(wide[-1]))
    names, found = [], []
    for temperature in TEMPERATURES:
        flux = stars.normalised(fine, float(temperature))
        if params["templates"] == "mask":
            flux = _mask(flux)
        flux = stars.at_resolution(flux, params["resolution"])
        if np.std(np.interp(grid.wavelength, fine, flux)) >= LEAST_CONTRAST:
            names.append(f"{temperature} K")
            found.append(np.interp(wide, fine, flux))
    if not found:
        raise InvalidInput(
            f"No synthetic template has lines from {low:.0f} to {high:.0f} Å: take a wider range, or "
            f"spectra of "
            "a dataset as templates."
        )
    return names, standard(np.array(found), params["smooth"] / grid.step).flux


def _mask(flux: Floats) -> Floats:
    """Return holes of the lines' depths at their centres, as a mask of a spectrograph has them."""
    centre = np.zeros(len(flux), dtype=bool)
    centre[1:-1] = (flux[1:-1] < flux[:-2]) & (flux[1:-1] <= flux[2:]) & (flux[1:-1] < 0.97)
    return np.where(centre, flux, 1.0)


def given(grid: Grid, flux: npt.NDArray[np.floating], params: Mapping[str, Any]) -> Floats:
    """Return spectra as templates; beyond their ends they are zero.

    Parameters
    ----------
    grid : Grid
        Of the spectra.
    flux : ndarray
        Shape (templates, columns).
    params : mapping
        Of `TrainParameters`.

    Returns
    -------
    ndarray
        Shape (templates, columns + 2 reach).
    """
    lines = standard(flux, params["smooth"] / grid.step).flux
    return np.pad(lines, ((0, 0), (grid.reach, grid.reach)))
