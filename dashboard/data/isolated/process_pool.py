"""A pool of processes that read untrusted files: a crash or a hang affects only the call that caused it.

The processes have no network; a call sees the code, what it is said to read and to write, and nothing else of
the disk, where the kernel has Landlock (`spectra.isolation`).
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import signal
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import pebble

from spectra.isolation.reader import call_isolated, close_network

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

MEMORY_LIMIT = 8 * 2**30  # bytes of its own (mapped files do not count); beyond, a reader gets a MemoryError


Visible = tuple[tuple[Path, ...], tuple[Path, ...]]
_own = {"temporary": ""}  # of a process of the pool: where its calls make temporary files


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
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        # The time limit of a call begins when a process is free for it, not while the call waits.
        self._free = asyncio.Semaphore(count)

    async def run(
        self,
        function: Callable[[*Arguments], Result],
        *arguments: *Arguments,
        limit_s: float,
        reads: Sequence[Path] = (),
        writes: Sequence[Path] = (),
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
        reads : sequence of Path
            Files and folders that the call may read.
        writes : sequence of Path
            Folders in which it may also make files.

        Raises
        ------
        WorkerLost
            If the call took longer than `limit_s`, or its process ended.
        Exception
            What `function` raised.
        """
        async with self._free:
            pool = self._pool = self._pool or self._start()
            visible = (tuple(reads), tuple(writes))
            future = pool.schedule(_call, args=[visible, function, *arguments], timeout=limit_s)
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
        if self._temporary is not None:
            await asyncio.to_thread(self._temporary.cleanup)
            self._temporary = None

    def _start(self) -> pebble.ProcessPool:
        self._temporary = tempfile.TemporaryDirectory(prefix="huggins-readers-")
        # Never fork: this process has threads and an event loop.
        return pebble.ProcessPool(
            max_workers=self._count,
            initializer=_prepare_process,
            initargs=[self._temporary.name],
            context=multiprocessing.get_context("spawn"),
        )


def _call(visible: Visible, function: Callable[..., Result], *arguments: object) -> Result:
    """Call a function in the process, isolated; its own `TimeoutError` is wrapped."""
    reads, writes = visible
    try:
        with tempfile.TemporaryDirectory(dir=_own["temporary"]) as folder:
            tempfile.tempdir = folder
            return call_isolated(function, *arguments, reads=reads, writes=(*writes, Path(folder)))
    except TimeoutError as error:
        raise _RaisedTimeout(error) from error


def _prepare_process(temporary: str) -> None:
    """Ignore Ctrl-C (the platform handles it), lower the priority, bound the memory, close the network."""
    _own["temporary"] = temporary
    close_network()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(1)  # users wait for these results: a lower priority starves them beside two trainings
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = MEMORY_LIMIT if hard == resource.RLIM_INFINITY else min(MEMORY_LIMIT, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
