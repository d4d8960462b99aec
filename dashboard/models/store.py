"""All SQL about models, and their folders ``<home>/models/{model}/``."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.auth.identity import SYSTEM, Identity
from dashboard.auth.policy import Action, Resource, authorize, sees, visible
from dashboard.base import clock
from dashboard.base.errors import Conflict, NotFound
from dashboard.base.events import Live
from dashboard.base.ids import new_identifier
from dashboard.base.ownership import Ownership, Visibility
from dashboard.base.paging import Page
from dashboard.database.engine import Database
from dashboard.database.list_order import Keys, in_any_case, ordering_by, within
from dashboard.database.tables import models

DeployedCheck = Callable[[str], Awaitable[list[str]]]
JobsCheck = Callable[[AsyncConnection, str], Awaitable[list[str]]]
SORTS: Keys = {
    "created": models.c.created,
    "name": in_any_case(models.c.name),
    "module": models.c.module,
    "dataset": in_any_case(models.c.input["name"].as_string()),
    "size": models.c.size,
}
BELOW = "model/"  # where a job leaves its model, below out/
# A link to the job's file costs no room; where the file system or its rules reject one, the file is copied.
NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.EACCES})


@dataclass(frozen=True)
class Model:
    """A row of `models`; lineage is in `job`, `dataset` and `input` (the training set as it was)."""

    id: str
    name: str
    owner: str
    job: str | None
    dataset: str | None
    module: str
    module_version: str
    image: str
    card: Mapping[str, Any]
    classes: list[str] | None
    metrics: Mapping[str, Any] | None
    input: Mapping[str, Any]
    sha256: str
    size: int
    created: str
    visibility: str = Visibility.PRIVATE
    project: str | None = None

    @property
    def ownership(self) -> Ownership:
        """Its owner, and who else sees it."""
        return Ownership(self.owner, Visibility(self.visibility), self.project)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class ModelFile:
    """A file of a model that a job wrote; `path` is below the job's ``out/``."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class NewModel:
    """The record of a model, besides its files.

    Attributes
    ----------
    card : Mapping
        ``model.json``.
    input : Mapping
        The training set as it was: name, sha256, synthetic, count.
    """

    id: str
    name: str
    owner: str
    job: str
    dataset: str | None
    module: str
    module_version: str
    image: str
    card: Mapping[str, Any]
    metrics: Mapping[str, Any]
    input: Mapping[str, Any]


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
        self._folder = folder
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
        return self._folder / model

    def announce(self, model: str, owner: str) -> None:
        """Publish that there is a new model."""
        self._live.publish("models", "created", {"model": model}, Ownership(owner))

    async def rename(self, model: str, name: str) -> Model:
        """Change the displayed name of a model."""
        async with self._database.write() as connection:
            await connection.execute(update(models).where(models.c.id == model).values(name=name))
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
        await asyncio.to_thread(shutil.rmtree, self.folder(model), ignore_errors=True)

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
        await asyncio.to_thread(self._settle, model.id, out, files)
        lines = "".join(f"{part.sha256}  {part.path.removeprefix(BELOW)}\n" for part in files)
        classes = model.card.get("classes")
        return {
            **vars(model),  # shallow: the card is the module's own, of any depth
            "classes": [str(name) for name in classes] if isinstance(classes, list) else None,
            "sha256": hashlib.sha256(lines.encode()).hexdigest(),
            "size": sum(part.size for part in files),
            "created": clock.now(),
        }

    def _settle(self, model: str, out: Path, files: Sequence[ModelFile]) -> None:
        """Put the files in place, by rename.

        A supervisor that was stopped in the middle of it may go on when another has done it: so what is in
        place is never taken away by somebody who has the same to put there.
        """
        new = self._folder / f".{model}.{new_identifier()}"
        new.mkdir(parents=True)
        for part in files:
            to = new / part.path.removeprefix(BELOW)
            to.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(out / part.path, to, follow_symlinks=False)
            except OSError as error:
                if error.errno not in NO_LINK:
                    raise
                shutil.copyfile(out / part.path, to, follow_symlinks=False)
        final = self.folder(model)
        if not _holds(final, files):
            shutil.rmtree(final, ignore_errors=True)
            new.rename(final)
        for left in self._folder.glob(f".{model}.*"):
            shutil.rmtree(left, ignore_errors=True)


def _holds(folder: Path, files: Sequence[ModelFile]) -> bool:
    """Whether all files of the model are in place."""
    wanted = {part.path.removeprefix(BELOW): part.size for part in files}
    found = {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
    }
    return folder.is_dir() and found == wanted
