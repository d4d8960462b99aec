"""Work that concurrent callers share, by name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any


class SingleFlight:
    """Runs one task per name at a time; a further caller awaits it, a cancelled caller does not end it."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[Any]] = {}

    async def __call__(self, what: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Run `work`, or await the running task of that name.

        Parameters
        ----------
        what : str
            Name of the task.
        work : callable
            Called only if no task of that name runs.

        Returns
        -------
        object
            The result of the task; its exception is raised.
        """
        task = self._tasks.get(what)
        if task is None:
            task = self._tasks[what] = asyncio.ensure_future(work())
            task.add_done_callback(lambda done: self._forget(what, done))
        return await asyncio.shield(task)

    async def cancel(self) -> None:
        """Cancel all running tasks."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _forget(self, what: str, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(what, None)
        if not task.cancelled():
            task.exception()  # callers that still wait get it; otherwise it is dropped
