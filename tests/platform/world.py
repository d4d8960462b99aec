"""A whole platform over a fake node: what the tests of services and supervision stand on."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from dashboard.auth.identity import OWNER, Accounts, Identity, Role
from dashboard.base import clock
from dashboard.base.ids import new_identifier
from dashboard.database.tables import dataset_files, dataset_spectra, datasets
from dashboard.jobs.job import FINAL, Attempt, Job
from dashboard.jobs.request import JobRequest
from dashboard.nodes.launcher_factory import ChosenLauncher
from dashboard.platform import Platform, nothing
from dashboard.settings import DatabaseSettings, JobsSettings, ModulesSettings, NodeSettings, Settings
from launchers import LaunchSpec
from launchers.fake import FakeLauncher, FakeNode, Script
from tests.unit.dashboard.migrated import migrated_database

MODULE_YAML = """
metadata_version: 2.0.0
title: Toy
summary: A method for tests
description: It does nothing.
links: {source_code: https://example.org/toy}
libraries: [Other]
tasks: [Classification]
categories: [AI4 trainable]
tags: [test]
huggins:
  name: toy
  version: 1.2.3
  entry: batch
  extras: []
  spectral: {wavelength: null, frame: any}
  presets:
    - name: stars
      title: Stars of many kinds
      recipe: {schema: 1, steps: [{step: scale, method: median}]}
      parameters: {epochs: 77}
"""

DESCRIPTION: dict[str, Any] = {
    "name": "toy",
    "title": "Toy",
    "kind": "huggins",
    "needs_labels": True,
    "default_recipe": {"schema": 1, "steps": []},
    "train": [
        {"name": "epochs", "type": "integer", "default": 10, "minimum": 1, "maximum": 500},
        {"name": "rate", "type": "number", "default": 0.5, "exclusive_minimum": 0, "unit": "per epoch"},
    ],
    "predict": [],
    "steps": [],
}


class Killed(BaseException):
    """The platform was killed at a crash point."""


@dataclass
class Container:
    """What a runner writes into its job folder (contracts.md, section 6)."""

    folder: Path

    @classmethod
    def of(cls, spec: LaunchSpec) -> Container:
        return cls(next(mount.source for mount in spec.mounts if mount.target == "/job"))

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def job(self) -> dict[str, Any]:
        return json.loads((self.folder / "job.json").read_text())

    def write(self, path: str, content: Any) -> None:
        target = self.out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content if isinstance(content, str) else json.dumps(content))

    def add(self, path: str, line: Any) -> None:
        with (self.out / path).open("a") as file:
            file.write(line if isinstance(line, str) else json.dumps(line) + "\n")

    def begin(self) -> None:
        self.write("begin.json", {"schema": 1, "attempt": self.folder.name, "time": clock.now()})
        self.write("heartbeat", "")

    def progress(self, step: float, total: float, time: str, phase: str = "train") -> None:
        self.add(
            "progress.jsonl", {"time": time, "phase": phase, "step": step, "total": total, "message": ""}
        )

    def model(self) -> None:
        self.write("model/model.json", {"schema": 1, "classes": ["A", "B"], "metrics": {"accuracy": 0.9}})
        self.write("model/weights.bin", "weights")

    def exit(self, outcome: str = "completed", reason: str = "", code: int = 0, **other: Any) -> None:
        ended = {"schema": 1, "attempt": self.folder.name, "outcome": outcome, "reason": reason}
        self.write("exit.json", {**ended, "exit_code": code, "begin": clock.now(), "artefacts": [], **other})


def succeed(spec: LaunchSpec) -> Script:
    """Run to a good end at once."""
    container = Container.of(spec)
    container.begin()
    container.model()
    container.write("summary.json", {"metrics": {"accuracy": 0.9}})
    container.write("log.txt", "trained\n")
    container.exit()
    return Script(exit_code=0)


def run_on(spec: LaunchSpec) -> Script:
    """Begin, and run until somebody ends it."""
    Container.of(spec).begin()
    return Script()


async def any_account(user: str) -> Identity:
    """Return the local owner, or any other user as one with the role ``user`` and no projects."""
    return OWNER if user == OWNER.user else Identity(user, frozenset({Role.USER}))


@dataclass
class World:
    """A home, a node, and platforms that come and go."""

    home: Path
    node: FakeNode = field(default_factory=FakeNode)
    url: str = ""
    nodes: dict[str, NodeSettings] = field(default_factory=lambda: {"local": NodeSettings(kind="fake")})
    behave: Callable[[LaunchSpec], Script] = succeed
    platforms: list[Platform] = field(default_factory=list)
    accounts: Accounts | None = any_account  # None: those of the database
    sections: dict[str, Any] = field(default_factory=dict)  # other sections of the settings

    def __post_init__(self) -> None:
        module = self.home.parent / "modules" / "toy"
        module.mkdir(parents=True, exist_ok=True)
        (module / "module.yaml").write_text(MODULE_YAML)
        self.node.behave = self._behave

    def _behave(self, spec: LaunchSpec) -> Script:
        if spec.command[-1] == "toy":
            answer = {"schema": 1, "modules": {"toy": DESCRIPTION}}
            return Script(exit_code=0, output=json.dumps(answer).encode())
        return self.behave(spec)

    def settings(self) -> Settings:
        return Settings(
            home=self.home,
            database=DatabaseSettings(url=self.url),
            modules=ModulesSettings(folder=str(self.home.parent / "modules")),
            jobs=JobsSettings(missing_grace_s=0, memory_mb=512, poll_seconds=0.02, orphan_grace_s=0),
            nodes=self.nodes,
            **self.sections,
        )

    async def platform(
        self, at: Callable[[str], Awaitable[None]] = nothing, supervise: bool = False
    ) -> Platform:
        """Start a platform on this world; `close` ends it."""

        platform = self._made(at)
        await platform.start(supervise=supervise)
        if not supervise:  # a test may ask the journal before the first pass
            await platform.supervisor._context.lease.hold()
        await platform.modules.descriptions.of("toy")
        return platform

    async def beside(self) -> Platform:
        """Start another supervisor on the same home and database, which stands by."""
        platform = self._made()
        await platform.assist(supervise=False)
        return platform

    def _made(self, at: Callable[[str], Awaitable[None]] = nothing) -> Platform:
        async def launcher(_settings: NodeSettings, _state: Path) -> ChosenLauncher:
            return ChosenLauncher(FakeLauncher(self.node))

        file = self.home / "huggins.sqlite"
        if not self.url and not file.exists():
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.write_bytes(migrated_database())
        platform = Platform(self.settings(), launcher, at, self.accounts)
        self.platforms.append(platform)
        return platform

    async def close(self) -> None:
        for platform in self.platforms:
            await platform.stop()
        self.platforms.clear()

    def started(self) -> list[str]:
        """Names of the attempts that were really started, in order."""
        return [spec.name for spec in self.node.started if spec.name.startswith("h-")]


async def add_dataset(platform: Platform, **changes: Any) -> str:
    """Put a dataset of two labelled spectra into the database and onto the disk."""
    dataset = new_identifier()
    row = {
        "id": dataset,
        "name": "two stars",
        "owner": "owner",
        "created": clock.now(),
        "state": "ready",
        "kind": "spectra",
        "count": 2,
        "formats": {"csv": 2},
        "classes": {"A": 1, "B": 1},
        "sha256": "0" * 64,
        **changes,
    }
    files = platform.settings.home / "data" / dataset / "files"
    files.mkdir(parents=True)
    async with platform.database.write() as connection:
        await connection.execute(insert(datasets).values(row))
        for number, label in enumerate("AB"):
            path = f"{label}.csv"
            (files / path).write_text("wavelength,flux\n6563,1\n")
            file = {"dataset": dataset, "path": path, "size": 23, "state": "read"}
            await connection.execute(insert(dataset_files).values(file))
            spectrum = {"dataset": dataset, "number": number, "path": path, "name": label, "label": label}
            await connection.execute(insert(dataset_spectra).values(spectrum))
    return dataset


async def submit(platform: Platform, dataset: str = "", **intent: Any) -> Job:
    """Ask for a training."""
    dataset = dataset or await add_dataset(platform)
    return await platform.submit(JobRequest("toy", dataset, **intent), OWNER)


async def settle(platform: Platform, job: Job, passes: int = 8) -> Job:
    """Reconcile until the job has ended and is cleared away, or nothing more happens."""
    for _ in range(passes):
        await platform.supervisor.reconcile()
        ended = (await platform.jobs.get(job.id)).phase in FINAL
        if ended and not await platform.supervisor._context.store.active():
            break
    return await platform.jobs.get(job.id)


async def only_attempt(platform: Platform, job: Job) -> Attempt:
    [attempt] = await platform.jobs.attempts(job.id)
    return attempt
