"""The loop that makes the nodes match the rows: it places waiting jobs and reconciles the others.

It may be killed at any instruction: all its state is in the database, in the job folders and on the nodes.
"""

from __future__ import annotations

import asyncio
import logging
import time

from dashboard.jobs.job import AttemptState, DesiredState, Phase
from dashboard.jobs.store.live_events import ENDED
from dashboard.jobs.store.supervised_jobs import SupervisedJob
from dashboard.jobs.supervisor.context import SupervisorContext
from dashboard.jobs.supervisor.lease import LeaseLost
from dashboard.jobs.supervisor.placement import PLACED, Placement
from dashboard.jobs.supervisor.poll_schedule import PollSchedule
from dashboard.jobs.supervisor.reconciler import JobReconciler
from dashboard.jobs.supervisor.sweeper import Sweeper
from dashboard.quotas.usage import SEEN_EVERY_S

log = logging.getLogger(__name__)

IDLE_SECONDS = 5.0  # between passes while nothing runs; `wake` comes first
EXPLAINED_S = 1.0  # between two updates of why jobs wait: starting them comes first


class Supervisor:
    """Runs all jobs: places them, reconciles them, cleans up after them.

    Of several supervisors on one database the holder of the lease acts; the others are on standby.

    Parameters
    ----------
    context : SupervisorContext
        What it depends on.
    """

    def __init__(self, context: SupervisorContext) -> None:
        self._context = context
        self._woken = asyncio.Event()
        self._reconcilers: dict[str, JobReconciler] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._placement = Placement(context, self._start_reconciler)
        self._poll_schedule = PollSchedule(context.settings.poll_seconds)
        self._sweeper = Sweeper(context)
        self._led: bool | None = None
        self._loop: asyncio.Task[None] | None = None
        self._explained, self._explained_at = True, -EXPLAINED_S
        self._seen_at = time.monotonic()

    def wake(self) -> None:
        """Start a pass now: a job was created or is to be aborted."""
        self._woken.set()

    @property
    def leads(self) -> bool:
        """Whether this supervisor holds the lease."""
        return self._context.lease.held

    async def run(self) -> None:
        """Reconcile until cancelled; work in progress is interrupted and resumed by the next supervisor."""
        sweeping = asyncio.create_task(self._sweeper.run())
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                await self._wait(
                    self._poll_schedule.pass_interval() if await self._pass_safely() else self._idle
                )
        finally:
            sweeping.cancel()
            listening.cancel()
            await asyncio.gather(sweeping, listening, self._stand_by(), return_exceptions=True)

    async def _listen(self) -> None:
        """Start a pass when a job has ended: a waiting one may take its place."""
        with self._context.live.subscribe([ENDED]) as ends:
            async for _ in ends:
                self.wake()

    async def _wait(self, seconds: float) -> None:
        """Wait until `wake`; reconcile jobs whose runner has started or ended meanwhile."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                async with asyncio.timeout(min(left, self._poll_schedule.check_interval())):
                    await self._woken.wait()
                break
            except TimeoutError:
                for job in await asyncio.to_thread(
                    self._poll_schedule.started_or_ended, frozenset(self._running)
                ):
                    self._start_reconciler(job)
        self._woken.clear()

    @property
    def _idle(self) -> float:
        often = IDLE_SECONDS if self._explained else EXPLAINED_S
        return min(often, self._context.lease.seconds / 5)  # often enough to keep the lease

    async def start(self) -> None:
        """Start the loop."""
        self._loop = asyncio.create_task(self.run(), name="supervisor")

    @property
    def running(self) -> bool:
        """Whether the loop was started and has not ended."""
        return self._loop is not None and not self._loop.done()

    async def stop(self) -> None:
        """Stop the loop, if it was started, and release the lease: another supervisor may act at once."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
            self._loop = None
        try:
            await self._context.lease.release()
        except Exception:  # the database is unavailable: the lease expires by itself
            log.exception("the lease could not be released")

    async def reconcile(self) -> None:
        """Do one complete pass and wait for it; without the lease, do nothing."""
        await self._pass(everyone=True)
        await asyncio.gather(*self._running.values())

    async def sweep(self) -> None:
        """Remove what belongs to no job."""
        await self._sweeper.sweep()

    async def _pass_safely(self) -> bool:
        try:
            return await self._pass()
        except LeaseLost:
            return True
        except Exception:  # the loop must go on: the next pass starts from the rows again
            log.exception("a pass over the jobs failed; trying again")
            return True

    async def _stand_by(self) -> None:
        """Cancel all reconcilers: another supervisor acts."""
        running = [*self._running.values()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._reconcilers.clear()

    async def _pass(self, *, everyone: bool = False) -> bool:
        """Read all rows and reconcile the jobs that are due; return whether any job is active.

        Parameters
        ----------
        everyone : bool
            Reconcile every job, due or not.
        """
        led = self._led
        self._led = await self._context.lease.hold()
        if led is not self._led:
            log.info("supervises the jobs" if self._led else "on standby")
        if not self._led:
            await self._stand_by()
            return False
        busy = {*self._running}
        supervised = await self._context.store.active()
        rows = {found.job.id: found for found in supervised if found.job.id not in busy}
        self._placement.count(supervised)
        await self._note_seen(supervised)
        self._forget({found.job.id for found in supervised})
        over = {found.job.id for found in supervised if found.over}
        for job in await self._due(supervised, everyone):
            if everyone or job not in over:
                self._start_reconciler(job, rows.get(job))
        self._explained = everyone or time.monotonic() >= self._explained_at + EXPLAINED_S
        placed = await self._placement.place(busy=self._running, explain=self._explained)
        if placed == PLACED:
            self.wake()
        if not placed:  # ended jobs are cleaned up when no placement is pending
            for job in over:
                self._start_reconciler(job)
        if self._explained:
            self._explained_at = time.monotonic()
            await self._placement.explain_nodes()
        await self._store_progress()
        # Ended attempts on a node that is down are cleaned up at the slow rate.
        return len(over) < len(supervised) or bool(self._running)

    async def _note_seen(self, supervised: list[SupervisedJob]) -> None:
        """Record now and then which attempts are watched (`dashboard.quotas.usage`)."""
        watched = [found for found in supervised if found.attempt is not None and not found.over]
        if watched and time.monotonic() >= self._seen_at + SEEN_EVERY_S:
            self._seen_at = time.monotonic()
            running = [found.attempt.id for found in watched if found.attempt is not None]
            await self._context.store.seen(running, self._held(watched))

    def _held(self, supervised: list[SupervisedJob]) -> dict[str, float]:
        """Return for how long the parts of attempts have held their nodes, of those in parts."""
        found = {}
        for one in supervised:
            reconciler = self._reconcilers.get(one.job.id)
            held_s = reconciler.observer.held_s if reconciler else None
            if one.attempt is not None and held_s is not None:
                found[one.attempt.id] = held_s
        return found

    async def _due(self, supervised: list[SupervisedJob], everyone: bool) -> list[str]:
        """Return the jobs to reconcile now: running ones by the poll schedule, all others always."""
        running = {
            found.job.id: self._context.jobs.out_folder(found.attempt)
            for found in supervised
            if found.attempt is not None
            and found.attempt.state is AttemptState.LAUNCHED
            and found.job.phase in (Phase.QUEUED, Phase.EXECUTING)
            and found.job.desired_state is DesiredState.RUN
        }
        now = await asyncio.to_thread(self._poll_schedule.due, running)
        jobs = [found.job.id for found in supervised]
        return [job for job in jobs if everyone or job not in running or job in now]

    def _forget(self, alive: set[str]) -> None:
        for job in [job for job in self._reconcilers if job not in alive and job not in self._running]:
            del self._reconcilers[job]

    def _start_reconciler(self, job: str, known: SupervisedJob | None = None) -> None:
        """Start the job's reconciler unless it is running; `known`: see `JobReconciler.reconcile`."""
        if job in self._running:
            return
        reconciler = self._reconcilers.setdefault(job, JobReconciler(job, self._context))
        task = asyncio.create_task(reconciler.reconcile(known), name=f"job {job}")
        self._running[job] = task
        task.add_done_callback(lambda done: self._reconciled(job, done))

    def _reconciled(self, job: str, task: asyncio.Task[None]) -> None:
        self._running.pop(job, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("reconciling job %s failed", job, exc_info=error)

    async def _store_progress(self) -> None:
        fresh = {}
        for job, reconciler in self._reconcilers.items():
            if reconciler.observer.progress is not None:
                fresh[job] = reconciler.observer.progress
                reconciler.observer.progress = None
        if fresh:
            await self._context.store.progress(fresh)
