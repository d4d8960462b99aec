"""All SQL about the files of datasets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from sqlalchemy import RowMapping, delete, func, insert, select, update

from dashboard.base.errors import Conflict
from dashboard.data.dataset import AT_ARCHIVE, DataFile, DatasetState, FileState
from dashboard.database.engine import Database
from dashboard.database.tables import dataset_files, datasets

AT_ONCE = 1000


class FileRows:
    """Files of datasets, with what was said about each when it was read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, dataset: str, path: str, size: int, sha256: str | None) -> DataFile:
        """Record a complete file in place of the one of its path; the dataset is in upload again.

        Raises
        ------
        Conflict
            If the dataset is gone or its files are being read.
        """
        file = DataFile(path, size, sha256, FileState.UPLOADED, "")
        await self.put_complete(dataset, [file])
        return file

    async def put_many(self, dataset: str, files: Sequence[DataFile]) -> None:
        """Record many new files at once (a folder from disk); indexing adds their hashes."""
        async with self._database.write() as connection:
            await connection.execute(
                insert(dataset_files), [{"dataset": dataset, **file.to_json()} for file in files]
            )
            change = update(datasets).where(datasets.c.id == dataset)
            await connection.execute(change.values(bytes=datasets.c.bytes + sum(file.size for file in files)))

    async def put_complete(self, dataset: str, files: Sequence[DataFile]) -> None:
        """Record complete files, each in place of the one of its path; the dataset is in upload again.

        Raises
        ------
        Conflict
            If the dataset is gone or its files are being read.
        """
        paths = [file.path for file in files]
        async with self._database.write() as connection:
            free = update(datasets).where(datasets.c.id == dataset, datasets.c.state != DatasetState.INDEXING)
            changed = await connection.execute(
                free.values(state=DatasetState.UPLOADING, reason="", sha256=None)
            )
            if changed.rowcount != 1:
                raise Conflict(
                    "The dataset was deleted, or its files are being read; wait until it is ready."
                )
            old = delete(dataset_files).where(
                dataset_files.c.dataset == dataset, dataset_files.c.path.in_(paths)
            )
            before = (await connection.execute(old.returning(dataset_files.c.size))).scalars().all()
            await connection.execute(
                insert(dataset_files), [{"dataset": dataset, **file.to_json()} for file in files]
            )
            more = datasets.c.bytes + (sum(file.size for file in files) - sum(before))
            await connection.execute(update(datasets).where(datasets.c.id == dataset).values(bytes=more))

    async def forget_reading(self, dataset: str) -> None:
        """Make every file unread, and count no spectrum: the next reading starts from the beginning."""
        mine = update(dataset_files).where(dataset_files.c.dataset == dataset)
        async with self._database.write() as connection:
            await connection.execute(mine.values(state=FileState.UPLOADED, reason=""))
            await connection.execute(update(datasets).where(datasets.c.id == dataset).values(count=0))

    async def note(self, dataset: str, path: str, reason: str) -> None:
        """Write the reason of a file.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        path : str
            The file.
        reason : str
            What is to be said about it; empty: nothing.
        """
        mine = (dataset_files.c.dataset == dataset, dataset_files.c.path == path)
        async with self._database.write() as connection:
            await connection.execute(update(dataset_files).where(*mine).values(reason=reason))

    async def get(self, dataset: str, path: str) -> DataFile | None:
        """Return one file, or None."""
        query = select(dataset_files).where(dataset_files.c.dataset == dataset, dataset_files.c.path == path)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else _file(row)

    async def find(
        self, dataset: str, after: str = "", size: int = AT_ONCE, state: FileState | None = None
    ) -> list[DataFile]:
        """Return files of a dataset, by path.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        after : str
            Only files whose path sorts after this one.
        size : int
            The most files.
        state : FileState, optional
            Only files in this state; None: in any.

        Returns
        -------
        list of DataFile
            In the order of their paths.
        """
        query = select(dataset_files).where(dataset_files.c.dataset == dataset, dataset_files.c.path > after)
        if state is not None:
            query = query.where(dataset_files.c.state == state)
        async with self._database.read() as connection:
            rows = (
                (await connection.execute(query.order_by(dataset_files.c.path).limit(size))).mappings().all()
            )
        return [_file(row) for row in rows]

    async def all(self, dataset: str) -> AsyncIterator[DataFile]:
        """Yield all files, by path, without holding a transaction."""
        after = ""
        while found := await self.find(dataset, after):
            for file in found:
                yield file
            after = found[-1].path

    async def noted(self, dataset: str, size: int = 100) -> list[DataFile]:
        """Return the first files that were read with a reason (some of their spectra were rejected)."""
        query = select(dataset_files).where(
            dataset_files.c.dataset == dataset,
            dataset_files.c.state == FileState.READ,
            dataset_files.c.reason != "",
        )
        async with self._database.read() as connection:
            rows = (
                (await connection.execute(query.order_by(dataset_files.c.path).limit(size))).mappings().all()
            )
        return [_file(row) for row in rows]

    async def expected_bytes(self, dataset: str) -> int:
        """Return the bytes of the files of a dataset that an archive has, as far as they are known."""
        mine = (dataset_files.c.dataset == dataset, dataset_files.c.state.in_(AT_ARCHIVE))
        async with self._database.read() as connection:
            total = select(func.coalesce(func.sum(dataset_files.c.size), 0)).where(*mine)
            return int(await connection.scalar(total) or 0)

    async def bytes_of(self, dataset: str, paths: Sequence[str]) -> int:
        """Return the bytes of some files of a dataset that are here; at most `AT_ONCE`.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        paths : sequence of str
            At most `AT_ONCE`.
        """
        here = dataset_files.c.state.in_((FileState.CACHED, FileState.READ))
        mine = (dataset_files.c.dataset == dataset, dataset_files.c.path.in_(paths), here)
        async with self._database.read() as connection:
            total = select(func.coalesce(func.sum(dataset_files.c.size), 0)).where(*mine)
            return int(await connection.scalar(total) or 0)

    async def count(self, dataset: str) -> Mapping[FileState, int]:
        """Return how many files are in each state."""
        query = (
            select(dataset_files.c.state, func.count())
            .where(dataset_files.c.dataset == dataset)
            .group_by(dataset_files.c.state)
        )
        async with self._database.read() as connection:
            return {FileState(state): count for state, count in (await connection.execute(query)).all()}


def _file(row: RowMapping) -> DataFile:
    return DataFile(**{n: row[n] for n in DataFile.__dataclass_fields__} | {"state": FileState(row["state"])})
