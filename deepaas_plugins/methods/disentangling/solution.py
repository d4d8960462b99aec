"""What a training found: components, velocities, elements with errors, strengths, residuals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.disentangling.epochs import Epochs
from deepaas_plugins.methods.disentangling.fit.chi2_map import Chi2Map
from deepaas_plugins.methods.disentangling.fit.guess import Guess
from deepaas_plugins.methods.disentangling.fit.problem import Problem
from deepaas_plugins.methods.disentangling.solvers.undulation import Undulation
from deepaas_plugins.methods.disentangling.solvers.wavelength import Separated

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Solution:
    """The result of a training.

    Attributes
    ----------
    epochs
        What was disentangled.
    problem
        System, free elements.
    elements, errors
        Of the orbit, by name; errors of the fitted ones.
    stellar
        Velocities of the stars, km/s, shape (stars, epochs).
    measured, measured_errors
        Velocities measured at each epoch with the components held, and their errors, shape (stars, epochs).
    strengths
        Line strengths, shape (components, epochs).
    light
        Shares of the stars in the continuum, shape (stars,).
    light_found
        Whether the shares follow from the strengths.
    components
        Contributions as deviations from the continuum, shape (components, n): stars, then telluric lines.
    component_errors
        Shape (components, n).
    separated
        Residuals and χ² of the components.
    sigma
        Noise of each epoch, shape (epochs,).
    undulation
        What is not determined.
    reduced, degrees
        χ² over degrees of freedom; these.
    refits
        Elements of a bootstrap, shape (refits, free).
    guess
        Cross-correlation and periods, where the period was not given.
    chi2_map
        Or None.
    free
        Whether velocities are free of an orbit.
    """

    epochs: Epochs
    problem: Problem
    elements: Mapping[str, float]
    errors: Mapping[str, float]
    stellar: FloatArray
    measured: FloatArray
    measured_errors: FloatArray
    strengths: FloatArray
    light: FloatArray
    light_found: bool
    components: FloatArray
    component_errors: FloatArray
    separated: Separated
    sigma: FloatArray
    undulation: Undulation
    reduced: float
    degrees: int
    refits: FloatArray
    guess: Guess | None
    chi2_map: Chi2Map | None
    free: bool

    @property
    def names(self) -> list[str]:
        """Names of the components for people."""
        stars = [f"Star {number + 1}" for number in range(self.problem.stars)]
        return [*stars, "Telluric lines"] if self.problem.telluric else stars

    @property
    def shares(self) -> FloatArray:
        """Shares of all components in the continuum: telluric lines are not of it, shape (components,).

        Returns
        -------
        ndarray
            Shape (components,).
        """
        return np.append(self.light, 1.0) if self.problem.telluric else self.light

    @property
    def normalised(self) -> FloatArray:
        """Components with a continuum of 1, as each star would be seen alone, shape (components, n).

        Returns
        -------
        ndarray
            Shape (components, n).
        """
        return np.asarray(1.0 + self.components / self.shares[:, None])
