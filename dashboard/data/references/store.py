"""All SQL about the files of reference datasets, and about the cache."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, insert, or_, select, update

from dashboard.base import clock
from dashboard.data.dataset import AT_ARCHIVE, DataFile, FileState, Holding
from dashboard.data.store.allowance import Allow
from dashboard.database.engine import Database
from dashboard.database.tables import acquisitions, cached_files, dataset_files, datasets

AT_ONCE = 500  # values in one IN: SQLite takes few thousand variables
FILES = dataset_files.c


class Cached(NamedTuple):
    """A file that came into the cache: path in the dataset, hash and bytes."""

    path: str
    sha256: str
    size: int


class Link(NamedTuple):
    """A file of a dataset that is in the cache."""

    dataset: str
    path: str


class ReferenceRows:
    """Files that an archive has.

    Parameters
    ----------
    database : Database
        Open and migrated.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    async def after(self, dataset: str, path: str, size: int) -> list[DataFile]:
        """Return the next files of a dataset that an archive has, by path.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        path : str
            Only those that sort after it.
        size : int
            At most so many.
        """
        wanted = (FILES.dataset == dataset, FILES.state.in_(AT_ARCHIVE), FILES.path > path)
        query = select(dataset_files).where(*wanted).order_by(FILES.path).limit(size)
        return await self._files(query)

    async def named(self, dataset: str, paths: Sequence[str]) -> list[DataFile]:
        """Return those of these files of a dataset that an archive has.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        paths : sequence of str
            The files.
        """
        found: list[DataFile] = []
        for start in range(0, len(paths), AT_ONCE):
            some = FILES.path.in_(paths[start : start + AT_ONCE])
            wanted = (FILES.dataset == dataset, FILES.state.in_(AT_ARCHIVE), some)
            found += await self._files(select(dataset_files).where(*wanted))
        return found

    async def unavailable(self, dataset: str) -> dict[str, str]:
        """Return why files of a dataset are not here, by path."""
        query = select(FILES.path, FILES.reason).where(
            FILES.dataset == dataset, FILES.state == FileState.REFERENCE
        )
        async with self.database.read() as connection:
            rows = (await connection.execute(query)).all()
        return {path: reason or "it was not fetched from its archive" for path, reason in rows}

    async def source_of(self, acquisition: str) -> str | None:
        """Return the source of an acquisition; None: it was deleted."""
        query = select(acquisitions.c.source).where(acquisitions.c.id == acquisition)
        async with self.database.read() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def known(self, acquisition: str, records: Sequence[int]) -> dict[int, tuple[str, int]]:
        """Return hash and size of those records that are in the cache, by their number.

        Parameters
        ----------
        acquisition : str
            Whose records.
        records : sequence of int
            Their numbers.
        """
        query = (
            select(FILES.record, cached_files.c.sha256, cached_files.c.size)
            .join(cached_files, cached_files.c.sha256 == FILES.sha256)
            .where(
                FILES.acquisition == acquisition,
                FILES.record.in_(records),
                FILES.state == FileState.CACHED,
            )
        )
        async with self.database.read() as connection:
            rows = (await connection.execute(query)).all()
        return {number: (sha256, size) for number, sha256, size in rows}

    async def settle(self, dataset: str, cached: Sequence[Cached], failed: Mapping[str, str]) -> None:
        """Store which files of a dataset came into the cache, and why others did not.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        cached : sequence of Cached
            What came.
        failed : mapping
            Path to the reason.
        """
        now = clock.now()
        mine = update(dataset_files).where(
            FILES.dataset == dataset,
            FILES.path == bindparam("of_path"),
            or_(*(FILES.state == one for one in AT_ARCHIVE)),
        )
        async with self.database.write() as connection:
            if cached:
                contents = {one.sha256: one.size for one in cached}
                used = update(cached_files).where(cached_files.c.sha256.in_(contents)).values(used=now)
                there = set((await connection.execute(used.returning(cached_files.c.sha256))).scalars())
                new = [
                    {"sha256": sha256, "size": size, "fetched": now, "used": now}
                    for sha256, size in contents.items()
                    if sha256 not in there
                ]
                if new:
                    await connection.execute(insert(cached_files), new)
                values: dict[str, object] = {"state": FileState.CACHED, "reason": ""}
                values |= {"sha256": bindparam("to_sha256"), "size": bindparam("to_size")}
                rows = [{"of_path": p, "to_sha256": sha256, "to_size": size} for p, sha256, size in cached]
                await connection.execute(mine.values(values), rows)
            if failed:
                rows = [{"of_path": path, "to_reason": reason[:2000]} for path, reason in failed.items()]
                values = {"state": FileState.REFERENCE, "reason": bindparam("to_reason")}
                await connection.execute(mine.values(values), rows)

    async def touch(self, contents: Collection[str]) -> None:
        """Note that contents are used now."""
        query = update(cached_files).where(cached_files.c.sha256 == bindparam("of"))
        async with self.database.write() as connection:
            await connection.execute(query.values(used=clock.now()), [{"of": one} for one in contents])

    async def size(self) -> int:
        """Return the bytes in the cache."""
        async with self.database.read() as connection:
            return int(await connection.scalar(select(func.coalesce(func.sum(cached_files.c.size), 0))) or 0)

    async def size_of(self, dataset: str) -> int:
        """Return the bytes of a dataset's files in the cache."""
        query = select(func.coalesce(func.sum(FILES.size), 0))
        wanted = (FILES.dataset == dataset, FILES.state == FileState.CACHED)
        async with self.database.read() as connection:
            return int(await connection.scalar(query.where(*wanted)) or 0)

    async def contents(self) -> set[str]:
        """Return the hashes of all that is in the cache."""
        async with self.database.read() as connection:
            return set((await connection.execute(select(cached_files.c.sha256))).scalars())

    async def least_used(self, kept: Collection[str]) -> list[tuple[str, int]]:
        """Return hash and size of some contents, least recently used first, none of these datasets'."""
        holds = select(1).where(
            FILES.sha256 == cached_files.c.sha256,
            FILES.state == FileState.CACHED,
            FILES.dataset.in_(list(kept)),
        )
        query = select(cached_files.c.sha256, cached_files.c.size).order_by(
            cached_files.c.used, cached_files.c.sha256
        )
        async with self.database.read() as connection:
            rows = await connection.execute(query.where(~holds.exists()).limit(AT_ONCE))
            return [(sha256, size) for sha256, size in rows.all()]

    async def links(self, contents: Sequence[str]) -> list[Link]:
        """Return the files of datasets that have these contents in the cache."""
        query = select(FILES.dataset, FILES.path).where(
            FILES.sha256.in_(contents), FILES.state == FileState.CACHED
        )
        async with self.database.read() as connection:
            return [Link(*row) for row in (await connection.execute(query)).all()]

    async def drop(self, contents: Sequence[str]) -> None:
        """Forget that contents are in the cache; their hashes stay known."""
        gone = update(dataset_files).where(FILES.sha256.in_(contents), FILES.state == FileState.CACHED)
        async with self.database.write() as connection:
            await connection.execute(gone.values(state=FileState.REFERENCE))
            await connection.execute(delete(cached_files).where(cached_files.c.sha256.in_(contents)))

    async def release(self, dataset: str) -> list[str]:
        """Make all files of a dataset references without a known hash; return contents nobody else has."""
        mine = (FILES.dataset == dataset, FILES.state.in_(AT_ARCHIVE))
        held = (FILES.dataset == dataset, FILES.state == FileState.CACHED)
        other = dataset_files.alias("other")
        shared = select(1).where(
            other.c.sha256 == FILES.sha256, other.c.state == FileState.CACHED, other.c.dataset != dataset
        )
        async with self.database.write() as connection:
            query = select(FILES.sha256).where(*held, ~shared.exists()).distinct()
            alone = [str(one) for one in (await connection.execute(query)).scalars()]
            bare = {"state": FileState.REFERENCE, "sha256": None, "reason": ""}
            await connection.execute(update(dataset_files).where(*mine).values(bare))
            for start in range(0, len(alone), AT_ONCE):
                some = alone[start : start + AT_ONCE]
                await connection.execute(delete(cached_files).where(cached_files.c.sha256.in_(some)))
        return alone

    async def pin(self, dataset: str, paths: Sequence[str], allow: Allow) -> None:
        """Make cached files copies of the dataset's own; `allow` is called first in the transaction.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        paths : sequence of str
            Which.
        allow : callable
            Called first in the transaction; raises where they may not be.
        """
        mine = (FILES.dataset == dataset, FILES.path.in_(paths), FILES.state == FileState.CACHED)
        async with self.database.write() as connection:
            await allow(connection)
            change = update(dataset_files).where(*mine).values(state=FileState.READ).returning(FILES.size)
            size = sum((await connection.execute(change)).scalars())
            own = update(datasets).where(datasets.c.id == dataset)
            await connection.execute(own.values(bytes=datasets.c.bytes + size))

    async def unpin(self, dataset: str) -> None:
        """Make the copies of a dataset files of the cache again."""
        mine = (FILES.dataset == dataset, FILES.state == FileState.READ, FILES.acquisition.is_not(None))
        now = clock.now()
        there = select(1).where(cached_files.c.sha256 == FILES.sha256)
        async with self.database.write() as connection:
            query = select(FILES.sha256, func.max(FILES.size)).where(*mine, ~there.exists())
            rows = (await connection.execute(query.group_by(FILES.sha256))).all()
            new = [{"sha256": one, "size": size, "fetched": now, "used": now} for one, size in rows]
            if new:
                await connection.execute(insert(cached_files), new)
            await connection.execute(update(dataset_files).where(*mine).values(state=FileState.CACHED))
            own = update(datasets).where(datasets.c.id == dataset)
            await connection.execute(own.values(bytes=0, holding=Holding.REFERENCES, reason=""))

    async def counts(self, dataset: str) -> dict[str, tuple[int, int]]:
        """Return files that are here and their bytes, by state; as ``failed`` those that were not fetched."""
        here = (FILES.dataset == dataset, FILES.state.in_((FileState.CACHED, FileState.READ)))
        query = select(FILES.state, func.count(), func.sum(FILES.size)).where(*here).group_by(FILES.state)
        bad = (FILES.dataset == dataset, FILES.state == FileState.REFERENCE, FILES.reason != "")
        async with self.database.read() as connection:
            found = {
                state: (count, int(size or 0)) for state, count, size in (await connection.execute(query))
            }
            failed = await connection.scalar(select(func.count()).select_from(dataset_files).where(*bad))
        return {**found, "failed": (failed or 0, 0)}

    async def last_fetch(self, dataset: str) -> str | None:
        """Return when a file of a dataset that is in the cache was last fetched."""
        query = (
            select(func.max(cached_files.c.fetched))
            .join(dataset_files, FILES.sha256 == cached_files.c.sha256)
            .where(FILES.dataset == dataset)
        )
        async with self.database.read() as connection:
            found = await connection.scalar(query)
        return None if found is None else str(found)

    async def _files(self, query: object) -> list[DataFile]:
        async with self.database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()  # type: ignore[call-overload]
        names = DataFile.__dataclass_fields__
        return [DataFile(**{n: row[n] for n in names} | {"state": FileState(row["state"])}) for row in rows]
