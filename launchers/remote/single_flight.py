"""Work that is done once, however many ask for it, also for those who come back after giving up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any


class SingleFlight:
    """What is under way, by name: who asks for it joins, and whoever gives up leaves the work alone."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[Any]] = {}

    async def __call__(self, what: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do `work`, or wait for what is under way under that name; its answer or its error."""
        task = self._tasks.get(what)
        if task is None:
            task = self._tasks[what] = asyncio.ensure_future(work())
            task.add_done_callback(lambda done: self._forget(what, done))
        return await asyncio.shield(task)

    async def cancel(self) -> None:
        """End what is under way."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _forget(self, what: str, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(what, None)
        if not task.cancelled():
            task.exception()  # whoever still waits is told; nobody else needs to be
