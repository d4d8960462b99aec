"""A trial with several supervisors on one home and database: the one that acts is stopped, or killed.

One that is stopped wakes when another has taken over, in the middle of what it was doing. That a try which
it then starts again (it was about to) runs once is the claim's part: here the runner claims as the real one
does.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.context import ForkServerProcess

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from dashboard.database.engine import Database
from dashboard.database.tables import leases
from dashboard.settings import JobsSettings
from tests.integration.crash import runner
from tests.integration.crash.trial import Trial

LEASE_S = 1.0
BLOCKED_S = 6.0  # stopped inside a transaction, it may keep the others from the database
LOOK_S = 0.02


class SeveralSupervisors(Trial):
    """`kills` counts the stops and the kills together; every third is a kill."""

    def lives(self) -> None:
        (self.folder / "stage" / runner.CLAIMED).touch()
        patient = JobsSettings(missing_grace_s=2, poll_seconds=0.05, stop_grace_s=2, lease_s=LEASE_S)
        self.life = replace(self.life, settings=patient)
        self.takeovers = 0
        whole = self.start(replace(self.life, jobs=self.report.jobs))
        self._platforms = [whole, self.start(replace(self.life, assist=True))]
        for number in range(self.kills):
            leader = self._leader()
            time.sleep(self.chance.uniform(0, 2 * LEASE_S))  # any instant will do, none is waited for
            if number % 3 == 2:
                self._kill(leader)
            else:
                self._stop(leader)
            self.report.at_random += 1
        for process in self._platforms:
            process.kill()
            process.join()

    def _leader(self) -> ForkServerProcess:
        """Wait until one supervises; return its process."""
        for holder in self._holders(3 * BLOCKED_S):
            for process in self._platforms:
                if holder == process.pid and process.is_alive():
                    return process
        raise AssertionError("nobody supervises")

    def _kill(self, leader: ForkServerProcess) -> None:
        leader.kill()
        leader.join()
        self._platforms.remove(leader)
        self._platforms.append(self.start(replace(self.life, assist=True)))

    def _stop(self, leader: ForkServerProcess) -> None:
        """Stop it, wake it when another supervises."""
        assert leader.pid
        os.kill(leader.pid, signal.SIGSTOP)
        try:
            for holder in self._holders(BLOCKED_S):
                if holder is not None and holder != leader.pid:
                    self.takeovers += 1
                    return
        finally:
            os.kill(leader.pid, signal.SIGCONT)

    def _holders(self, seconds: float) -> Iterator[int | None]:
        """Look again and again at who has the lease, for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            yield asyncio.run(self._holder())
            time.sleep(LOOK_S)

    async def _holder(self) -> int | None:
        database = Database(self.life.url)
        try:
            async with database.read() as connection:
                holder = (await connection.execute(select(leases.c.holder))).scalar_one_or_none()
        except OperationalError:
            return None
        finally:
            await database.close()
        file = self.folder / "home" / "supervisors" / (holder or "/").rpartition("/")[2]
        return int(file.read_text() or 0) if holder and file.is_file() else None
