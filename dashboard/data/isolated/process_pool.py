"""ProcessPool that meet hostile files: what crashes, hangs or eats memory in them harms one question only."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar, TypeVarTuple

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

MEMORY_LIMIT = (
    8 * 2**30
)  # bytes of its own (mapped files do not count); a reader that wants more gets MemoryError


class WorkerLost(Exception):
    """The process ended, or was ended because it took too long; `str()` says which."""


class ProcessPool:
    """A pool of processes that is replaced when one of them hangs or dies.

    Parameters
    ----------
    count
        How many.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool: ProcessPoolExecutor | None = None
        # Time that a call waits for its turn is not its own: the clock starts when a process is free for it.
        self._free = asyncio.Semaphore(count)

    async def run(
        self, function: Callable[[*Arguments], Result], *arguments: *Arguments, limit_s: float
    ) -> Result:
        """Call `function` (of a module, its arguments pickled) in a process.

        Raises
        ------
        WorkerLost
            When it took longer than `limit_s` or its process ended. Calls that ran beside it are lost too.
        """
        async with self._free:
            return await self._run(function, *arguments, limit_s=limit_s)

    async def _run(
        self, function: Callable[[*Arguments], Result], *arguments: *Arguments, limit_s: float
    ) -> Result:
        pool = self._pool = self._pool or self._start()
        try:
            async with asyncio.timeout(limit_s):
                return await asyncio.get_running_loop().run_in_executor(pool, function, *arguments)
        except TimeoutError as error:
            self._end(pool)
            raise WorkerLost(f"it took longer than {limit_s:.0f} s") from error
        except BrokenProcessPool as error:
            self._end(pool)
            raise WorkerLost(
                "reading it ended the process (out of memory, or a fault in a library)"
            ) from error

    async def stop(self) -> None:
        """End every process."""
        if self._pool is not None:
            self._end(self._pool)

    def _start(self) -> ProcessPoolExecutor:
        # Never fork: this process has threads and an event loop.
        return ProcessPoolExecutor(self._count, multiprocessing.get_context("spawn"), _prepare_process)

    def _end(self, pool: ProcessPoolExecutor) -> None:
        if pool is self._pool:
            self._pool = None
        for process in list((pool._processes or {}).values()):  # noqa: SLF001 (3.14 has kill_workers for this)
            with contextlib.suppress(OSError):
                process.kill()
        pool.shutdown(wait=False, cancel_futures=True)


def _prepare_process() -> None:
    """Leave Ctrl-C to the platform, be polite to what serves pages, and bound the memory."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(1)  # a person waits for these too: more politeness starves them beside two busy trainings
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = MEMORY_LIMIT if hard == resource.RLIM_INFINITY else min(MEMORY_LIMIT, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
