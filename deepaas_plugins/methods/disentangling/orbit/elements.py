"""Elements of the orbits: names, units, usual ranges, and which of them a system has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: What is disentangled: stars whose lines are seen, and how many there are.
SYSTEMS = {"SB1": 1, "SB2": 2, "SB3": 3}


@dataclass(frozen=True)
class Element:
    """An element.

    Attributes
    ----------
    name, title, unit, help
        For programs; for people.
    low, high
        Where it may lie at all.
    """

    name: str
    title: str
    unit: str
    help: str
    low: float
    high: float


_FAR = 1e7
ELEMENTS: Mapping[str, Element] = {
    one.name: one
    for one in (
        Element("period", "Period P", "d", "Anomalistic period of the orbit.", 1e-3, 1e6),
        Element(
            "periastron",
            "Time of periastron T0",
            "d",
            "A time of periastron, of a circular orbit of the largest velocity of star 1 (ω = 0), "
            "in the system of the times.",
            -_FAR,
            _FAR,
        ),
        Element("eccentricity", "Eccentricity e", "", "0 for a circle.", 0.0, 0.99),
        Element("omega", "Periastron longitude ω", "°", "Of star 1, at the time T0.", -720.0, 720.0),
        Element("k1", "Semi-amplitude K1", "km/s", "Radial velocity of star 1.", 0.0, 2000.0),
        Element("k2", "Semi-amplitude K2", "km/s", "Radial velocity of star 2.", 0.0, 2000.0),
        Element("apsidal", "Apsidal motion dω/dt", "°/yr", "How fast the orbit turns.", -360.0, 360.0),
        Element("outer_period", "Outer period", "d", "Of the third star about the pair.", 1e-2, 1e7),
        Element("outer_periastron", "Outer time of periastron", "d", "As T0.", -_FAR, _FAR),
        Element("outer_eccentricity", "Outer eccentricity", "", "Of the outer orbit.", 0.0, 0.99),
        Element(
            "outer_omega", "Outer periastron longitude", "°", "Of the pair's centre of mass.", -720.0, 720.0
        ),
        Element("k_pair", "Semi-amplitude of the pair", "km/s", "Of its centre of mass.", 0.0, 2000.0),
        Element("k3", "Semi-amplitude K3", "km/s", "Radial velocity of star 3.", 0.0, 2000.0),
    )
}
#: Those of the inner and of the outer orbit.
INNER = ("period", "periastron", "eccentricity", "omega", "k1", "k2", "apsidal")
OUTER = ("outer_period", "outer_periastron", "outer_eccentricity", "outer_omega", "k_pair", "k3")


def elements_of(system: str, *, outer: bool, apsidal: bool) -> tuple[str, ...]:
    """Return the elements that the velocities of a system depend on.

    Parameters
    ----------
    system : str
        One of `SYSTEMS`.
    outer : bool
        Whether there is an outer orbit.
    apsidal : bool
        Whether the inner orbit turns.
    """
    stars = SYSTEMS[system]
    inner = [name for name in INNER if not (name == "k2" and stars < 2) and (apsidal or name != "apsidal")]
    return (*inner, *(name for name in (OUTER if outer else ()) if not (name == "k3" and stars < 3)))
