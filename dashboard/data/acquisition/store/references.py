"""All SQL that makes a reference dataset of the records of an acquisition."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Integer, String, cast, func, insert, literal, null, select, update

from dashboard.data.acquisition.acquisition import RecordState
from dashboard.data.dataset import AT_ARCHIVE, FileState
from dashboard.database.engine import Database
from dashboard.database.tables import acquisition_records, dataset_files, dataset_spectra

AT_ONCE = 20_000  # records of one transaction: other writers wait for it
RECORDS = acquisition_records.c


class ReferenceListing:
    """Turns queued records into rows of a dataset, in the database alone.

    Parameters
    ----------
    database : Database
        Open and migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def some(self, acquisition: str, dataset: str) -> int:
        """Make rows of the next queued records; return how many. A crash loses none, and doubles none.

        Parameters
        ----------
        acquisition : str
            Whose records.
        dataset : str
            The dataset that will point at them.

        Returns
        -------
        int
            How many; a crash loses none, and doubles none.
        """
        queued = (RECORDS.acquisition == acquisition, RECORDS.state == RecordState.QUEUED)
        async with self._database.write() as connection:
            ends = select(RECORDS.number).where(*queued).order_by(RECORDS.number).limit(AT_ONCE).subquery()
            last, count = (await connection.execute(select(func.max(ends.c.number), func.count()))).one()
            if not count:
                return 0
            wanted = (*queued, RECORDS.number <= last)
            first = select(func.coalesce(func.max(dataset_spectra.c.number) + 1, 0))
            number = await connection.scalar(first.where(dataset_spectra.c.dataset == dataset))
            files = select(
                literal(dataset),
                RECORDS.path,
                func.coalesce(RECORDS.size, 0),
                literal(str(FileState.REFERENCE)),
                literal(""),
                RECORDS.acquisition,
                RECORDS.number,
            ).where(*wanted)
            into = ["dataset", "path", "size", "state", "reason", "acquisition", "record"]
            await connection.execute(insert(dataset_files).from_select(into, files))
            name = func.coalesce(func.nullif(RECORDS.title, ""), RECORDS.name)
            spectra = select(
                literal(dataset),
                cast(func.row_number().over(order_by=RECORDS.number) - 1 + int(number or 0), Integer),
                RECORDS.path,
                name,
                func.nullif(RECORDS.label, ""),
                func.nullif(RECORDS.object, ""),
                cast(null(), String),
                literal(""),
                literal(""),
                RECORDS.ra,
                RECORDS.dec,
            ).where(*wanted)
            into = ["dataset", "number", "path", "name", "label", "object_group", "instrument"]
            into += ["format", "assumed", "ra", "dec"]
            await connection.execute(
                insert(dataset_spectra).from_select(into, spectra.order_by(RECORDS.number))
            )
            done = update(acquisition_records).where(*wanted).values(state=RecordState.REFERENCED)
            await connection.execute(done)
        return int(count)

    async def pointing_at(self, acquisitions_of: Sequence[str]) -> int:
        """Return how many datasets point at records of acquisitions."""
        query = select(func.count(dataset_files.c.dataset.distinct())).where(
            dataset_files.c.acquisition.in_(acquisitions_of), dataset_files.c.state.in_(AT_ARCHIVE)
        )
        async with self._database.read() as connection:
            return int(await connection.scalar(query) or 0)
