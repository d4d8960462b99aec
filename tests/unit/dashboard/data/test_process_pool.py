from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from dashboard.data.isolated.process_pool import ProcessPool, WorkerLost
from tests.unit.dashboard.data import misbehaving


@pytest.fixture
async def processes() -> AsyncIterator[ProcessPool]:
    made = ProcessPool(1)
    yield made
    await made.stop()


async def test_a_process_that_dies_harms_only_its_own_question(processes: ProcessPool) -> None:
    with pytest.raises(WorkerLost, match="ended the process"):
        await processes.run(misbehaving.die, limit_s=60)
    assert await processes.run(misbehaving.answer, limit_s=60) == 42


async def test_a_process_that_hangs_is_ended(processes: ProcessPool) -> None:
    with pytest.raises(WorkerLost, match="longer than"):
        await processes.run(misbehaving.hang, limit_s=0.2)
    assert await processes.run(misbehaving.answer, limit_s=60) == 42


async def test_a_timeout_that_the_function_raises_is_not_taken_for_the_time_limit(
    processes: ProcessPool,
) -> None:
    with pytest.raises(TimeoutError, match="the mount does not respond"):
        await processes.run(misbehaving.time_out, limit_s=60)
    assert await processes.run(misbehaving.answer, limit_s=60) == 42


async def test_a_process_that_wants_too_much_memory_gets_a_memory_error(processes: ProcessPool) -> None:
    with pytest.raises(MemoryError):
        await processes.run(misbehaving.hoard, limit_s=60)
