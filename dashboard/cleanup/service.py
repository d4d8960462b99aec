"""What is stored by whom, and what nobody refers to."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Select, or_, select

from dashboard.auth.identity import SYSTEM, Identity
from dashboard.auth.policy import Action, Resource, authorize
from dashboard.backup.orphans import YOUNGEST_S, orphans
from dashboard.base import clock
from dashboard.base.errors import ServiceError
from dashboard.data.dataset import DatasetState
from dashboard.data.service import DataService
from dashboard.database.engine import Database
from dashboard.database.tables import acquisitions, datasets, jobs, label_sets, learning_sessions, models
from dashboard.models.store import ModelStore
from dashboard.quotas.measure import OWNER, Scope, sizes
from deploy.model.tables import deployment_versions

ADMINISTRATION = Resource("administration")
FOLDER, DATASET, MODEL = "folder", "dataset", "model"
DAY_S = 86_400
SETTLED = (DatasetState.READY, DatasetState.ERROR)  # neither sent nor read now
USED = "somebody refers to it now, or it is not there any more"


@dataclass(frozen=True)
class Leftover:
    """Something that nobody refers to.

    Attributes
    ----------
    kind : str
        ``folder`` below the home, without a row; ``dataset``; ``model``.
    id, owner, name : str
        What it is; a folder has no owner.
    bytes : int
        Its size.
    changed : str
        When it was made, or changed last.
    reason : str
        Why it is listed, or why it was not deleted.
    """

    kind: str
    id: str
    owner: str
    name: str
    bytes: int
    changed: str
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


class CleanUp:
    """Lists what is stored, and deletes what nobody refers to.

    Parameters
    ----------
    database : Database
        Open and migrated.
    home : Path
        The home folder.
    data : DataService
        Deletes datasets.
    model_store : ModelStore
        Deletes models.
    """

    def __init__(self, database: Database, home: Path, data: DataService, model_store: ModelStore) -> None:
        self._database = database
        self._home = home
        self._data = data
        self._models = model_store

    async def stored(self, identity: Identity) -> list[dict[str, Any]]:
        """Return the bytes of each person by kind, the largest first; for administrators, else `Denied`."""
        authorize(identity, Action.CHANGE, ADMINISTRATION)
        async with self._database.read() as connection:
            found = await sizes(connection, Scope(OWNER))
        rows = [{"name": name, "kinds": kinds, "bytes": sum(kinds.values())} for name, kinds in found.items()]
        return sorted(rows, key=lambda row: (-row["bytes"], row["name"]))

    async def leftovers(self, identity: Identity, days: int) -> list[Leftover]:
        """Return what nobody refers to, the largest first; nothing is changed.

        Parameters
        ----------
        identity : Identity
            An administrator.
        days : int
            Datasets and models must be so old; folders an hour, as they may be of something that begins;
            uploads that were not finished a day at least.

        Raises
        ------
        Denied
            If the identity is none.
        """
        authorize(identity, Action.CHANGE, ADMINISTRATION)
        before = clock.after(-days * DAY_S)
        found = [*await self._folders(), *await self._datasets(before), *await self._lone_models(before)]
        found += await self._unfinished(min(before, clock.after(-DAY_S)))
        return sorted(found, key=lambda one: (-one.bytes, one.kind, one.id))

    async def delete(
        self, identity: Identity, named: Sequence[tuple[str, str]]
    ) -> tuple[list[Leftover], list[Leftover]]:
        """Delete things of the list; each is checked again.

        Parameters
        ----------
        identity : Identity
            An administrator.
        named : sequence of tuple
            Kind and id of each.

        Returns
        -------
        tuple of list
            What was deleted, and what was kept with the reason.

        Raises
        ------
        Denied
            If the identity is none.
        """
        listed = {(one.kind, one.id): one for one in await self.leftovers(identity, 0)}
        deleted, kept = [], []
        for kind, name in dict.fromkeys(named):
            found = listed.get((kind, name))
            if found is None:
                kept.append(Leftover(kind, name, "", "", 0, clock.now(), USED))
                continue
            try:
                await self._delete(found)
            except (ServiceError, OSError) as error:
                kept.append(replace(found, reason=str(error)))
            else:
                deleted.append(found)
        return deleted, kept

    async def _delete(self, found: Leftover) -> None:
        if found.kind == DATASET:
            await self._data.delete(found.id, SYSTEM)  # `Conflict` where a job began to use it
        elif found.kind == MODEL:
            await self._models.delete(found.id, SYSTEM)
        else:
            await asyncio.to_thread(shutil.rmtree, self._home / found.id)

    async def _folders(self) -> list[Leftover]:
        paths = [path async for path in orphans(self._home, self._database)]
        found = await asyncio.to_thread(lambda: [_measured(self._home, path) for path in paths])
        return [one for one in found if one is not None]

    async def _datasets(self, before: str) -> list[Leftover]:
        """Return datasets on which nothing was trained or predicted, and that nobody labelled or shares."""
        used = select(jobs.c.id).where(jobs.c.dataset == datasets.c.id).exists()
        taught = select(models.c.id).where(models.c.dataset == datasets.c.id).exists()
        labelled = select(label_sets.c.id).where(label_sets.c.dataset == datasets.c.id).exists()
        learnt = select(learning_sessions.c.id).where(learning_sessions.c.dataset == datasets.c.id).exists()
        query = select(datasets).where(
            ~used,
            ~taught,
            ~labelled,
            ~learnt,
            datasets.c.created < before,
            datasets.c.state.in_(SETTLED),
            datasets.c.visibility == "private",
        )
        reason = "no job, model, label set or learning session uses it, and it is private"
        return await self._datasets_of(query, reason)

    async def _unfinished(self, before: str) -> list[Leftover]:
        """Return datasets whose upload began long ago, and was never finished."""
        fetched = select(acquisitions.c.id).where(acquisitions.c.dataset == datasets.c.id).exists()
        query = select(datasets).where(
            datasets.c.state == DatasetState.UPLOADING, datasets.c.created < before, ~fetched
        )
        return await self._datasets_of(query, "its upload was never finished")

    async def _datasets_of(self, query: Select[Any], reason: str) -> list[Leftover]:
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [
            Leftover(DATASET, row["id"], row["owner"], row["name"], row["bytes"], row["created"], reason)
            for row in rows
        ]

    async def _lone_models(self, before: str) -> list[Leftover]:
        """Return models whose job was deleted, that are not deployed, and that no job uses."""
        trained = select(jobs.c.id).where(jobs.c.id == models.c.job).exists()
        used = select(jobs.c.id).where(jobs.c.model == models.c.id).exists()
        deployed = select(deployment_versions.c.model).where(deployment_versions.c.model == models.c.id)
        query = select(models).where(
            or_(models.c.job.is_(None), ~trained),
            ~used,
            ~deployed.exists(),
            models.c.created < before,
            models.c.visibility == "private",
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        reason = "its job was deleted, no deployment and no job uses it, and it is private"
        return [
            Leftover(MODEL, row["id"], row["owner"], row["name"], row["size"], row["created"], reason)
            for row in rows
        ]


def _measured(home: Path, path: str) -> Leftover | None:
    """Return a folder with its size; None where it is young, or gone."""
    folder = home / path
    try:
        changed = folder.stat().st_mtime
        size = sum(one.lstat().st_size for one in folder.rglob("*") if not one.is_dir())
    except OSError:
        return None
    if time.time() - changed < YOUNGEST_S:
        return None
    return Leftover(
        FOLDER, path, "", path, size, clock.of_seconds(changed), "the database knows nothing of it"
    )
