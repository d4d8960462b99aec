"""Jobs that run: whether short ones keep their slots busy, and what many idle ones cost."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from benchmarks.result import Result, print_table
from dashboard.auth.identity import OWNER, SYSTEM
from dashboard.base import clock
from dashboard.base.events import RESYNC
from dashboard.base.ids import new_identifier
from dashboard.base.resources import Resources
from dashboard.database.tables import attempts, dataset_files, datasets
from dashboard.jobs.job import JobFilter, Phase
from dashboard.jobs.request import JobRequest
from dashboard.nodes.launcher_factory import ChosenLauncher
from dashboard.platform import Platform
from dashboard.settings import JobsSettings, ModulesSettings, NodeSettings, Settings
from launchers import Handle, LaunchSpec
from launchers.fake import FakeLauncher, FakeNode, Script
from launchers.local.launcher import ProcessLauncher

SLOTS = 2
BUSY = 0.95
RUNNING, IDLE = 500, 0.05
SECONDS = 1.0
MODULE = """
metadata_version: 2.0.0
title: Nothing
summary: Waits for a second
description: It waits.
links: {source_code: https://example.org/nothing}
libraries: [Other]
tasks: [Classification]
categories: [AI4 trainable]
tags: [test]
huggins: {name: nothing, version: 1.0.0, entry: batch}
"""
DESCRIPTION: dict[str, Any] = {
    "name": "nothing", "title": "Nothing", "kind": "huggins", "needs_labels": False,
    "default_recipe": {"schema": 1, "steps": []}, "train": [], "predict": [], "steps": [],
}  # fmt: skip
ANSWER = json.dumps({"modules": {"nothing": DESCRIPTION}})
# The whole of a runner, without what it would import: a second of life, a model, the exit file by rename.
RUNNER = f"""
import json, os, time
began = time.time()
job = json.load(open("job.json"))
os.makedirs("out/model", exist_ok=True)
json.dump({{"schema": 1, "attempt": job["attempt"]}}, open("out/begin.json", "w"))
json.dump({{"schema": 1, "classes": []}}, open("out/model/model.json", "w"))
time.sleep(max(0.0, {SECONDS} - (time.time() - began)))
json.dump([began, time.time()], open("out/lived.json", "w"))
json.dump({{"schema": 1, "attempt": job["attempt"], "outcome": "completed", "reason": "", "exit_code": 0}},
          open("out/exit.new", "w"))
os.rename("out/exit.new", "out/exit.json")
"""


class SecondLauncher(ProcessLauncher):
    """Runs a second of nothing in place of a module, and notes when it was told to start what."""

    def __init__(self, state: Path, began: dict[str, float]) -> None:
        super().__init__(state=state)
        self._began = began

    async def start(self, spec: LaunchSpec) -> Handle:
        """See `launchers.base.Launcher.start`."""
        self._began.setdefault(spec.name, time.time())
        describes = spec.command[-1] == "nothing"
        program = f"print({ANSWER!r})" if describes else RUNNER
        return await super().start(replace(spec, command=(sys.executable, "-S", "-c", program)))


async def _platform(home: Path, nodes: dict[str, NodeSettings], launchers: Any) -> Platform:
    module = home.parent / f"{home.name}-modules" / "nothing"
    module.mkdir(parents=True)
    (module / "module.yaml").write_text(MODULE)
    settings = Settings(
        home=home,
        modules=ModulesSettings(folder=str(module.parent)),
        jobs=JobsSettings(cpus=0.1, memory_mb=64),
        nodes=nodes,
    )
    platform = Platform(settings, launchers)
    await platform.start(supervise=False)
    await platform.modules.descriptions.of("nothing")
    return platform


async def _fill(platform: Platform, number: int) -> None:
    """Queue jobs on a dataset of one file."""
    dataset = new_identifier()
    row = {
        "id": dataset, "name": "one", "owner": OWNER.user, "created": clock.now(), "state": "ready",
        "kind": "spectra", "count": 1, "formats": {}, "classes": {}, "sha256": "0" * 64,
    }  # fmt: skip
    files = platform.settings.home / "data" / dataset / "files"
    files.mkdir(parents=True)
    (files / "a.csv").write_text("wavelength,flux\n6563,1\n")
    async with platform.database.write() as connection:
        await connection.execute(insert(datasets).values(row))
        file = {"dataset": dataset, "path": "a.csv", "size": 23, "state": "read"}
        await connection.execute(insert(dataset_files).values(file))
    request = JobRequest("nothing", dataset, resources=Resources(0.01, 64).to_json())
    checked = await platform.check.require(request)
    for _ in range(number):
        await platform.jobs.create(checked, OWNER)


async def _until(platform: Platform, phase: Phase, number: int) -> None:
    """Follow what is told of jobs; asking for their number each time would cost more than they do."""
    reached: set[str] = set()
    with platform.live.subscribe(["jobs"]) as happening:
        while len(reached) < number:
            event = await happening.get(5)
            if event is None or event.kind == RESYNC:
                found = await platform.jobs.list(JobFilter(phases=(phase,)), size=number, identity=SYSTEM)
                reached = {job.id for job in found.items}
            elif event.data.get("phase") == phase:
                reached.add(event.data["job"])


async def measure_slots(home: Path, number: int) -> Result:
    """Claim ``slots_busy``."""
    began: dict[str, float] = {}

    async def launcher(_settings: NodeSettings, state: Path) -> ChosenLauncher:
        return ChosenLauncher(SecondLauncher(state / "process", began))

    nodes = {"local": NodeSettings("process", slots=SLOTS)}
    platform = await _platform(home, nodes, launcher)
    try:
        await _fill(platform, number)
        cpu = time.process_time()
        supervising = asyncio.create_task(platform.supervisor.run())
        await _until(platform, Phase.COMPLETED, number)
        cpu = time.process_time() - cpu
        supervising.cancel()
        await asyncio.gather(supervising, return_exceptions=True)
        async with platform.database.read() as connection:
            tried = (await connection.execute(select(attempts))).all()
    finally:
        await platform.stop()
    lived = [_lived(home / "jobs" / one.job / one.id / "out") for one in tried]
    given = [began[one.id] for one in tried]
    whole = max(end for _, end in lived) - min(given)
    held = sum(end - start for start, (_, end) in zip(given, lived, strict=True))
    strictly = sum(end - begin for begin, end in lived) / (SLOTS * whole)
    busy = held / (SLOTS * whole)
    print(f"\nslots_busy: {number} jobs of {SECONDS:g} s in {SLOTS} slots, {len(tried)} tries")
    print_table(
        ("seconds", "busy", "busy with the program itself", "between two jobs, s", "platform's CPU, s"),
        [(whole, busy, strictly, (SLOTS * whole - held) / number, cpu)],
    )
    return Result("slots_busy", held, SLOTS * whole, busy, "s", f"≥ {BUSY:g}", busy >= BUSY)


def _lived(out: Path) -> tuple[float, float]:
    began, ended = json.loads((out / "lived.json").read_text())
    return float(began), float(ended)


async def measure_idle(home: Path, seconds: float) -> Result:
    """Claim ``idle_cost``."""
    node = FakeNode(behave=_begin)

    async def launcher(_settings: NodeSettings, _state: Path) -> ChosenLauncher:
        return ChosenLauncher(FakeLauncher(node))

    roomy = NodeSettings("fake", cpus=RUNNING, memory_mb=RUNNING * 64)
    platform = await _platform(home, {"local": roomy}, launcher)
    try:
        await _fill(platform, RUNNING)
        supervising = asyncio.create_task(platform.supervisor.run())
        await _until(platform, Phase.EXECUTING, RUNNING)
        await asyncio.sleep(2)
        cpu, began = time.process_time(), time.monotonic()
        await asyncio.sleep(seconds)
        cpu, took = time.process_time() - cpu, time.monotonic() - began
        supervising.cancel()
        await asyncio.gather(supervising, return_exceptions=True)
    finally:
        await platform.stop()
    share = cpu / took
    print(f"\nidle_cost: {RUNNING} running jobs, watched for {took:.0f} s")
    print_table(("CPU, s", "of one core"), [(cpu, share)])
    return Result("idle_cost", cpu, took, share, "s", f"≤ {IDLE:g} of a core", share <= IDLE)


def _begin(spec: LaunchSpec) -> Script:
    """Run for ever, as a job that has begun; or describe the module."""
    if spec.command[-1] == "nothing":
        return Script(exit_code=0, output=ANSWER.encode())
    out = next(mount.source for mount in spec.mounts if mount.target == "/job") / "out"
    (out / "begin.json").write_text(json.dumps({"schema": 1, "attempt": spec.name}))
    return Script()
