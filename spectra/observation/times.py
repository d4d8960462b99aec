"""When the spectra of a batch were observed, one entry per row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from spectra.observation.moment import Moment, Site

FloatArray = npt.NDArray[np.float64]

#: Names of the columns of a feature set that hold numbers.
NUMBERS = ("time", "site_longitude", "site_latitude", "site_altitude", "earth_velocity")
#: And of those that hold words.
WORDS = ("time_system", "time_known_by", "time_middle")
_MIDDLES = {None: None, True: "middle", False: "start"}


@dataclass(frozen=True, slots=True)
class Times:
    """Times of observation.

    Parameters
    ----------
    numbers
        In the order of `NUMBERS`, shape (rows, 5): Julian date, longitude and latitude (degrees) and altitude
        (m) of the telescope, velocity of the observer towards the star (km/s); NaN where unknown.
    systems
        One of `spectra.observation.moment.SYSTEMS` each, None where unknown.
    known_by
        What says so.
    middles
        "middle" or "start" of the exposure, None where not stated.
    """

    numbers: FloatArray
    systems: Sequence[str | None]
    known_by: Sequence[str | None]
    middles: Sequence[str | None]

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.numbers)

    @property
    def dates(self) -> FloatArray:
        """Julian dates, shape (rows,), NaN where unknown.

        Returns
        -------
        ndarray
            Shape (rows,), NaN where unknown.
        """
        return self.numbers[:, 0]

    @property
    def sites(self) -> FloatArray:
        """Longitude, latitude and altitude, shape (rows, 3), NaN where unknown.

        Returns
        -------
        ndarray
            Longitude, latitude, altitude, shape (rows, 3), NaN where unknown.
        """
        return self.numbers[:, 1:4]

    @property
    def earth(self) -> FloatArray:
        """Stated velocities of the observer towards the star, km/s, shape (rows,), NaN where unknown.

        Returns
        -------
        ndarray
            km/s, shape (rows,), NaN where unknown.
        """
        return self.numbers[:, 4]

    @classmethod
    def unknown(cls, rows: int) -> Self:
        """Return times of which nothing is known."""
        nothing: list[str | None] = [None] * rows
        return cls(np.full((rows, len(NUMBERS)), np.nan), nothing, nothing, nothing)

    @classmethod
    def of(cls, moments: Sequence[Moment | None]) -> Self | None:
        """Return the times of spectra; None where none is known."""
        if all(moment is None for moment in moments):
            return None
        return cls(
            np.array([_numbers(moment) for moment in moments]),
            [None if moment is None else moment.system for moment in moments],
            [None if moment is None else moment.known_by or None for moment in moments],
            [None if moment is None else _MIDDLES[moment.middle] for moment in moments],
        )

    def moment(self, row: int) -> Moment | None:
        """Return the time of a row, or None."""
        date, longitude, latitude, altitude, earth = self.numbers[row].tolist()
        system = self.systems[row]
        if np.isnan(date) or system is None:
            return None
        return Moment(
            date,
            system,
            self.known_by[row] or "",
            next((key for key, word in _MIDDLES.items() if word == self.middles[row]), None),
            None if np.isnan(longitude) else Site(longitude, latitude, altitude),
            None if np.isnan(earth) else earth,
        )

    def select(self, rows: Sequence[int]) -> Self:
        """Return some of the rows, in the order of their indices."""
        words = [[column[row] for row in rows] for column in (self.systems, self.known_by, self.middles)]
        return type(self)(self.numbers[list(rows)], *words)

    @classmethod
    def joined(cls, parts: Sequence[Self | None], sizes: Sequence[int]) -> Self | None:
        """Return the times of several batches as those of one; None where nothing is known of any."""
        if all(part is None for part in parts):
            return None
        known = [cls.unknown(size) if part is None else part for part, size in zip(parts, sizes, strict=True)]
        return cls(
            np.concatenate([part.numbers for part in known]),
            [one for part in known for one in part.systems],
            [one for part in known for one in part.known_by],
            [one for part in known for one in part.middles],
        )


def _numbers(moment: Moment | None) -> list[float]:
    if moment is None:
        return [np.nan] * len(NUMBERS)
    site = moment.site
    place = [np.nan] * 3 if site is None else [site.longitude, site.latitude, site.altitude]
    return [moment.date, *place, np.nan if moment.earth is None else moment.earth]
