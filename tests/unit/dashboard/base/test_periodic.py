"""Work in the background that goes on whatever becomes of one time."""

from __future__ import annotations

import asyncio
import logging

import pytest

from dashboard.base.periodic import Periodic

log = logging.getLogger("tests.periodic")


async def test_a_failure_is_logged_and_the_work_goes_on_until_it_is_stopped(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done = asyncio.Event()
    times = 0

    async def work() -> None:
        nonlocal times
        times += 1
        if times == 1:
            raise RuntimeError("once")
        done.set()

    periodic = Periodic(work, 0.0, log, "it could not be done")
    assert not await periodic.stop()
    periodic.start()
    async with asyncio.timeout(10):
        await done.wait()
    assert await periodic.stop()
    assert not await periodic.stop()
    before = times
    await asyncio.sleep(0)
    assert times == before
    assert [record.getMessage() for record in caplog.records] == ["it could not be done"]
