"""Radial velocities of the components at given times."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.disentangling.orbit.elements import SYSTEMS
from deepaas_plugins.methods.disentangling.orbit.kepler import true_anomaly

FloatArray = npt.NDArray[np.float64]

YEAR = 365.25
"""Days of a Julian year."""


def phase(times: FloatArray, period: float, periastron: float) -> FloatArray:
    """Return phases from periastron, 0 to 1, of the shape of `times`.

    Parameters
    ----------
    times : ndarray
        Days, any shape.
    period : float
        Days.
    periastron : float
        Days.

    Returns
    -------
    ndarray
        0 to 1, of the shape of `times`.
    """
    return np.asarray(np.remainder((times - periastron) / period, 1.0))


def velocities(system: str, elements: Mapping[str, float], times: FloatArray) -> FloatArray:
    """Return the velocities of the stars about the centre of mass of the system.

    Parameters
    ----------
    system : str
        One of `SYSTEMS`.
    elements : mapping
        By name; see `ELEMENTS`. Without `outer_period` there is no outer orbit, a third star rests.
    times : ndarray
        Days, in the system of the elements, shape (epochs,).

    Returns
    -------
    ndarray
        km/s, shape (stars, epochs): K1 [cos(ν + ω) + e cos ω], −K2 […] and −K3 […] of the outer orbit.
    """
    stars = SYSTEMS[system]
    turned = elements.get("apsidal", 0.0) * (times - elements["periastron"]) / YEAR
    omega = np.radians(elements["omega"] + turned)
    shape = _shape(times, elements["period"], elements["periastron"], elements["eccentricity"], omega)
    found = np.zeros((stars, len(times)))
    found[0] = elements["k1"] * shape
    if stars > 1:
        found[1] = -elements["k2"] * shape
    if "outer_period" in elements:
        longitude = np.full(len(times), np.radians(elements["outer_omega"]))
        outer = _shape(
            times,
            elements["outer_period"],
            elements["outer_periastron"],
            elements["outer_eccentricity"],
            longitude,
        )
        found[: min(stars, 2)] += elements["k_pair"] * outer
        if stars > 2:
            found[2] = -elements["k3"] * outer
    return found


def _shape(
    times: FloatArray, period: float, periastron: float, eccentricity: float, omega: FloatArray
) -> FloatArray:
    mean = 2.0 * np.pi * phase(times, period, periastron)
    anomaly = true_anomaly(mean, eccentricity)
    return np.asarray(np.cos(anomaly + omega) + eccentricity * np.cos(omega))
