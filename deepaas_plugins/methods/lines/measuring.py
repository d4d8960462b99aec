"""Measures a chunk of spectra: continuum, profile and its class, all lines and their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.methods.lines import identification
from deepaas_plugins.methods.lines.continuum import divide
from deepaas_plugins.methods.lines.finder import Found, find
from deepaas_plugins.methods.lines.line_list import BY_NAME, velocity
from deepaas_plugins.methods.lines.profiles.classifier import ProfileClassifier
from deepaas_plugins.methods.lines.profiles.injection import Sampling
from deepaas_plugins.methods.lines.profiles.measures import Measures, Profiles, measure
from deepaas_plugins.methods.lines.profiles.shapes import ABSORPTION, CLASSES, DOUBLE, NONE, SHELL
from deepaas_plugins.methods.lines.profiles.structure import figures

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: Classes in which the line is seen in emission.
EMISSION = tuple(number for number in range(len(CLASSES)) if number not in (NONE, ABSORPTION))
#: Pixels of a profile, and of the continuum beside it, that are needed at least.
LEAST_PROFILE, LEAST_CONTINUUM = 9, 12
#: Share of the profile's pixels that a spectrum must cover.
LEAST_COVERED = 0.9


@dataclass(frozen=True)
class Region:
    """Where a line lies on the grid.

    Attributes
    ----------
    wavelength
        The grid, Å, shape (columns,).
    velocity
        From the line, km/s, shape (columns,).
    profile
        Columns of the profile; the others are beside it; shape (columns,).
    """

    wavelength: Floats
    velocity: Floats
    profile: Mask

    @classmethod
    def of(cls, wavelength: Floats, parameters: Mapping[str, Any]) -> Region:
        """Find the line of the parameters on a grid.

        Raises
        ------
        InvalidInput
            The grid does not cover it, is too coarse, or leaves no continuum.
        """
        rest = rest_wavelength(parameters)
        half = float(parameters["width"])
        speed = velocity(wavelength, rest, float(parameters["redshift"]))
        observed = rest * (1.0 + float(parameters["redshift"]))
        span = f"{wavelength[0]:.0f} to {wavelength[-1]:.0f} Å"
        if speed[0] > -half or speed[-1] < half:
            raise InvalidInput(
                f"{parameters['line']} at {observed:.1f} Å with {half:g} km/s to both sides is not within "
                f"the spectra, which reach from {span}: choose a line or a width that is, or another recipe."
            )
        profile = np.abs(speed) <= half
        if profile.sum() < LEAST_PROFILE:
            raise InvalidInput(
                f"The profile of {parameters['line']} has {profile.sum()} points within {half:g} km/s, and "
                f"{LEAST_PROFILE} are needed: let the recipe resample to a finer grid, or widen the profile."
            )
        if (~profile).sum() < max(LEAST_CONTINUUM, 4 * (int(parameters["degree"]) + 1)):
            raise InvalidInput(
                f"Beside the profile of {parameters['line']} the spectra ({span}) leave {(~profile).sum()} "
                "points of continuum, which are too few: let the recipe cut out a wider range, or narrow the "
                "profile."
            )
        return cls(wavelength, speed, profile)

    @property
    def sampling(self) -> Sampling:
        """The sampling of the profile."""
        return Sampling.of(self.velocity[self.profile])


@dataclass(frozen=True)
class Measured:
    """What was measured of a chunk.

    Attributes
    ----------
    covered
        Rows whose line and continuum are there, shape (rows,); of the others nothing holds.
    probabilities
        Of `CLASSES`, shape (rows, classes).
    measures
        Of the profile.
    found
        All lines, none where they are not asked for.
    identified
        Number of each in the list of lines, −1 where it is unknown.
    redshift, margin
        Fitted, shape (rows,), NaN where it is not; None where it was not asked for.
    profile
        ``flux / continuum - 1`` within the profile, shape (rows, profile columns).
    """

    covered: Mask
    probabilities: Floats
    measures: Measures
    found: Found | None
    identified: npt.NDArray[np.int64] | None
    redshift: Floats | None
    margin: Floats | None
    profile: Floats

    @property
    def label(self) -> npt.NDArray[np.int64]:
        """Number of the class, −1 where the line is not covered.

        Returns
        -------
        ndarray
            Shape (rows,).
        """
        return np.where(self.covered, self.probabilities.argmax(axis=1), -1)


def rest_wavelength(parameters: Mapping[str, Any]) -> float:
    """Return the rest wavelength of the line, Å in vacuum.

    Raises
    ------
    InvalidInput
        It is none of the list, and no wavelength is given.
    """
    if parameters["line"] != "other":
        return BY_NAME[parameters["line"]].wavelength
    if parameters["rest"] is None:
        raise InvalidInput("Parameter rest: the line is none of the list, so that its wavelength is needed.")
    return float(parameters["rest"])


def measure_chunk(
    flux: npt.NDArray[np.float32],
    region: Region,
    classifier: ProfileClassifier,
    parameters: Mapping[str, Any],
    *,
    lines: bool = True,
) -> Measured:
    """Measure spectra.

    Parameters
    ----------
    flux : ndarray
        Prepared spectra on the grid of the region, shape (rows, columns).
    region : Region
        Of the line.
    classifier : ProfileClassifier
        Learned on the same grid.
    parameters : mapping
        Of `TrainParameters`.
    lines : bool
        Whether to find all lines, where the parameters say so.

    Returns
    -------
    Measured
        One entry per row.
    """
    residual = divide(flux, region.wavelength, ~region.profile, parameters["degree"])
    inside = region.profile
    covered = residual.usable & (residual.known[:, inside].mean(axis=1) >= LEAST_COVERED)
    smoothed = [one[:, inside] for one in residual.smoothed]
    probabilities = classifier.probabilities(figures(smoothed, residual.noise))
    winner = probabilities.argmax(axis=1)
    profiles = Profiles(
        smoothed,
        residual.noise,
        region.velocity[inside],
        region.wavelength[inside],
        residual.known[:, ~inside].sum(axis=1).astype(np.float64),
        residual.correlation,
    )
    measures = measure(profiles, np.isin(winner, EMISSION), np.isin(winner, (DOUBLE, SHELL)))
    found = identified = redshift = margin = None
    if lines and parameters["find_all"]:
        found = find(residual, region.wavelength, parameters["threshold"], parameters["most_lines"])
        known = np.full(len(flux), float(parameters["redshift"]))
        if parameters["fit_redshift"]:
            redshift, margin = identification.redshifts(
                found, len(flux), parameters["highest_redshift"], parameters["tolerance"]
            )
            known = np.where(np.isfinite(redshift), redshift, known)
        identified = identification.identify(found, known, parameters["tolerance"])
    return Measured(covered, probabilities, measures, found, identified, redshift, margin, smoothed[0])
