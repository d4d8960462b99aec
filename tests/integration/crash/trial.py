"""A trial: jobs are made and run while the platform is killed again and again; then everything is counted."""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import os
import signal
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random

from sqlalchemy import func, select

from dashboard.database.engine import Database
from dashboard.database.tables import artefacts, attempts, jobs, models
from dashboard.jobs.job import AttemptState, Phase
from tests.integration.crash import runner
from tests.integration.crash.fake_node import serve
from tests.integration.crash.life import Life, clear_away, live, prepare
from tests.integration.crash.staged import NodePlan
from tests.platform.world import MODULE_YAML

#: Points that a job passes on its way from the intent to the end.
POINTS = (
    "intended",
    "folder-written",
    "started",
    "handle-recorded",
    "executing-recorded",
    "end-seen",
    "results-gathered",
    "end-recorded",
    "container-removed",
)
AT_POINTS = 0.5  # share of the lives that are to end at a named point, if they come there
HANGS_S = 180  # by then it will never end


@dataclass
class Report:
    """What a trial found."""

    seed: int
    jobs: int
    at_points: Counter[str] = field(default_factory=Counter)
    at_random: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        return self.at_points.total() + self.at_random

    def __str__(self) -> str:
        return (
            f"seed {self.seed}: {self.jobs} jobs, {self.kills} kills ({self.at_random} at random instants, "
            f"{self.at_points.total()} at {len(self.at_points)} named points), {self.seconds:.1f} s, "
            f"{len(self.faults)} faults"
        )


class Trial:
    """Jobs on some nodes, and a platform with many lives.

    Parameters
    ----------
    folder
        Empty, short (a socket lies in it).
    nodes
        Name to plan.
    jobs, kills
        How many.
    seed
        Of everything that chance decides here.
    url
        Of the database; empty: SQLite in the folder.
    window
        Seconds within which a life is killed at a random instant, from the fork on.
    """

    def __init__(
        self,
        folder: Path,
        nodes: dict[str, NodePlan],
        *,
        jobs: int,
        kills: int,
        seed: int,
        url: str = "",
        window: float = 1.2,
        longest_ms: int = 200,
    ) -> None:
        self.folder = folder
        self.life = Life(folder, url or f"sqlite:///{folder / 'home' / 'huggins.sqlite'}", nodes)
        self.life = replace(self.life, longest_ms=longest_ms)
        self.report = Report(seed, jobs)
        self.kills = kills
        self.chance = Random(seed)
        self._window = window
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(["tests.integration.crash.life"])

    def run(self) -> Report:
        """Kill, restart, let it finish, count."""
        began = time.monotonic()
        self._set_up()
        node = self._processes.Process(
            target=serve, args=(str(self.folder / "socket"), str(self.folder / "stage"), self.report.seed)
        )
        node.start()
        try:
            asyncio.run(prepare(self.life))
            self.lives()
            self._last_life()
        finally:
            node.kill()
            node.join()
            asyncio.run(clear_away(self.life))
        self.report.faults += asyncio.run(faults(self.life, self.report.jobs))
        self.report.seconds = time.monotonic() - began
        return self.report

    def lives(self) -> None:
        """Live and be killed, one life after the other."""
        while self.report.kills < self.kills:
            self._one_life()

    def _set_up(self) -> None:
        module = self.folder / "modules" / "toy"
        module.mkdir(parents=True)
        (module / "module.yaml").write_text(MODULE_YAML)
        stage = self.folder / "stage"
        stage.mkdir()
        stage.chmod(0o777)  # containers run as others
        (stage / "ledger").touch()
        (stage / "ledger").chmod(0o666)
        (stage / "runner.py").write_bytes(Path(runner.__file__).read_bytes())

    def _one_life(self) -> None:
        number = self.report.kills + 1
        # First every point once, however long it takes to come there; then as chance will have it.
        point = self.chance.choice(POINTS) if self.chance.random() < AT_POINTS else ""
        seconds, nth = (
            self.chance.uniform(0, self._window) * (2 if point else 1),
            self.chance.randrange(1, 4),
        )
        if number <= len(POINTS):
            point, nth, seconds = POINTS[number - 1], 1, HANGS_S
        jobs = min(self.report.jobs, -(-self.report.jobs * number // self.kills))
        process = self.start(replace(self.life, jobs=jobs, point=point, nth=nth))
        struck = self._strike(process, seconds)
        if process.exitcode != -signal.SIGKILL:
            self.report.faults.append(f"a life ended by itself with {process.exitcode}")
        if struck or not point:
            self.report.at_random += 1
        else:
            self.report.at_points[point] += 1

    def _strike(self, process: ForkServerProcess, seconds: float) -> bool:
        """Kill a life after so long; return False where it was dead before, by its own hand."""
        process.join(seconds)
        alive = process.is_alive()
        if alive and process.pid:
            os.kill(process.pid, signal.SIGKILL)
        process.join()
        return alive

    def _last_life(self) -> None:
        process = self.start(replace(self.life, jobs=self.report.jobs, finish=True))
        process.join(HANGS_S)
        if process.is_alive():
            self.report.faults.append(f"after {HANGS_S} s the last life had not ended all jobs")
            process.kill()
            process.join()
        elif process.exitcode:
            self.report.faults.append(f"the last life ended with {process.exitcode}")

    def start(self, life: Life) -> ForkServerProcess:
        """Start a platform in a process of its own."""
        process = self._processes.Process(target=live, args=(life,))
        process.start()
        return process


async def faults(life: Life, wanted: int) -> list[str]:
    """Compare the database, the disk and the ledger; say everything that is not as it should be."""
    database = Database(life.url)
    async with database.read() as connection:
        found = {row["id"]: row for row in (await connection.execute(select(jobs))).mappings()}
        tries = (await connection.execute(select(attempts))).mappings().all()
        kept = (await connection.execute(select(artefacts))).mappings().all()
        made = (await connection.execute(select(func.count()).select_from(models))).scalar_one()
    await database.close()
    accepted = (life.folder / "accepted").read_text().split()
    said = [f"job {job} was accepted and is gone" for job in accepted if job not in found]
    if len(found) != wanted or made != wanted:
        said.append(f"{len(found)} jobs and {made} models, {wanted} were wanted")
    said += [
        f"{row['id']} is {row['phase']}: {row['reason']}"
        for row in found.values()
        if row["phase"] != Phase.COMPLETED
    ]
    said += [f"{row['id']} is {row['state']}" for row in tries if row["state"] != AttemptState.REMOVED]
    lines = (life.folder / "stage" / "ledger").read_text().splitlines()
    ran = Counter(line.split()[0] for line in lines)
    said += [f"attempt {name} ran {count} times" for name, count in ran.items() if count != 1]
    per_job = Counter(name.rsplit("-", 1)[0].removeprefix("h-") for name in ran)
    said += [f"job {job} ran {per_job[job]} times" for job in found if per_job[job] != 1]
    return said + _artefact_faults(life, found, kept)


def _artefact_faults(life: Life, found: dict, kept: list) -> list[str]:  # type: ignore[type-arg]
    said = []
    results = {row["job"]: row for row in kept if row["path"] == "result.bin"}
    for job in found:
        recorded = results.get(job)
        if recorded is None:
            said.append(f"job {job} has no recorded result")
            continue
        file = life.folder / "home" / "jobs" / job / recorded["attempt"] / "out" / "result.bin"
        right = hashlib.sha256(runner.result(job)).hexdigest()
        if not recorded["sha256"] == right == hashlib.sha256(file.read_bytes()).hexdigest():
            said.append(f"the result of job {job} is not what was computed or recorded")
        if not (life.folder / "home" / "models" / f"m-{job}" / "model.json").is_file():
            said.append(f"the model of job {job} is not on the disk")
    return said
