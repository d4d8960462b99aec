"""All SQL about the spectra of datasets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    String,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.base.errors import NotFound
from dashboard.base.paging import Page
from dashboard.data.dataset import (
    EVERY_SPECTRUM,
    SINGLE_CLASSES,
    Coverage,
    FileState,
    ObjectCounts,
    SpectrumFilter,
    SpectrumLocation,
    SpectrumRow,
    TrainingObjects,
)
from dashboard.database.engine import Database
from dashboard.database.list_order import ordering, within
from dashboard.database.tables import dataset_files, dataset_spectra, datasets

SORTS = (
    "number",
    "name",
    "label",
    "group",
    "path",
    "snr",
    "wavelength_min",
    "wavelength_max",
    "points",
    "format",
)
AT_ONCE = 5000  # rows in one transaction or one answer of the database
AT_ONCE_IN = 500  # values in one IN: SQLite takes few thousand variables

_table = dataset_spectra
_columns = [_table.c.object_group.label("group") if c.name == "object_group" else c for c in _table.c]


class SpectrumRows:
    """The spectra of datasets, by number."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def get(self, dataset: str, number: int) -> SpectrumRow:
        """Return one spectrum of a dataset.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        number : int
            The spectrum's number.

        Returns
        -------
        SpectrumRow
            Its row.

        Raises
        ------
        NotFound
            If the dataset has no spectrum of that number.
        """
        found = await self.numbered(dataset, [number])
        if not found:
            raise NotFound(f"The dataset {dataset} has no spectrum {number}.")
        return found[number]

    async def numbered(self, dataset: str, numbers: Sequence[int]) -> dict[int, SpectrumRow]:
        """Return the spectra of these numbers; numbers without a spectrum are left out."""
        found: dict[int, SpectrumRow] = {}
        async with self.database.read() as connection:
            for start in range(0, len(numbers), AT_ONCE_IN):
                some = _table.c.number.in_(numbers[start : start + AT_ONCE_IN])
                query = select(*_columns).where(_table.c.dataset == dataset, some)
                rows = (await connection.execute(query)).mappings().all()
                found.update({row["number"]: _row(row) for row in rows})
        return found

    async def at_locations(
        self, dataset: str, locations: Sequence[SpectrumLocation]
    ) -> dict[SpectrumLocation, SpectrumRow]:
        """Return the spectra at these locations; locations without a spectrum are left out."""
        found: dict[SpectrumLocation, SpectrumRow] = {}
        rows_of: dict[str, list[int | None]] = {}
        for location in locations:
            rows_of.setdefault(location.path, []).append(location.row)
        # A matrix may have many more rows than are wanted; of other files all spectra are read.
        matrices = [path for path, rows in rows_of.items() if None not in rows]
        others = sorted(rows_of.keys() - set(matrices))
        conditions: list[ColumnElement[bool]] = [
            (_table.c.path == path) & _table.c.row.in_(rows_of[path][start : start + AT_ONCE_IN])
            for path in matrices
            for start in range(0, len(rows_of[path]), AT_ONCE_IN)
        ]
        conditions += [
            _table.c.path.in_(others[start : start + AT_ONCE_IN])
            for start in range(0, len(others), AT_ONCE_IN)
        ]
        wanted = set(locations)
        async with self.database.read() as connection:
            for condition in conditions:
                query = select(*_columns).where(_table.c.dataset == dataset, condition)
                for row in (await connection.execute(query)).mappings():
                    location = SpectrumLocation(row["path"], row["hdu"], row["row"])
                    if location in wanted:
                        found[location] = _row(row)
        return found

    async def search(
        self, dataset: str, wanted: SpectrumFilter, sort: str = "number", page: int = 1, size: int = 50
    ) -> Page[SpectrumRow]:
        """Return one page of spectra.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        wanted : SpectrumFilter
            What the spectra must have.
        sort : str
            One of `SORTS`; with ``-`` before it: descending.
        page : int
            Number of the page, from 1.
        size : int
            Spectra on a page.

        Returns
        -------
        Page[SpectrumRow]
            The spectra of the page, and how many there are in all.
        """
        where = _where(dataset, wanted)
        query = select(*_columns).where(*where).order_by(*ordering(_table, sort, SORTS), _table.c.number)
        async with self.database.read() as connection:
            total = await connection.scalar(select(func.count()).select_from(_table).where(*where))
            rows = (await connection.execute(query.limit(size).offset((page - 1) * size))).mappings().all()
        return Page([_row(row) for row in rows], total or 0, page, size)

    async def all(
        self, dataset: str, wanted: SpectrumFilter = EVERY_SPECTRUM
    ) -> AsyncIterator[list[SpectrumRow]]:
        """Yield the spectra of a dataset, by number, without holding a transaction.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        wanted : SpectrumFilter
            What the spectra must have; by default nothing: all are yielded.
        """
        after = -1
        while True:
            query = select(*_columns).where(*_where(dataset, wanted), _table.c.number > after)
            async with self.database.read() as connection:
                found = (
                    (await connection.execute(query.order_by(_table.c.number).limit(AT_ONCE)))
                    .mappings()
                    .all()
                )
            if not found:
                return
            yield [_row(row) for row in found]
            after = found[-1]["number"]

    async def first_path(self, dataset: str) -> str | None:
        """Return the path of the dataset's first spectrum, or None when it has none."""
        query = select(_table.c.path).where(_table.c.dataset == dataset).order_by(_table.c.number).limit(1)
        async with self.database.read() as connection:
            path: str | None = (await connection.execute(query)).scalar_one_or_none()
        return path

    async def sample(self, dataset: str, count: int) -> list[int]:
        """Return the numbers of a sample: the first of every class, then evenly spaced ones."""
        async with self.database.read() as connection:
            firsts = (
                select(func.min(_table.c.number)).where(_table.c.dataset == dataset).group_by(_table.c.label)
            )
            chosen = list((await connection.execute(firsts.order_by(_table.c.label).limit(count))).scalars())
            query = select(func.count()).select_from(_table).where(_table.c.dataset == dataset)
            total = await connection.scalar(query) or 0
        for step in range(count):
            number = step * total // count
            if len(chosen) < min(count, total) and number not in chosen:
                chosen.append(number)
        return sorted(chosen)

    async def coverage(self, dataset: str, files: int) -> Coverage:
        """Return the range that every spectrum covers."""
        query = select(func.max(_table.c.wavelength_min), func.min(_table.c.wavelength_max))
        async with self.database.read() as connection:
            low, high = (await connection.execute(query.where(_table.c.dataset == dataset))).one()
        covered = low is not None and high is not None and low < high
        return Coverage(files, low if covered else None, high if covered else None)

    async def object_counts(self, dataset: str) -> ObjectCounts:
        """Return how many spectra of a dataset share an object, a name or a file's content."""
        mine = _table.c.dataset == dataset
        named, unnamed = _table.c.object_group.is_not(None), _table.c.object_group.is_(None)
        files = dataset_files.c.dataset == dataset
        whole = select(func.count(), func.count(_table.c.object_group)).where(mine)
        async with self.database.read() as connection:
            spectra, with_object = (await connection.execute(whole)).one()
            repeated, in_repeated = await _repeated(connection, _table.c.object_group, mine, named)
            _, in_same_name = await _repeated(connection, _table.c.name, mine, unnamed)
            groups, in_groups = await _repeated(
                connection, dataset_files.c.sha256, files, dataset_files.c.state == FileState.READ
            )
        return ObjectCounts(
            spectra=spectra,
            unnamed=spectra - with_object,
            repeated=repeated,
            in_repeated=in_repeated,
            in_same_name=in_same_name,
            copies=in_groups - groups,
        )

    async def training_objects(self, dataset: str, excluded: Sequence[str]) -> TrainingObjects:
        """Return the objects of labelled spectra, as far as they are named.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        excluded : sequence of str
            Classes that are left out.
        """
        label, group = _table.c.label, _table.c.object_group
        # A spectrum without an object is one of its own; groups and numbers cannot be equal for the prefix.
        named = case(
            (group.is_not(None), literal("g") + group), else_=literal("n") + cast(_table.c.number, String)
        )
        objects = func.count(named.distinct())
        mine = [_table.c.dataset == dataset, label.is_not(None), label.not_in(list(excluded))]
        single = select(label).where(*mine).group_by(label).having(objects < 2).order_by(label)
        async with self.database.read() as connection:
            count = await connection.scalar(select(objects).where(*mine))
            classes = (await connection.execute(single.limit(SINGLE_CLASSES))).scalars().all()
        return TrainingObjects(count or 0, tuple(str(name) for name in classes))

    async def summary(self, dataset: str) -> dict[str, Any]:
        """Return the columns of `datasets` that are counted from the spectra."""
        mine = _table.c.dataset == dataset
        async with self.database.read() as connection:
            total = select(func.count(), func.min(_table.c.wavelength_min), func.max(_table.c.wavelength_max))
            count, low, high = (await connection.execute(total.select_from(_table).where(mine))).one()
            rejected = select(func.count()).select_from(dataset_files)
            rejected = rejected.where(
                dataset_files.c.dataset == dataset, dataset_files.c.state == FileState.REJECTED
            )
            bad = await connection.scalar(rejected)
            names = ("format", "label", "assumed")
            by = {name: await _counts(connection, _table.c[name], mine) for name in names}
        return {
            "count": count,
            "rejected": bad or 0,
            "wavelength_min": low,
            "wavelength_max": high,
            "formats": by["format"],
            "classes": by["label"],
            "assumed": {
                word: count
                for word in ("unit", "frame")
                if (count := sum(n for words, n in by["assumed"].items() if word in words.split()))
            },
        }

    async def keep(self, dataset: str, first: int) -> None:
        """Delete the spectra from a number on, which an interrupted indexing left."""
        async with self.database.write() as connection:
            await connection.execute(
                delete(_table).where(_table.c.dataset == dataset, _table.c.number >= first)
            )

    async def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add spectra; they count once their file does (`read_files`)."""
        if rows:
            async with self.database.write() as connection:
                await connection.execute(insert(_table), list(rows))

    async def read_files(self, dataset: str, files: Sequence[Mapping[str, Any]], count: int) -> None:
        """Record that files were read.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        files : sequence of mapping
            ``path``, ``sha256``, ``state`` and ``reason`` of each.
        count : int
            Number of spectra that the dataset has with them.
        """
        mine = (dataset_files.c.dataset == dataset, dataset_files.c.path == bindparam("of"))
        change = update(dataset_files).where(*mine)
        async with self.database.write() as connection:
            if files:
                rows = [
                    {"of": file["path"], **{k: file[k] for k in ("sha256", "state", "reason")}}
                    for file in files
                ]
                await connection.execute(change, rows)
            await connection.execute(update(datasets).where(datasets.c.id == dataset).values(count=count))

    async def describe(self, dataset: str, spectra: Mapping[str, Mapping[str, Any]]) -> None:
        """Store what files say of their spectra, by path; name, class and object stay as they are.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        spectra : mapping
            Path to what the file says; name, class and object stay as they are.
        """
        of = ("wavelength_min", "wavelength_max", "points", "snr", "format", "assumed")
        change = update(_table).where(_table.c.dataset == dataset, _table.c.path == bindparam("of"))
        change = change.values({name: bindparam(f"to_{name}") for name in of})
        rows = [
            {"of": path} | {f"to_{name}": one.get(name, "" if name == "assumed" else None) for name in of}
            for path, one in spectra.items()
        ]
        if rows:
            async with self.database.write() as connection:
                await connection.execute(change, rows)

    async def relabel(self, dataset: str, changes: Sequence[tuple[int, *tuple[str | None, ...]]]) -> None:
        """Set label, group and instrument by number."""
        change = update(_table).where(_table.c.dataset == dataset, _table.c.number == bindparam("of"))
        rows = [dict(zip(("of", "label", "object_group", "instrument"), one, strict=True)) for one in changes]
        if rows:
            async with self.database.write() as connection:
                await connection.execute(change, rows)

    async def locate(self, dataset: str, positions: Sequence[tuple[str, float, float]]) -> None:
        """Set the position of all spectra of files.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        positions : sequence of (str, float, float)
            Path of a file; right ascension and declination in degrees, ICRS.
        """
        change = update(_table).where(_table.c.dataset == dataset, _table.c.path == bindparam("of"))
        rows = [{"of": path, "ra": ra, "dec": dec} for path, ra, dec in positions]
        if rows:
            async with self.database.write() as connection:
                await connection.execute(change, rows)


async def _repeated(
    connection: AsyncConnection, column: ColumnElement[Any], *conditions: ColumnElement[bool]
) -> tuple[int, int]:
    """Return how many values of a column occur more than once, and in how many rows."""
    rows = func.count().label("rows")
    found = select(rows).where(*conditions, column.is_not(None)).group_by(column).having(func.count() > 1)
    several = found.subquery()
    counted = select(func.count(), func.coalesce(func.sum(several.c.rows), 0))
    values, of_rows = (await connection.execute(counted.select_from(several))).one()
    return int(values), int(of_rows)


async def _counts(
    connection: AsyncConnection, column: ColumnElement[Any], mine: ColumnElement[bool]
) -> dict[str, int]:
    query = select(column, func.count()).where(mine, column.is_not(None)).group_by(column).order_by(column)
    return {str(value): count for value, count in (await connection.execute(query)).all()}


def _where(dataset: str, wanted: SpectrumFilter) -> list[ColumnElement[bool]]:
    where = [_table.c.dataset == dataset]
    if wanted.q:
        where.append(or_(within(_table.c.name, wanted.q), within(_table.c.path, wanted.q)))
    if wanted.label is not None:
        where.append(_table.c.label == wanted.label if wanted.label else _table.c.label.is_(None))
    return where


def _row(row: RowMapping) -> SpectrumRow:
    return SpectrumRow(**{name: row[name] for name in SpectrumRow.__dataclass_fields__})
