"""Publishes, in a process on standby, what the acting supervisor of another process does.

Events are published inside one process (`dashboard.base.events`) by the supervisor that acts. In a process on
standby the relay derives the same events from what the processes share: the history in the database and the
files of the running jobs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy import func, select

from dashboard.base.errors import NotFound
from dashboard.base.events import Live
from dashboard.database.engine import Database
from dashboard.database.tables import events
from dashboard.jobs.folder.follower import Follower
from dashboard.jobs.job import AttemptState, Phase
from dashboard.jobs.store.jobs import JobStore
from dashboard.jobs.store.live_events import publish_deleted, publish_update
from dashboard.jobs.store.supervised_jobs import SupervisedJobs

log = logging.getLogger(__name__)

SECONDS = 1.0  # between two reads
MOST = 500  # events read at once; if there are more, subscribers are told to fetch the state again


class StandbyRelay:
    """Publishes what happens to jobs while another process acts; does nothing while this one does.

    Parameters
    ----------
    database : Database
        Shared with the supervisor that acts.
    jobs : JobStore
        On the shared home.
    live : Live
        Of this process.
    leads : Callable
        Returns whether the supervisor of this process acts.
    """

    def __init__(self, database: Database, jobs: JobStore, live: Live, leads: Callable[[], bool]) -> None:
        self._database = database
        self._jobs = jobs
        self._live = live
        self._leads = leads
        self._supervised_jobs = SupervisedJobs(database)
        self._newest: int | None = None
        self._followers: dict[str, Follower] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Relay every `SECONDS` until `stop`."""
        self._task = asyncio.create_task(self._run(), name="standby_relay")

    async def stop(self) -> None:
        """Stop relaying."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def relay(self) -> None:
        """Publish what has happened since the last call; nothing while this process acts."""
        if self._leads():
            self._newest = None
            self._followers.clear()
            return
        before, changed = self._newest, await self._since_last()
        if before is None or len(changed) == MOST:  # some events were not read
            self._live.resync_all()
        for job in dict.fromkeys(changed):
            await self._publish_job(job)
        await self._publish_updates()

    async def _run(self) -> None:
        while True:
            try:
                await self.relay()
            except Exception:  # the database is unavailable: the next call reads the same events
                log.exception("events of another supervisor could not be relayed; trying again")
            await asyncio.sleep(SECONDS)

    async def _since_last(self) -> list[str]:
        """Return the jobs with new events, in order, and remember how far the history was read."""
        async with self._database.read() as connection:
            newest = (await connection.execute(select(func.max(events.c.id)))).scalar_one() or 0
            if self._newest is None:
                self._newest = newest
                return []
            query = select(events.c.job).where(events.c.id > self._newest).order_by(events.c.id).limit(MOST)
            changed = list((await connection.execute(query)).scalars())
        self._newest = newest
        return changed

    async def _publish_job(self, job: str) -> None:
        try:
            self._jobs.publish(await self._jobs.get(job))
        except NotFound:
            publish_deleted(self._live, job)

    async def _publish_updates(self) -> None:
        running = {
            found.job.id: found.attempt
            for found in await self._supervised_jobs.active()
            if found.attempt is not None
            and found.attempt.state is AttemptState.LAUNCHED
            and found.job.phase is Phase.EXECUTING
            and self._live.followed("jobs", f"job:{found.job.id}")
        }
        for job in self._followers.keys() - running.keys():
            del self._followers[job]
        for job in running.keys() - self._followers.keys():
            self._followers[job] = Follower(self._jobs.out_folder(running[job]))
        followers = dict(self._followers)
        news = await asyncio.to_thread(lambda: [follower.look() for follower in followers.values()])
        for job, new in zip(followers, news, strict=True):
            publish_update(self._live, job, new)
