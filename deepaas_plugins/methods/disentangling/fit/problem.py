"""Elements that are free, and the shifts of all components that they give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.disentangling.orbit.elements import SYSTEMS
from deepaas_plugins.methods.disentangling.orbit.velocities import velocities
from deepaas_plugins.methods.disentangling.solvers.log_grid import LogGrid

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Problem:
    """A system, its epochs, and what is known of its orbit.

    Attributes
    ----------
    system
        One of `SYSTEMS`.
    times
        Days, shape (epochs,).
    grid
        Of the composites.
    telluric
        Whether there is a telluric component, the last one.
    earth
        What the spectra's wavelengths lack of the motion of the Earth, km/s, shape (epochs,): 0 where they
        are barycentric; subtracted from the velocities of stars.
    telluric_velocity
        Of the telluric lines in these wavelengths, km/s, shape (epochs,).
    values
        Elements where the fit starts, by name; all that the velocities depend on.
    ranges
        Lowest and highest value of the free ones, by name.
    """

    system: str
    times: FloatArray
    grid: LogGrid
    telluric: bool
    earth: FloatArray
    telluric_velocity: FloatArray
    values: Mapping[str, float]
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def stars(self) -> int:
        """Stars whose lines are seen."""
        return SYSTEMS[self.system]

    @property
    def free(self) -> tuple[str, ...]:
        """Names of the free elements, in the order of vectors."""
        return tuple(self.ranges)

    @property
    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """Lower and upper limits of vectors, shape (free,) each.

        Returns
        -------
        tuple of ndarray
            Shape (free,) each.
        """
        limits = np.array([self.ranges[name] for name in self.free], dtype=np.float64).reshape(-1, 2)
        return limits[:, 0], limits[:, 1]

    @property
    def vector(self) -> FloatArray:
        """The free elements where the fit starts, shape (free,).

        Returns
        -------
        ndarray
            Shape (free,).
        """
        return np.array([self.values[name] for name in self.free], dtype=np.float64)

    def elements(self, vector: FloatArray | Sequence[float]) -> dict[str, float]:
        """Return all elements with the free ones from a vector.

        Parameters
        ----------
        vector : ndarray
            Free elements, shape (free,).

        Returns
        -------
        dict
            By name.
        """
        return {**self.values, **{name: float(one) for name, one in zip(self.free, vector, strict=True)}}

    def at(self, vector: FloatArray) -> Problem:
        """Return the problem that starts at a vector.

        Parameters
        ----------
        vector : ndarray
            Free elements, shape (free,).

        Returns
        -------
        Problem
            With all else as it is.
        """
        return replace(self, values=self.elements(vector))

    def select(self, epochs: npt.NDArray[np.intp]) -> Problem:
        """Return the problem of some epochs.

        Parameters
        ----------
        epochs : ndarray
            Their numbers, shape (selected,).

        Returns
        -------
        Problem
            With all else as it is.
        """
        return replace(
            self,
            times=self.times[epochs],
            earth=self.earth[epochs],
            telluric_velocity=self.telluric_velocity[epochs],
        )

    def stellar(self, elements: Mapping[str, float]) -> FloatArray:
        """Return velocities of the stars in km/s, shape (stars, epochs).

        Parameters
        ----------
        elements : mapping
            All, by name.

        Returns
        -------
        ndarray
            km/s, shape (stars, epochs).
        """
        return velocities(self.system, elements, self.times)

    def shifts_of(self, stellar: FloatArray) -> FloatArray:
        """Return the shifts of all components, pixels, of velocities of the stars: (components, epochs).

        Parameters
        ----------
        stellar : ndarray
            km/s, shape (stars, epochs).

        Returns
        -------
        ndarray
            Pixels, shape (components, epochs).
        """
        seen = stellar - self.earth
        if self.telluric:
            seen = np.concatenate([seen, self.telluric_velocity[None]])
        return self.grid.shift(seen)

    def shifts(self, vector: FloatArray) -> FloatArray:
        """Return the shifts of all components, pixels, shape (components, epochs).

        Parameters
        ----------
        vector : ndarray
            Free elements, shape (free,).

        Returns
        -------
        ndarray
            Pixels, shape (components, epochs).
        """
        return self.shifts_of(self.stellar(self.elements(vector)))

    def slopes(self, vector: FloatArray) -> FloatArray:
        """Return how the shifts change with each free element, shape (free, components, epochs).

        Parameters
        ----------
        vector : ndarray
            Free elements, shape (free,).

        Returns
        -------
        ndarray
            Pixels per unit of each element, shape (free, components, epochs).
        """
        found = []
        low, high = self.bounds
        for place in range(len(vector)):
            step = 1e-5 * max(min(high[place] - low[place], 10.0), 1e-6)
            ahead, back = vector.copy(), vector.copy()
            ahead[place] = min(ahead[place] + step, high[place])
            back[place] = max(back[place] - step, low[place])
            width = ahead[place] - back[place]
            found.append((self.shifts(ahead) - self.shifts(back)) / width)
        components = self.stars + self.telluric
        return np.array(found).reshape(len(vector), components, len(self.times))
