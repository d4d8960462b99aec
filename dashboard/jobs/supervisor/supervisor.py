"""The loop that makes the world match the rows: what waits is placed, what runs is attended to.

It may be killed at any instruction: everything it needs to go on is in the database, in the job folders and
on the nodes.
"""

from __future__ import annotations

import asyncio
import logging
import time

from dashboard.jobs.job import AttemptState, DesiredState, Phase
from dashboard.jobs.store.live_events import ENDED
from dashboard.jobs.supervisor.context import SupervisorContext
from dashboard.jobs.supervisor.lease import LeaseLost
from dashboard.jobs.supervisor.placement import PLACED, Placement
from dashboard.jobs.supervisor.poll_schedule import PollSchedule
from dashboard.jobs.supervisor.reconciler import JobReconciler
from dashboard.jobs.supervisor.supervised_jobs import SupervisedJob
from dashboard.jobs.supervisor.sweeper import Sweeper

log = logging.getLogger(__name__)

IDLE_SECONDS = 5.0  # between passes while nothing runs; `wake` comes first
EXPLAINED_S = 1.0  # between two looks at why jobs wait: they should begin first


class Supervisor:
    """Runs every job: places it, has it attended to, clears away after it.

    Of several on one database one acts, as long as it has the lease; the others wait for it.

    Parameters
    ----------
    context : SupervisorContext
        What it works with.
    """

    def __init__(self, context: SupervisorContext) -> None:
        self._context = context
        self._woken = asyncio.Event()
        self._reconcilers: dict[str, JobReconciler] = {}
        self._visits: dict[str, asyncio.Task[None]] = {}
        self._placement = Placement(context, self._attend)
        self._poll_schedule = PollSchedule(context.settings.poll_seconds)
        self._sweeper = Sweeper(context)
        self._led: bool | None = None
        self._explained, self._explained_at = True, -EXPLAINED_S

    def wake(self) -> None:
        """Look now: something was created or is to be aborted."""
        self._woken.set()

    @property
    def leads(self) -> bool:
        """Whether it acts, not another on the same database."""
        return self._context.lease.held

    async def run(self) -> None:
        """Reconcile until cancelled; what is being done then is left where it is."""
        sweeping = asyncio.create_task(self._sweeper.run())
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                await self._rest(
                    self._poll_schedule.pass_interval() if await self._pass_safely() else self._idle
                )
        finally:
            sweeping.cancel()
            listening.cancel()
            await asyncio.gather(sweeping, listening, self._stand_by(), return_exceptions=True)

    async def _listen(self) -> None:
        """Look at once when a job has ended: another may have its place."""
        with self._context.live.subscribe([ENDED]) as happening:
            async for _ in happening:
                self.wake()

    async def _rest(self, seconds: float) -> None:
        """Wait until somebody wakes us; a job whose runner has begun or ended meanwhile is attended to."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                async with asyncio.timeout(min(left, self._poll_schedule.check_interval())):
                    await self._woken.wait()
                break
            except TimeoutError:
                for job in await asyncio.to_thread(
                    self._poll_schedule.started_or_ended, frozenset(self._visits)
                ):
                    self._attend(job)
        self._woken.clear()

    @property
    def _idle(self) -> float:
        often = IDLE_SECONDS if self._explained else EXPLAINED_S
        return min(often, self._context.lease.seconds / 5)  # often enough to keep the lease

    async def stop(self) -> None:
        """Let another supervisor act."""
        try:
            await self._context.lease.give_back()
        except Exception:  # the database is away: the lease ends by itself
            log.exception("the lease could not be given back")

    async def reconcile(self) -> None:
        """Do one whole pass and wait for it; nothing, while another supervisor has the lease."""
        await self._pass(everyone=True)
        await asyncio.gather(*self._visits.values())

    async def sweep(self) -> None:
        """Clear away what belongs to nobody."""
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
        """Let go of everything: another acts."""
        visits = [*self._visits.values()]
        for task in visits:
            task.cancel()
        await asyncio.gather(*visits, return_exceptions=True)
        self._reconcilers.clear()

    async def _pass(self, *, everyone: bool = False) -> bool:
        """Look at all rows once, and at those jobs whose time it is; return whether anything is going on."""
        led = self._led
        self._led = await self._context.lease.hold()
        if led is not self._led:
            log.info("supervises the jobs" if self._led else "stands by: another supervises the jobs")
        if not self._led:
            await self._stand_by()
            return False
        visited = {*self._visits}
        supervised = await self._context.store.active()
        rows = {found.job.id: found for found in supervised if found.job.id not in visited}
        self._placement.count(supervised)
        self._forget({found.job.id for found in supervised})
        over = {found.job.id for found in supervised if found.over}
        for job in await self._due(supervised, everyone):
            if everyone or job not in over:
                self._attend(job, rows.get(job))
        self._explained = everyone or time.monotonic() >= self._explained_at + EXPLAINED_S
        placed = await self._placement.place(busy=self._visits, explain=self._explained)
        if placed == PLACED:
            self.wake()
        if not placed:  # ended jobs are cleaned up when no placement is pending
            for job in over:
                self._attend(job)
        if self._explained:
            self._explained_at = time.monotonic()
            await self._placement.explain_nodes()
        await self._store_progress()
        # What has only to be cleared away on a node that is down can wait for the slow beat.
        return len(over) < len(supervised) or bool(self._visits)

    async def _due(self, supervised: list[SupervisedJob], everyone: bool) -> list[str]:
        """Return the jobs to be attended to now: what is not simply running always is."""
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
        for job in [job for job in self._reconcilers if job not in alive and job not in self._visits]:
            del self._reconcilers[job]

    def _attend(self, job: str, known: SupervisedJob | None = None) -> None:
        """Start the job's reconciler unless it is still running; `known`: see `JobReconciler.visit`."""
        if job in self._visits:
            return
        reconciler = self._reconcilers.setdefault(job, JobReconciler(job, self._context))
        task = asyncio.create_task(reconciler.visit(known), name=f"job {job}")
        self._visits[job] = task
        task.add_done_callback(lambda done: self._left(job, done))

    def _left(self, job: str, task: asyncio.Task[None]) -> None:
        self._visits.pop(job, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the visit to job %s failed", job, exc_info=error)

    async def _store_progress(self) -> None:
        fresh = {}
        for job, reconciler in self._reconcilers.items():
            if reconciler.observer.progress is not None:
                fresh[job] = reconciler.observer.progress
                reconciler.observer.progress = None
        if fresh:
            await self._context.store.progress(fresh)
