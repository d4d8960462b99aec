"""From one version to the next under load, with real replicas: no call fails."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from dashboard.settings import DatabaseSettings, NodeSettings, Settings
from deploy.model.deployment import Deployment, Scaling, now
from deploy.model.rollout import promoted, rolled_back, with_canary, with_version
from launchers.registry import create
from tests.integration.deploy.gateway import (
    NAME,
    PATIENCE_S,
    Gateway,
    gateway,
    migrated,
    spectrum_of,
    until,
    version,
)

CALLERS = 6


@asynccontextmanager
async def deployed(
    folder: Path, trained: Path, nodes: dict[str, NodeSettings], image: str = "process"
) -> AsyncIterator[Gateway]:
    """Deploy two replicas of the forest, on the nodes in turn."""
    url = f"sqlite:///{folder / 'x.sqlite'}"
    database = await migrated(url)
    settings = Settings(home=folder / "home", database=DatabaseSettings(url), nodes=nodes)
    wanted = Deployment(
        NAME, tuple(nodes), now(), (version(trained, image),), scaling=Scaling(minimum=2, maximum=2)
    )
    async with gateway(settings, "one", spectrum_of(trained)) as one:
        await one.service.create(wanted)
        await until_ready(one, {1: 2})
        yield one
    await database.close()


async def until_ready(one: Gateway, wanted: dict[int, int]) -> None:
    """Wait until just so many replicas of each version are ready."""

    async def so() -> bool:
        versions = list(one.ready().values())
        return {number: versions.count(number) for number in set(versions)} == wanted

    await until(so)


@asynccontextmanager
async def load(one: Gateway) -> AsyncIterator[list[int]]:
    """Ask again and again, several at once; give the statuses, which grow."""
    statuses: list[int] = []
    over = asyncio.Event()

    async def go_on() -> None:
        while not over.is_set():
            statuses.append(await one.ask())

    callers = [asyncio.create_task(go_on()) for _ in range(CALLERS)]
    try:
        yield statuses
    finally:
        over.set()
        await asyncio.gather(*callers)


async def more(statuses: list[int]) -> None:
    """Wait until more calls were answered than are under way: some began after what came before this."""
    seen = len(statuses)
    async with asyncio.timeout(PATIENCE_S):
        while len(statuses) < seen + 3 * CALLERS:
            await asyncio.sleep(0.01)


async def asked(one: Gateway) -> dict[str, int]:
    """Return how many calls each version answered."""
    await one.service.usage.write()
    found = await one.service.usage.of(NAME, 60)
    return {number: sums["requests"] for number, sums in found["versions"].items()}


async def test_no_call_fails_through_trial_promotion_ejection_and_the_way_back(
    tmp_path: Path, trained: Path
) -> None:
    nodes = {"local": NodeSettings(kind="process")}
    async with deployed(tmp_path, trained, nodes) as one, load(one) as statuses:
        await one.service.change(NAME, lambda it: with_version(it, version(trained), 10))
        await until_ready(one, {1: 2, 2: 2})
        await one.service.change(NAME, lambda it: with_canary(it, 2, 50))
        before = await asked(one)
        await more(statuses)
        assert (await asked(one)).get("2", 0) > before.get("2", 0)
        await one.service.change(NAME, promoted)
        await until_ready(one, {2: 2})
        await more(statuses)
        _kill(one)
        await until_ready(one, {2: 1})
        await until_ready(one, {2: 2})
        await one.service.change(NAME, rolled_back)
        await until_ready(one, {1: 2})
        settled = (await asked(one))["2"]
        await more(statuses)
        assert (await asked(one))["2"] == settled
        assert set(statuses) == {200}
    assert statuses.count(200) == len(statuses) > 8 * CALLERS


def _kill(one: Gateway) -> None:
    """Kill the server of one of the replicas, as the kernel does when memory is short."""
    name = min(one.ready())
    victims = [
        process
        for process in psutil.process_iter(["cmdline", "cwd"])  # None where another user's are closed
        if "deepaas_plugins.serve" in (process.info["cmdline"] or []) and name in (process.info["cwd"] or "")
    ]
    assert victims
    for victim in victims:
        victim.kill()


async def test_what_is_disabled_finishes_what_it_has_and_takes_no_more(tmp_path: Path, trained: Path) -> None:
    async with deployed(tmp_path, trained, {"local": NodeSettings(kind="process")}) as one:
        under_way = [asyncio.create_task(one.ask()) for _ in range(CALLERS)]

        async def handed_on() -> bool:
            return sum(replica.outstanding for replica in one.service.get(NAME)[1].replicas) == CALLERS

        async with asyncio.timeout(PATIENCE_S):
            while not (await handed_on() or all(task.done() for task in under_way)):
                await asyncio.sleep(0)
        await one.service.enable(NAME, enabled=False)
        assert await asyncio.gather(*under_way) == [200] * CALLERS
        assert await one.ask() == 503
        await one.service.enable(NAME, enabled=True)
        await until_ready(one, {1: 2})
        assert await one.ask() == 200


@pytest.mark.docker
async def test_replicas_on_nodes_of_different_kinds_answer_as_one(
    tmp_path: Path, trained: Path, module_images: str, caplog: pytest.LogCaptureFixture
) -> None:
    nodes = {"plain": NodeSettings(kind="process"), "box": NodeSettings(kind="docker")}
    caplog.set_level(logging.INFO, "huggins.access")
    image = await _image(module_images.format(name="rdf", version="0.1.0"))
    async with deployed(tmp_path, trained, nodes, image) as one:
        where = {replica.name: replica.node for replica in one.service.get(NAME)[1].replicas}
        assert sorted(where.values()) == ["box", "plain"]
        async with load(one) as statuses:
            await more(statuses)
            await more(statuses)
            await one.service.change(NAME, lambda it: replace(it, nodes=("plain",)))
            await more(statuses)
        assert set(statuses) == {200}
    lines = [json.loads(record.message) for record in caplog.records if record.name == "huggins.access"]
    assert {where[line["replica"]] for line in lines if line["replica"] in where} == {"box", "plain"}


async def _image(tag: str) -> str:
    """Return a module's image by its digest."""
    launcher = create("docker")
    try:
        return str(await launcher.prepare(tag))
    finally:
        await launcher.close()
