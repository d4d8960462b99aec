"""A label service over a dataset of ten spectra, without a platform."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update

from dashboard.auth.identity import Identity, Role
from dashboard.base import clock
from dashboard.base.events import Live
from dashboard.base.ownership import Visibility
from dashboard.data.service import DataService
from dashboard.database.engine import Database
from dashboard.database.tables import dataset_files, dataset_spectra, datasets
from dashboard.labels.event import EventKind, NewEvent
from dashboard.labels.label_set import LabelSet
from dashboard.labels.service import LabelService
from dashboard.settings import DataSettings
from tests.unit.dashboard.data.making import Threads
from tests.unit.dashboard.migrated import migrated_database

PROJECT = "stars"
USER = frozenset({Role.USER})
ANNA = Identity("anna", USER, frozenset({PROJECT}))
BORIS = Identity("boris", USER, frozenset({PROJECT}))
CLARA = Identity("clara", USER)
CLASSES = ("other", "single", "double")


@dataclass
class Labelling:
    """What the tests use: a label set of anna's that boris labels, too."""

    database: Database
    service: LabelService
    label_set: LabelSet
    live: Live

    @property
    def id(self) -> str:
        return self.label_set.id

    async def label(self, row: int, label: str, who: Identity = ANNA, **more: str) -> str:
        """Give a label, and return its key."""
        key = f"{who.user}-{row}-{label}-{clock.now()}"
        event = NewEvent(key, EventKind.LABEL, row, label, **more)
        done = await self.service.append(self.id, [event], who)
        assert done.stored == (key,), done
        return key

    async def move(self, changes: dict[int, str]) -> None:
        """Give files other paths, as if they had been renamed and read again."""
        async with self.database.write() as connection:
            for number, path in changes.items():
                for table, key in (
                    (dataset_files, dataset_files.c.path == f"{number}.csv"),
                    (dataset_spectra, dataset_spectra.c.number == number),
                ):
                    mine = update(table).where(table.c.dataset == self.label_set.dataset, key)
                    await connection.execute(mine.values(path=path))

    async def remove(self, *numbers: int) -> None:
        """Let spectra leave the dataset."""
        async with self.database.write() as connection:
            gone = dataset_spectra.c.number.in_(numbers)
            await connection.execute(delete(dataset_spectra).where(gone))


@contextlib.asynccontextmanager
async def labelling_in(database: Database, folder: Path) -> AsyncIterator[Labelling]:
    """Return a label service over a migrated database, which is closed afterwards."""
    live = Live()
    data = DataService(database, live, folder / "data", DataSettings(), processes=Threads)
    await _add_dataset(database)
    service = LabelService(database, live, data)
    made = await service.create("Be stars", "ten", CLASSES, ANNA, project=PROJECT)
    yield Labelling(database, service, made, live)
    await data.stop()
    await database.close()


@pytest.fixture
async def labelling(tmp_path: Path) -> AsyncIterator[Labelling]:
    file = tmp_path / "test.sqlite"
    file.write_bytes(migrated_database())
    async with labelling_in(Database(f"sqlite:///{file}"), tmp_path) as made:
        yield made


async def _add_dataset(database: Database) -> None:
    row = {
        "id": "ten",
        "name": "ten stars",
        "owner": ANNA.user,
        "visibility": Visibility.PROJECT,
        "project": PROJECT,
        "created": clock.now(),
        "state": "ready",
        "kind": "spectra",
        "count": 10,
        "formats": {},
        "classes": {},
    }
    async with database.write() as connection:
        await connection.execute(insert(datasets).values(row))
        for number in range(10):
            path = f"{number}.csv"
            file = {"dataset": "ten", "path": path, "size": 1, "state": "read", "sha256": f"{number:064}"}
            await connection.execute(insert(dataset_files).values(file))
            spectrum = {"dataset": "ten", "number": number, "path": path, "name": f"star {number}"}
            await connection.execute(insert(dataset_spectra).values(spectrum))
