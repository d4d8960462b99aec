"""Spectra of all datasets that somebody may see, found by position, band and target: what the VO asks for."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from dashboard.auth.identity import Identity
from dashboard.auth.policy import visible
from dashboard.data.dataset import DatasetState, Kind, SpectrumRow
from dashboard.database.engine import Database
from dashboard.database.tables import dataset_spectra, datasets

AT_ONCE = 2000  # rows of one statement
_spectra = dataset_spectra.c
_columns = [_spectra.object_group.label("group") if c.name == "object_group" else c for c in _spectra]
_FACTS = ("name", "created", "owner", "synthetic")


@dataclass(frozen=True)
class Cone:
    """A circle on the sky; degrees, ICRS."""

    ra: float
    dec: float
    radius: float

    def contains(self, ra: float, dec: float) -> bool:
        """Return whether a position is inside (haversine formula: exact for small circles, too)."""
        first, second = math.radians(self.dec), math.radians(dec)
        half = math.sin((second - first) / 2) ** 2
        half += math.cos(first) * math.cos(second) * math.sin(math.radians(ra - self.ra) / 2) ** 2
        return math.degrees(2 * math.asin(min(1.0, math.sqrt(half)))) <= self.radius

    def box(self) -> ColumnElement[bool]:
        """Return the condition of a box around the circle, for the database."""
        low, high = self.dec - self.radius, self.dec + self.radius
        within = _spectra.dec.between(low, high)
        if low <= -90 or high >= 90:
            return and_(within, _spectra.ra.is_not(None))
        reach = min(1.0, math.sin(math.radians(self.radius)) / math.cos(math.radians(self.dec)))
        width = math.degrees(math.asin(reach)) + 1e-9
        low, high = self.ra - width, self.ra + width
        parts: list[ColumnElement[bool]] = [_spectra.ra.between(low, high)]
        if low < 0:
            parts.append(_spectra.ra >= low + 360)
        if high > 360:
            parts.append(_spectra.ra <= high - 360)
        return and_(within, or_(*parts))


@dataclass(frozen=True)
class Wanted:
    """Which spectra.

    Attributes
    ----------
    cone : Cone or None
        Spectra whose position is not known are in none.
    bands : tuple of (float, float)
        Å in vacuum; spectra that cover a part of any; infinite ends are open.
    target : str
        Name of the spectrum or its object, whatever the case; empty: any.
    dataset : str
        Id; empty: all.
    nothing : bool
        Something is asked for that no row has.
    """

    cone: Cone | None = None
    bands: tuple[tuple[float, float], ...] = ()
    target: str = ""
    dataset: str = ""
    nothing: bool = False


@dataclass(frozen=True)
class Observation:
    """A spectrum with its dataset."""

    dataset: str
    dataset_name: str
    created: str
    owner: str
    synthetic: bool
    row: SpectrumRow


class Observations:
    """Finds spectra in all datasets.

    Parameters
    ----------
    database : Database
        Open and migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, wanted: Wanted, identity: Identity) -> AsyncIterator[Observation]:
        """Yield the spectra that an identity may see, by dataset and number, without holding a transaction.

        Parameters
        ----------
        wanted : Wanted
            Which.
        identity : Identity
            Who asks.
        """
        if wanted.nothing:
            return
        base = self._query(identity).where(*_conditions(wanted))
        after = ("", -1)
        while True:
            following = or_(
                datasets.c.id > after[0], and_(datasets.c.id == after[0], _spectra.number > after[1])
            )
            query = base.where(following).order_by(datasets.c.id, _spectra.number).limit(AT_ONCE)
            async with self._database.read() as connection:
                rows = (await connection.execute(query)).mappings().all()
            for row in rows:
                found = _observation(row)
                if wanted.cone is None or _inside(wanted.cone, found.row):
                    yield found
            if len(rows) < AT_ONCE:
                return
            after = (rows[-1]["dataset"], rows[-1]["number"])

    async def get(self, dataset: str, number: int, identity: Identity) -> Observation | None:
        """Return one spectrum; None where there is none that the identity may see."""
        one = self._query(identity).where(datasets.c.id == dataset, _spectra.number == number)
        async with self._database.read() as connection:
            row = (await connection.execute(one)).mappings().one_or_none()
        return None if row is None else _observation(row)

    @staticmethod
    def _query(identity: Identity) -> Any:
        facts = [datasets.c[name].label(f"of_{name}") for name in _FACTS]
        return (
            select(*_columns, *facts)
            .select_from(dataset_spectra.join(datasets, datasets.c.id == _spectra.dataset))
            .where(visible(identity, datasets.c))
            .where(datasets.c.state == DatasetState.READY, datasets.c.kind == Kind.SPECTRA)
        )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.cone is not None:
        conditions.append(wanted.cone.box())
    if wanted.bands:
        conditions.append(or_(*(_covers(low, high) for low, high in wanted.bands)))
    if wanted.target:
        named = wanted.target.lower()
        conditions.append(or_(func.lower(_spectra.name) == named, func.lower(_spectra.object_group) == named))
    if wanted.dataset:
        conditions.append(datasets.c.id == wanted.dataset)
    return conditions


def _covers(low: float, high: float) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [_spectra.wavelength_min.is_not(None)]
    if math.isfinite(low):
        parts.append(_spectra.wavelength_max >= low)
    if math.isfinite(high):
        parts.append(_spectra.wavelength_min <= high)
    return and_(*parts)


def _inside(cone: Cone, row: SpectrumRow) -> bool:
    return row.ra is not None and row.dec is not None and cone.contains(row.ra, row.dec)


def _observation(row: Any) -> Observation:
    facts = {name: row[f"of_{name}"] for name in _FACTS}
    values = {name: row[name] for name in SpectrumRow.__dataclass_fields__}
    return Observation(
        row["dataset"],
        facts["name"],
        facts["created"],
        facts["owner"],
        bool(facts["synthetic"]),
        SpectrumRow(**values),
    )
