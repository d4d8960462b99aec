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

from sqlalchemy import delete, func, or_, select, update

from dashboard.auth.identity import Identity
from dashboard.base import clock
from dashboard.base.errors import Conflict, Invalid, NotFound
from dashboard.base.events import Live
from dashboard.base.ids import new_identifier
from dashboard.base.paging import Page
from dashboard.database.engine import Database
from dashboard.database.tables import jobs, models
from dashboard.jobs.folder.results import JobResults
from dashboard.jobs.job import LIVE, Artefact, Job
from dashboard.jobs.store.row_mapping import job_of

DeployedCheck = Callable[[str], Awaitable[list[str]]]
BELOW = "model/"  # where a job leaves its model, below out/
# A link to the job's file costs no room; where the file system or its rules refuse one, the file is copied.
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

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


async def _nowhere(_model: str) -> list[str]:
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

    Attributes
    ----------
    deployed : callable
        Returns the names of the deployments that use a model; set by the deployments' service.
    """

    def __init__(self, database: Database, live: Live, folder: Path) -> None:
        self._database = database
        self._live = live
        self._folder = folder
        self.deployed: DeployedCheck = _nowhere

    async def get(self, model: str) -> Model:
        """Return one; `NotFound`."""
        async with self._database.read() as connection:
            row = (
                (await connection.execute(select(models).where(models.c.id == model)))
                .mappings()
                .one_or_none()
            )
        if row is None:
            raise NotFound(f"There is no model {model}; it may have been deleted.")
        return Model(**row)

    async def list(self, module: str = "", q: str = "", page: int = 1, size: int = 50) -> Page[Model]:
        """Return one page, newest first."""
        conditions = [models.c.module == module] if module else []
        for word in q.split():
            looked = (models.c.id, models.c.name, models.c.module)
            conditions.append(or_(*(column.icontains(word, autoescape=True) for column in looked)))
        page, size = max(page, 1), min(max(size, 1), 1000)
        query = select(models).where(*conditions).order_by(models.c.created.desc(), models.c.id.desc())
        async with self._database.read() as connection:
            rows = (await connection.execute(query.limit(size).offset((page - 1) * size))).mappings().all()
            counted = select(func.count()).select_from(models).where(*conditions)
            total = (await connection.execute(counted)).scalar_one()
        return Page([Model(**row) for row in rows], total, page, size)

    async def of_job(self, job: str) -> Model | None:
        """Return the model that a job made."""
        async with self._database.read() as connection:
            row = (
                (await connection.execute(select(models).where(models.c.job == job))).mappings().one_or_none()
            )
        return Model(**row) if row else None

    async def predictions(self, model: str, limit: int) -> Sequence[Job]:
        """Return the jobs that ask a model about datasets, newest first."""
        query = select(jobs).where(jobs.c.model == model).order_by(jobs.c.created.desc(), jobs.c.id.desc())
        async with self._database.read() as connection:
            return [job_of(row) for row in (await connection.execute(query.limit(limit))).mappings()]

    def folder(self, model: str) -> Path:
        """Return the model's folder (to be mounted read-only)."""
        return self._folder / model

    def announce(self, model: str) -> None:
        """Tell those who follow models that there is a new one."""
        self._live.publish("models", "created", {"model": model})

    async def rename(self, model: str, name: str) -> Model:
        """Change its name for people."""
        async with self._database.write() as connection:
            await connection.execute(update(models).where(models.c.id == model).values(name=name))
        return await self.get(model)

    async def delete(self, model: str, identity: Identity) -> None:  # noqa: ARG002 kept for the history to come
        """Delete it, folder last; `Conflict` naming the deployments while it is deployed."""
        await self.get(model)
        if used := await self.deployed(model):
            raise Conflict(f"The model is deployed as {', '.join(used)}: delete the deployment first.")
        asking = select(jobs.c.id).where(jobs.c.model == model, jobs.c.phase.in_(LIVE)).order_by(jobs.c.id)
        async with self._database.write() as connection:
            if waiting := list((await connection.execute(asking)).scalars()):
                raise Conflict(f"The model is asked by {', '.join(waiting)}: abort that first.")
            await connection.execute(delete(models).where(models.c.id == model))
        self._live.publish("models", "deleted", {"model": model})
        await asyncio.to_thread(shutil.rmtree, self.folder(model), ignore_errors=True)

    async def keep(
        self, job: Job, results: JobResults, artefacts: Sequence[Artefact]
    ) -> dict[str, Any] | None:
        """Keep the model that a job left; return its row, to be recorded with the job's end, or None.

        The id follows from the job's, so doing it again after a crash replaces what was half done.

        Raises
        ------
        Invalid
            If ``model.json`` cannot be read.
        OSError
            If the disk does not take it.
        """
        if job.action == "predict":
            return None
        try:
            card = await asyncio.to_thread(results.model_card)
        except ValueError as error:
            raise Invalid(f"The job ended well, but its model cannot be used: {error}") from error
        if card is None:
            return None
        model = f"m-{job.id}"
        files = sorted(
            (part for part in artefacts if part.path.startswith(BELOW)), key=lambda part: part.path
        )
        await asyncio.to_thread(self._settle, model, results.folder.root, files)
        lines = "".join(f"{part.sha256}  {part.path.removeprefix(BELOW)}\n" for part in files)
        classes = card.get("classes")
        metrics = card.get("metrics")
        return {
            "id": model,
            "name": job.label or f"{job.module} on {job.input['name']}",
            "owner": job.owner,
            "job": job.id,
            "dataset": job.dataset,
            "module": job.module,
            "module_version": job.module_version,
            "image": job.image,
            "card": card,
            "classes": [str(name) for name in classes] if isinstance(classes, list) else None,
            "metrics": metrics if isinstance(metrics, dict) else await asyncio.to_thread(results.summary),
            "input": dict(job.input),
            "sha256": hashlib.sha256(lines.encode()).hexdigest(),
            "size": sum(part.size for part in files),
            "created": clock.now(),
        }

    def _settle(self, model: str, out: Path, files: Sequence[Artefact]) -> None:
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


def _holds(folder: Path, files: Sequence[Artefact]) -> bool:
    """Whether a model's files are in place, every one."""
    wanted = {part.path.removeprefix(BELOW): part.size for part in files}
    found = {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
    }
    return folder.is_dir() and found == wanted
