"""Work that is done again and again in the background, whatever becomes of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable


class Periodic:
    """Does something at once, and again after each pause; a failure is logged, and ends nothing.

    Parameters
    ----------
    work : callable
        Awaited each time.
    every_s : float
        Seconds between the end of one time and the next.
    log : logging.Logger
        Takes failures.
    failed : str
        What is logged of a failure.
    """

    def __init__(
        self, work: Callable[[], Awaitable[object]], every_s: float, log: logging.Logger, failed: str
    ) -> None:
        self._work = work
        self._every_s = every_s
        self._log = log
        self._failed = failed
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> bool:
        """End; return whether it had begun."""
        task, self._task = self._task, None
        if task is None:
            return False
        task.cancel()
        await asyncio.wait([task])
        return True

    async def _run(self) -> None:
        log = self._log
        while True:
            try:
                await self._work()
            except Exception:
                log.exception("%s", self._failed)
            await asyncio.sleep(self._every_s)
