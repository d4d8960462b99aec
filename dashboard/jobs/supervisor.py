"""The loop that makes the world match the rows."""

from __future__ import annotations


class Supervisor:
    """Runs every job: places it, launches it, watches it, records how it ended."""

    def wake(self) -> None:
        """Look now: something was created or is to be aborted."""
        raise NotImplementedError

    async def reconcile(self) -> None:
        """Do one whole pass and wait for it (tests)."""
        raise NotImplementedError

    async def run(self) -> None:
        """Reconcile until cancelled."""
        raise NotImplementedError
