"""A real platform's deployment, served by gateways of their own with real processes as replicas."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from dashboard.database.engine import Database
from deploy.model.deployment import Access, Scaling
from deploy.model.store import DeploymentStore
from spectra.synthetic import write_folder
from tests.integration.story.test_demo import HUGGINS, demo

PATIENCE_S = 60


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of a platform that trained a forest, deployed it and was stopped."""
    home = tmp_path_factory.mktemp("gateway") / "home"
    told = demo(home, HUGGINS_DATA=str(home.parent), HUGGINS_NODES_LOCAL_KIND="process")
    assert "deployed as demo" in told
    return home


@pytest.fixture
def spectrum(tmp_path: Path) -> bytes:
    write_folder(tmp_path / "new", 1, seed=3)
    return next((tmp_path / "new").rglob("*.fits")).read_bytes()


@pytest.fixture
async def store(home: Path) -> AsyncIterator[DeploymentStore]:
    database = Database(f"sqlite:///{home / 'huggins.sqlite'}")
    yield DeploymentStore(database)
    await database.close()


@contextmanager
def gateway(home: Path, name: str) -> Iterator[str]:
    """Run a gateway; give its address."""
    environment = {
        **os.environ,
        "HUGGINS_HOME": str(home),
        "HUGGINS_NODES_LOCAL_KIND": "process",
        "COLUMNS": "200",
    }
    with subprocess.Popen(
        [HUGGINS, "gateway", "--name", name, "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout
            yield next(
                found[0] for line in process.stdout if (found := re.search(r"http://127\.0\.0\.1:\d+", line))
            )
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def replicas(home: Path, name: str) -> list[psutil.Process]:
    """Return the servers that a gateway of that name runs."""
    folder = str(home / "gateways" / name / "deployments")
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        try:
            if "deepaas_plugins.serve" in words and process.cwd().startswith(folder):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def gone(process: psutil.Process) -> bool:
    """Whether it has ended; nobody may have asked how, yet."""
    try:
        return not process.is_running() or process.status() == "zombie"
    except psutil.NoSuchProcess:
        return True


async def ask(session: aiohttp.ClientSession, address: str, spectrum: bytes) -> int:
    form = aiohttp.FormData()
    form.add_field("data", spectrum, filename="new.fits")
    async with session.post(f"{address}/predict/demo", data=form) as answer:
        if answer.status == 200:
            assert (await answer.json())["predictions"]["results"][0]["label"]
        return answer.status


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.05)


async def test_two_gateways_serve_one_platforms_deployments_and_leave_nothing(
    home: Path, spectrum: bytes, store: DeploymentStore
) -> None:
    with gateway(home, "east") as east, gateway(home, "west") as west:
        async with aiohttp.ClientSession() as session:
            assert [await ask(session, address, spectrum) for address in (east, west)] == [200, 200]
            async with session.get(f"{east}/deployments.txt") as listed:
                assert (await listed.text()).startswith("demo\tdeployed\trdf\t")
            async with session.get(f"{east}/health", headers={"Host": "evil.example"}) as rebound:
                assert rebound.status == 421
            async with session.get(f"{west}/metrics") as metrics:
                assert 'huggins_replicas{deployment="demo",state="ready"} 1' in await metrics.text()
            await store.change("demo", lambda one: replace(one, access=Access.TOKENS))
            for address in (east, west):
                async with asyncio.timeout(PATIENCE_S):
                    while await ask(session, address, spectrum) != 401:
                        await asyncio.sleep(0.05)
            await store.change("demo", lambda one: replace(one, access=Access.PUBLIC))
    assert replicas(home, "east") + replicas(home, "west") == []


async def test_with_two_replicas_no_call_fails_while_one_is_killed_again_and_again(
    home: Path, spectrum: bytes, store: DeploymentStore
) -> None:
    await store.change("demo", lambda one: replace(one, scaling=Scaling(minimum=2, maximum=2)))
    statuses: list[int] = []
    over = asyncio.Event()
    with gateway(home, "south") as address:
        async with aiohttp.ClientSession() as session:

            async def go_on() -> None:
                while not over.is_set():
                    statuses.append(await ask(session, address, spectrum))

            async def ready(number: int) -> bool:
                async with session.get(f"{address}/metrics") as metrics:
                    return f'state="ready"}} {number}' in await metrics.text()

            async def until_ready(number: int) -> None:
                deadline = time.monotonic() + PATIENCE_S
                while not await ready(number):
                    assert time.monotonic() < deadline
                    await asyncio.sleep(0.05)

            await until_ready(2)
            callers = [asyncio.create_task(go_on()) for _ in range(8)]
            for _ in range(3):
                victim = replicas(home, "south")[0]
                victim.kill()
                await until(lambda victim=victim: gone(victim))
                await until_ready(1)
                await until_ready(2)
            over.set()
            await asyncio.gather(*callers)
    assert len(statuses) > 50
    assert set(statuses) == {200}


def test_a_gateway_without_a_platforms_database_says_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, HUGGINS, "gateway", "--port", "0"],
        env={**os.environ, "HUGGINS_HOME": str(tmp_path), "HUGGINS_NODES_LOCAL_KIND": "process"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 1
    assert "no platform's database" in done.stderr


async def test_a_gateway_that_is_killed_makes_what_it_had_taken_on_after_its_next_start(
    home: Path, spectrum: bytes, store: DeploymentStore
) -> None:
    plain = Scaling(minimum=0, maximum=1)
    await store.change("demo", lambda one: replace(one, scaling=plain, access=Access.PUBLIC))
    later = {"Prefer": "respond-async", "Accept": "text/csv"}
    async with aiohttp.ClientSession() as session:
        with gateway(home, "north") as address:
            taken = []
            for _ in range(5):
                form = aiohttp.FormData()
                form.add_field("data", spectrum, filename="new.fits")
                async with session.post(f"{address}/predict/demo", data=form, headers=later) as answer:
                    assert answer.status == 202
                    taken.append(answer.headers["Location"])
            [process] = [
                one for one in psutil.process_iter(["cmdline"]) if _is_gateway(one.info["cmdline"], "north")
            ]
            process.kill()
        with gateway(home, "north") as address:
            for one in taken:
                async with asyncio.timeout(PATIENCE_S):
                    while not (found := await _look(session, f"{address}{one}"))["ended"]:
                        pass
                assert (found["state"], found["spectra"]) == ("completed", 1), found["reason"]
                async with session.get(f"{address}{found['result']}") as answer:
                    assert (answer.status, answer.content_type) == (200, "text/csv")
                    assert (await answer.text()).startswith("name,label")
    assert replicas(home, "north") == []


def _is_gateway(words: list[str] | None, name: str) -> bool:
    return bool(words) and "gateway" in (words or []) and name in (words or [])


async def _look(session: aiohttp.ClientSession, address: str) -> dict[str, Any]:
    async with session.get(address, params={"wait": 30}) as answer:
        assert answer.status == 200
        found: dict[str, Any] = (await answer.json())["prediction"]
        return found
