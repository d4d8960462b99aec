"""When a spectrum was observed, in which time system, and from where."""

from __future__ import annotations

import math
from dataclasses import dataclass

#: Julian date of the modified Julian date 0.
MJD_ZERO = 2400000.5
#: Julian date of the reduced Julian date 0.
REDUCED_ZERO = 2400000.0
#: Systems: of the observatory's clock (with its scale), at the centre of the Sun, at the barycentre.
SYSTEMS = ("JD(UTC)", "JD(TAI)", "JD(TT)", "JD(TDB)", "HJD", "BJD")
#: Reduced Julian dates are above this (the year 1886): smaller numbers are days of somebody's own zero.
LEAST_REDUCED = 1e4
#: Julian dates of observations lie between these: the years 1850 to 2150.
EARLIEST, LATEST = 2396758.5, 2506331.5


@dataclass(frozen=True, slots=True)
class Site:
    """A place on the Earth.

    Parameters
    ----------
    longitude, latitude
        Degrees, east and north positive.
    altitude
        Metres above the ellipsoid.
    """

    longitude: float
    latitude: float
    altitude: float = 0.0


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of observation.

    Parameters
    ----------
    date
        Julian date.
    system
        One of `SYSTEMS`.
    known_by
        Keywords or column that say so.
    middle
        Whether it is the middle of the exposure; None where that is not stated.
    site
        Where the telescope stands, or None.
    earth
        Velocity of the observer towards the star, km/s, as the file states it (the barycentric or
        heliocentric correction). None where it does not.
    """

    date: float
    system: str
    known_by: str = ""
    middle: bool | None = None
    site: Site | None = None
    earth: float | None = None


def julian_date(value: float, kind: str) -> float | None:
    """Return a Julian date.

    Parameters
    ----------
    value : float
        As a keyword or a column gives it.
    kind : str
        "MJD", or "JD" for Julian dates, of which 2,400,000 may have been left out.

    Returns
    -------
    float or None
        None where it is no date of an observation.
    """
    if not math.isfinite(value):
        return None
    if kind == "MJD":
        value += MJD_ZERO
    elif LEAST_REDUCED < value < LATEST - REDUCED_ZERO:
        value += REDUCED_ZERO
    return value if EARLIEST <= value <= LATEST else None
