"""A pool of processes that read untrusted files: a crash or a hang affects only the call that caused it."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

import pebble

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

MEMORY_LIMIT = 8 * 2**30  # bytes of its own (mapped files do not count); beyond, a reader gets a MemoryError


class WorkerLost(Exception):
    """The process of a call ended, or was killed at the time limit; `str()` says which."""


class _RaisedTimeout(Exception):
    """Carries a `TimeoutError` of the called function: pebble reports its time limit by the same class."""


class ProcessPool:
    """A pool of spawned processes, each replaced when it hangs or dies.

    Parameters
    ----------
    count : int
        Number of processes.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool: pebble.ProcessPool | None = None
        # The time limit of a call begins when a process is free for it, not while the call waits.
        self._free = asyncio.Semaphore(count)

    async def run(
        self, function: Callable[[*Arguments], Result], *arguments: *Arguments, limit_s: float
    ) -> Result:
        """Call `function` (of a module, its arguments pickled) in a process.

        Parameters
        ----------
        function : callable
            What is called.
        *arguments
            Its arguments.
        limit_s : float
            Seconds after which the process is killed.

        Raises
        ------
        WorkerLost
            If the call took longer than `limit_s`, or its process ended.
        Exception
            What `function` raised.
        """
        async with self._free:
            pool = self._pool = self._pool or self._start()
            future = pool.schedule(_call, args=[function, *arguments], timeout=limit_s)
            try:
                result: Result = await asyncio.wrap_future(future)
            except pebble.ProcessExpired as error:
                raise WorkerLost(
                    "reading it ended the process (out of memory, or a fault in a library)"
                ) from error
            except _RaisedTimeout as raised:
                raise raised.args[0] from raised
            except TimeoutError as error:
                raise WorkerLost(f"it took longer than {limit_s:.0f} s") from error
            return result

    async def stop(self) -> None:
        """End every process."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            pool.stop()  # type: ignore[no-untyped-call]
            await asyncio.to_thread(pool.join)

    def _start(self) -> pebble.ProcessPool:
        # Never fork: this process has threads and an event loop.
        return pebble.ProcessPool(
            max_workers=self._count,
            initializer=_prepare_process,
            context=multiprocessing.get_context("spawn"),
        )


def _call(function: Callable[..., Result], *arguments: object) -> Result:
    """Call a function in the process; its own `TimeoutError` is wrapped."""
    try:
        return function(*arguments)
    except TimeoutError as error:
        raise _RaisedTimeout(error) from error


def _prepare_process() -> None:
    """Ignore Ctrl-C (the platform handles it), lower the priority, bound the memory."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(1)  # users wait for these too: a lower priority starves them beside two busy trainings
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = MEMORY_LIMIT if hard == resource.RLIM_INFINITY else min(MEMORY_LIMIT, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
