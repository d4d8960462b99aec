"""All SQL about models."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.auth.identity import SYSTEM, Identity
from dashboard.auth.policy import Action, Resource, authorize, sees, visible
from dashboard.base import clock
from dashboard.base.errors import Conflict, NotFound
from dashboard.base.events import Live
from dashboard.base.ownership import Ownership
from dashboard.base.paging import Page
from dashboard.database.engine import Database
from dashboard.database.list_order import Keys, in_any_case, ordering_by, within
from dashboard.database.tables import models
from dashboard.models.folders import ModelFolders
from dashboard.models.model import BELOW, Model, ModelFile, NewModel

DeployedCheck = Callable[[str], Awaitable[list[str]]]
JobsCheck = Callable[[AsyncConnection, str], Awaitable[list[str]]]
SORTS: Keys = {
    "created": models.c.created,
    "name": in_any_case(models.c.name),
    "module": models.c.module,
    "dataset": in_any_case(models.c.input["name"].as_string()),
    "size": models.c.size,
}


async def record_model(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Insert the row that `ModelStore.keep` returned, inside the transaction that ends the job."""
    await connection.execute(insert(models).values(dict(row)))


async def _nowhere(_model: str) -> list[str]:
    return []


async def _no_jobs(_connection: AsyncConnection, _model: str) -> list[str]:
    return []


class ModelStore:
    """Models that finished jobs made.

    Parameters
    ----------
    database : Database
        Open and migrated.
    live : Live
        Told of new and deleted models.
    folder : Path
        ``<home>/models``.
    jobs_using : callable
        Returns the jobs that use a model now; called inside the transaction that deletes the model.
    deployed : callable
        Returns the names of the deployments that use a model.
    """

    def __init__(
        self,
        database: Database,
        live: Live,
        folder: Path,
        jobs_using: JobsCheck = _no_jobs,
        deployed: DeployedCheck = _nowhere,
    ) -> None:
        self._database = database
        self._jobs_using = jobs_using
        self._live = live
        self._folders = ModelFolders(folder)
        self.deployed = deployed

    async def get(self, model: str, identity: Identity = SYSTEM, action: Action = Action.READ) -> Model:
        """Return one model that an identity may read.

        Parameters
        ----------
        model : str
            Id.
        identity : Identity
            Who asks; the default is for the platform itself.
        action : Action
            What the identity is about to do.

        Raises
        ------
        NotFound
            If there is no such model, or the identity may not see it.
        Denied
            If the identity may see it, but not do this.
        """
        async with self._database.read() as connection:
            row = (
                (await connection.execute(select(models).where(models.c.id == model)))
                .mappings()
                .one_or_none()
            )
        if row is None:
            raise NotFound(f"There is no model {model}; it may have been deleted.")
        found = Model(**row)
        authorize(identity, action, Resource("model", model, found.ownership))
        return found

    async def list(
        self,
        module: str = "",
        q: str = "",
        sort: str = "-created",
        page: int = 1,
        size: int = 50,
        *,
        identity: Identity,
    ) -> Page[Model]:
        """Return one page of models.

        Parameters
        ----------
        module : str
            Only models of this module; empty: of all.
        q : str
            Words that each stand in the id, the name or the module.
        sort : str
            One of `SORTS`; with ``-`` before it: descending.
        page : int
            Number of the page, from 1.
        size : int
            Models on a page, at most 1000.
        identity : Identity
            Who asks; models that the identity may not see are left out.

        Returns
        -------
        Page[Model]
            The models of the page, and how many there are in all.

        Raises
        ------
        Invalid
            If the list cannot be sorted by that.
        """
        conditions = [visible(identity, models.c), *([models.c.module == module] if module else [])]
        for word in q.split():
            looked = (models.c.id, models.c.name, models.c.module)
            conditions.append(or_(*(within(column, word) for column in looked)))
        page, size = max(page, 1), min(max(size, 1), 1000)
        query = select(models).where(*conditions).order_by(*ordering_by(SORTS, sort), models.c.id.desc())
        async with self._database.read() as connection:
            rows = (await connection.execute(query.limit(size).offset((page - 1) * size))).mappings().all()
            counted = select(func.count()).select_from(models).where(*conditions)
            total = (await connection.execute(counted)).scalar_one()
        return Page([Model(**row) for row in rows], total, page, size)

    async def of_job(self, job: str, identity: Identity = SYSTEM) -> Model | None:
        """Return the model that a job made; None where there is none that the identity may see."""
        async with self._database.read() as connection:
            row = (
                (await connection.execute(select(models).where(models.c.job == job))).mappings().one_or_none()
            )
        found = Model(**row) if row else None
        return found if found and sees(identity, found.ownership) else None

    def folder(self, model: str) -> Path:
        """Return the model's folder (to be mounted read-only)."""
        return self._folders.of(model)

    def announce(self, model: str, owner: str) -> None:
        """Publish that there is a new model."""
        self._live.publish("models", "created", {"model": model}, Ownership(owner))

    async def rename(self, model: str, name: str) -> Model:
        """Change the displayed name of a model."""
        async with self._database.write() as connection:
            await connection.execute(update(models).where(models.c.id == model).values(name=name))
        return await self.get(model)

    async def write_card(
        self, model: str, prose: Mapping[str, str], aliases: Sequence[str], identity: Identity
    ) -> Model:
        """Write what people say of a model, and give it its aliases.

        Parameters
        ----------
        model : str
            The model's id.
        prose : mapping
            The whole of it.
        aliases : sequence of str
            All of them; other models of its owner and module lose them.
        identity : Identity
            Who writes.

        Raises
        ------
        NotFound, Denied
            If the identity may not see the model; if it may see it, but not change it.
        """
        found = await self.get(model, identity, Action.CHANGE)
        alike = (models.c.owner == found.owner, models.c.module == found.module, models.c.id != model)
        async with self._database.write() as connection:
            if aliases:
                rows = (await connection.execute(select(models.c.id, models.c.aliases).where(*alike))).all()
                for other, held in rows:
                    kept = [name for name in held if name not in aliases]
                    if kept != held:
                        change = update(models).where(models.c.id == other).values(aliases=kept)
                        await connection.execute(change)
            values = {"prose": dict(prose), "aliases": list(aliases)}
            await connection.execute(update(models).where(models.c.id == model).values(values))
        self._live.publish("models", "changed", {"model": model}, found.ownership)
        return await self.get(model)

    async def delete(self, model: str, identity: Identity) -> None:
        """Delete a model, its folder last.

        Parameters
        ----------
        model : str
            The model's id.
        identity : Identity
            Who deletes it.

        Raises
        ------
        Conflict
            If it is deployed, or a job that has not ended needs it; named in the message.
        NotFound, Denied
            If the identity may not see the model; if it may see it, but not delete it.
        """
        found = await self.get(model, identity, Action.DELETE)
        if used := await self.deployed(model):
            raise Conflict(f"The model is deployed as {', '.join(used)}: delete the deployment first.")
        async with self._database.write() as connection:
            if waiting := await self._jobs_using(connection, model):
                raise Conflict(f"The model is asked by {', '.join(waiting)}: abort that first.")
            await connection.execute(delete(models).where(models.c.id == model))
        self._live.publish("models", "deleted", {"model": model}, found.ownership)
        await asyncio.to_thread(self._folders.remove, model)

    async def keep(self, model: NewModel, out: Path, files: Sequence[ModelFile]) -> dict[str, Any]:
        """Store the files of a job's model; a repetition after a crash has the same result.

        Parameters
        ----------
        model : NewModel
            What is to be recorded; its id follows from the job's.
        out : Path
            The attempt's ``out/``.
        files : sequence of ModelFile
            The files below ``out/model/``.

        Returns
        -------
        dict
            The row, for `record_model` in the transaction that ends the job.

        Raises
        ------
        OSError
            If the files cannot be written.
        """
        files = sorted(files, key=lambda part: part.path)
        await asyncio.to_thread(self._folders.settle, model.id, out, files)
        lines = "".join(f"{part.sha256}  {part.path.removeprefix(BELOW)}\n" for part in files)
        classes = model.card.get("classes")
        return {
            **vars(model),  # shallow: the card is the module's own, of any depth
            "classes": [str(name) for name in classes] if isinstance(classes, list) else None,
            "sha256": hashlib.sha256(lines.encode()).hexdigest(),
            "size": sum(part.size for part in files),
            "created": clock.now(),
        }
