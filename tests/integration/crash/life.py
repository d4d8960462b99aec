"""One life of a platform: a process that makes jobs, supervises them, and is killed, or works to the end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from sqlalchemy import func, insert, select

from dashboard.auth.identity import OWNER
from dashboard.base import clock
from dashboard.base.resources import Resources
from dashboard.database.engine import Database
from dashboard.database.tables import attempts, datasets, jobs, module_descriptions
from dashboard.jobs.job import AttemptState, Phase
from dashboard.jobs.request import JobRequest
from dashboard.jobs.supervisor.completion import Hook
from dashboard.platform import Platform
from dashboard.settings import DatabaseSettings, JobsSettings, ModulesSettings, NodeSettings, Settings
from tests.integration.crash.staged import IMAGE, NodePlan, factory
from tests.platform.world import DESCRIPTION, add_dataset

ENDED = 0
PAUSE = 0.03


@dataclass(frozen=True)
class Life:
    """What one life is for.

    Attributes
    ----------
    folder
        The trial's: ``home``, ``stage``, ``modules``.
    url
        The database's.
    jobs
        How many are to be there; what lacks is made.
    point, nth
        Where it kills itself, when it comes there for the nth time; empty: nowhere.
    finish
        Work until all jobs have ended and are cleared away.
    assist
        Supervise beside another, and do nothing else.
    """

    folder: Path
    url: str
    nodes: dict[str, NodePlan] = field(default_factory=dict)
    jobs: int = 0
    longest_ms: int = 200
    point: str = ""
    nth: int = 1
    finish: bool = False
    assist: bool = False
    settings: JobsSettings = field(
        default_factory=lambda: JobsSettings(missing_grace_s=2, poll_seconds=0.05, stop_grace_s=2)
    )

    def platform(self) -> Platform:
        """Make the real platform, with nodes that run the trial's runner."""
        known = {
            name: NodeSettings(kind=plan.kind, slots=plan.slots, probe_seconds=5, **plan.settings)
            for name, plan in self.nodes.items()
        }
        settings = Settings(
            home=self.folder / "home",
            database=DatabaseSettings(url=self.url),
            modules=ModulesSettings(folder=str(self.folder / "modules")),
            jobs=self.settings,
            nodes=known,
        )
        launchers = factory(self.folder / "stage", str(self.folder / "socket"), self.nodes)
        return Platform(settings, launchers, self._at())

    def _at(self) -> Hook:
        passed = 0

        async def at(reached: str) -> None:
            nonlocal passed
            passed += reached == self.point
            if passed == self.nth and reached == self.point:
                os.kill(os.getpid(), signal.SIGKILL)

        return at


def live(life: Life) -> None:
    """Live; runs in a process of its own."""
    logging.basicConfig(filename=life.folder / "log", level=logging.WARNING, force=True)
    logging.warning("a life begins: %s %s %s", os.getpid(), life.point, life.nth)
    asyncio.run(_live(life))
    os._exit(ENDED)


async def _live(life: Life) -> None:
    born = time.monotonic()
    platform = life.platform()
    await (platform.assist() if life.assist else platform.start())
    if not life.assist:
        await _make_jobs(platform, life)
    logging.warning("ready %.2f", time.monotonic() - born)
    while not (life.finish and await all_done(platform.database)):
        await asyncio.sleep(PAUSE)
    await platform.stop()


async def _make_jobs(platform: Platform, life: Life) -> None:
    """Make the jobs that lack, one commit each; the ids of those that were accepted are written down."""
    async with platform.database.read() as connection:
        made = (await connection.execute(select(func.count()).select_from(jobs))).scalar_one()
        dataset = (await connection.execute(select(datasets.c.id))).scalar_one()
    chances = Random(made)
    names = [name for name, plan in life.nodes.items() for _ in range(plan.share)]
    with (life.folder / "accepted").open("a") as accepted:
        for _ in range(made, life.jobs):
            intent = JobRequest(
                "toy",
                dataset,
                parameters={"epochs": chances.randrange(1, life.longest_ms)},
                node=chances.choice(names),
                resources=Resources(cpus=0.1, memory_mb=64).to_json(),
            )
            job = await platform.submit(intent, OWNER)
            accepted.write(f"{job.id}\n")
            accepted.flush()


async def all_done(database: Database) -> bool:
    """Whether every job has ended and nothing of it is left on its node."""
    ended = (Phase.COMPLETED, Phase.ERROR, Phase.ABORTED)
    async with database.read() as connection:
        open_jobs = select(func.count()).select_from(jobs).where(jobs.c.phase.not_in(ended))
        left = select(func.count()).select_from(attempts).where(attempts.c.state != AttemptState.REMOVED)
        found = [(await connection.execute(query)).scalar_one() for query in (open_jobs, left)]
    return found == [0, 0]


async def prepare(life: Life) -> None:
    """Make the database, with a dataset and the toy's description, before the first life."""
    platform = life.platform()
    platform.settings.home.mkdir(parents=True, exist_ok=True)
    async with platform:
        assert DESCRIPTION["train"][0]["name"] == "epochs"  # here: the milliseconds that a job takes
        await add_dataset(platform)
        row = {"digest": IMAGE, "module": "toy", "description": DESCRIPTION, "asked": clock.now()}
        async with platform.database.write() as connection:
            await connection.execute(insert(module_descriptions).values(row))


async def clear_away(life: Life) -> None:
    """Remove what a trial that failed left on its nodes."""
    home = life.folder / "home"
    if not (home / "platform.id").is_file():  # it never came so far
        return
    owner = (home / "platform.id").read_text().strip() + "-jobs"
    make = factory(life.folder / "stage", str(life.folder / "socket"), life.nodes)
    for name, plan in life.nodes.items():
        if plan.kind == "fake":  # its process is gone, and all of it with it
            continue
        launcher = (
            await make(NodeSettings(kind=plan.kind, **plan.settings), home / "launchers" / name)
        ).launcher
        for handle in await launcher.list(owner):
            await launcher.remove(handle)
        await launcher.close()
