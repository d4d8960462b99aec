"""`huggins gateway` and `huggins supervise` write their records as JSON, by the setting of the platform."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.integration.story.test_demo import HUGGINS

PATIENCE_S = 60
IMPATIENT = aiohttp.ClientTimeout(total=1)
JSON = {"HUGGINS_LOGGING_FORMAT": "json", "HUGGINS_LOGGING_LEVEL": "debug"}


@asynccontextmanager
async def running(home: Path, log: Path, *command: str) -> AsyncIterator[str]:
    """Run a command on a home; give the first line that it prints, and write its records into a file."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("HUGGINS_")}
    environment = {**own, "HUGGINS_HOME": str(home), "HUGGINS_NODES_LOCAL_KIND": "process", **JSON}
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            HUGGINS,
            *command,
            env={**environment, "COLUMNS": "300"},
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
        try:
            assert process.stdout
            async with asyncio.timeout(PATIENCE_S):
                yield (await process.stdout.readline()).decode()
        finally:
            process.terminate()
            await process.wait()


def records(log: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.read_text("utf-8").splitlines()]


async def test_a_gateway_writes_calls_as_objects_with_their_id(used_home: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with (
        running(used_home, log, "gateway", "--port", "0", "--access-log") as told,
        aiohttp.ClientSession() as session,
    ):
        found = re.search(r"http://127\.0\.0\.1:\d+", told)
        assert found, told
        headers = {"X-Request-Id": "from-a-script"}
        async with session.post(f"{found[0]}/predict/nothing", json={}, headers=headers) as answer:
            assert (answer.status, answer.headers["X-Request-Id"]) == (404, "from-a-script")
        with contextlib.suppress(TimeoutError):  # its replica does not come: what runs here is no module
            await session.post(f"{found[0]}/predict/hot", json={}, headers=headers, timeout=IMPATIENT)
    [call] = [one for one in records(log) if one["message"] == "call"]
    assert isinstance(call["call"], dict)
    assert (call["request"], call["call"]["id"]) == ("from-a-script", "from-a-script")
    assert call["call"]["path"] == "/predict/hot"


async def test_a_standby_supervisor_writes_json_alone(used_home: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with running(used_home, log, "supervise") as told:
        assert "Supervises" in told
    assert {"time", "level", "logger", "message"} <= records(log)[0].keys()
