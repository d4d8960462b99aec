"""The loop that makes the world match the rows: it places what waits, and attends to what runs.

It may be killed at any instruction: everything it needs to go on is in the database, in the job folders and
on the nodes.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter

from dashboard.jobs.attendant import Attendant
from dashboard.jobs.fairness import in_turn, too_many
from dashboard.jobs.job import FINAL, AttemptState, Job, Phase, Resources, Wanted
from dashboard.jobs.lease import LeaseLost
from dashboard.jobs.pace import Pace
from dashboard.jobs.surroundings import Surroundings
from dashboard.jobs.sweeper import Sweeper
from dashboard.jobs.watched import Watched
from dashboard.nodes.choosing import ANY

log = logging.getLogger(__name__)

QUEUE_LOOK = 200  # waiting jobs looked at in one pass
PLACED = 20  # jobs that are given a node in one pass
IDLE_SECONDS = 5.0  # between passes while nothing runs; `wake` comes first


class Supervisor:
    """Runs every job: places it, has it attended to, clears away after it.

    Of several on one database one acts, as long as it has the lease; the others wait for it.

    Parameters
    ----------
    around : Surroundings
        What it works with.
    """

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._woken = asyncio.Event()
        self._attendants: dict[str, Attendant] = {}
        self._visits: dict[str, asyncio.Task[None]] = {}
        self._running: Counter[str] = Counter()  # person to how many jobs of theirs hold a node
        self._served: dict[str, int] = {}  # person to when a job of theirs last began, counted in jobs
        self._pace = Pace(around.settings.poll_seconds)
        self._sweeper = Sweeper(around)
        self._led: bool | None = None

    def wake(self) -> None:
        """Look now: something was created or is to be aborted."""
        self._woken.set()

    @property
    def leads(self) -> bool:
        """Whether it acts, not another on the same database."""
        return self._around.lease.held

    async def run(self) -> None:
        """Reconcile until cancelled; what is being done then is left where it is."""
        sweeping = asyncio.create_task(self._sweeper.run())
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                pause = self._pace.pause() if await self._pass_safely() else self._idle
                try:
                    async with asyncio.timeout(pause):
                        await self._woken.wait()
                except TimeoutError:
                    pass
                self._woken.clear()
        finally:
            sweeping.cancel()
            listening.cancel()
            await asyncio.gather(sweeping, listening, self._stand_by(), return_exceptions=True)

    async def _listen(self) -> None:
        """Look at once when a job has ended: another may have its place."""
        with self._around.live.subscribe(["jobs"]) as happening:
            async for event in happening:
                if event.data.get("phase") in FINAL:
                    self.wake()

    @property
    def _idle(self) -> float:
        return min(IDLE_SECONDS, self._around.lease.seconds / 5)  # often enough to keep the lease

    async def stop(self) -> None:
        """Let another supervisor act."""
        try:
            await self._around.lease.give_back()
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
        self._attendants.clear()

    async def _pass(self, *, everyone: bool = False) -> bool:
        """Look at all rows once, and at those jobs whose time it is; return whether anything is going on."""
        led = self._led
        self._led = await self._around.lease.hold()
        if led is not self._led:
            log.info("supervises the jobs" if self._led else "stands by: another supervises the jobs")
        if not self._led:
            await self._stand_by()
            return False
        watched = await self._around.journal.watched()
        self._count(watched)
        self._forget({found.job.id for found in watched})
        for job in await self._due(watched, everyone):
            self._attend(job)
        await self._place_waiting()
        await self._store_progress()
        # What has only to be cleared away on a node that is down can wait for the slow beat.
        return any(
            found.attempt is None or found.attempt.state is not AttemptState.ENDED for found in watched
        ) or bool(self._visits)

    def _count(self, watched: list[Watched]) -> None:
        held: dict[str, dict[str, Resources]] = {}
        for found in watched:
            if found.attempt is not None and found.attempt.state is not AttemptState.ENDED:
                held.setdefault(found.attempt.node, {})[found.job.id] = found.job.resources
        self._around.nodes.hold_only(held)
        self._running = Counter(
            found.job.owner
            for found in watched
            if found.attempt is not None and found.attempt.state is not AttemptState.ENDED
        )

    async def _due(self, watched: list[Watched], everyone: bool) -> list[str]:
        """Return the jobs to be attended to now: what is not simply running always is."""
        running = {
            found.job.id: self._around.jobs.out_folder(found.attempt)
            for found in watched
            if found.attempt is not None
            and found.attempt.state is AttemptState.LAUNCHED
            and found.job.phase is Phase.EXECUTING
            and found.job.wanted is Wanted.RUN
        }
        now = await asyncio.to_thread(self._pace.due, running)
        jobs = [found.job.id for found in watched]
        return [job for job in jobs if everyone or job not in running or job in now]

    def _forget(self, alive: set[str]) -> None:
        for job in [job for job in self._attendants if job not in alive and job not in self._visits]:
            del self._attendants[job]

    def _attend(self, job: str) -> None:
        """Send the job's attendant, unless it is still there from last time."""
        if job in self._visits:
            return
        attendant = self._attendants.setdefault(job, Attendant(job, self._around))
        task = asyncio.create_task(attendant.visit(), name=f"job {job}")
        self._visits[job] = task
        task.add_done_callback(lambda done: self._left(job, done))

    def _left(self, job: str, task: asyncio.Task[None]) -> None:
        self._visits.pop(job, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the visit to job %s failed", job, exc_info=error)

    async def _place_waiting(self) -> None:
        """Give waiting jobs, in turn (`dashboard.jobs.fairness`), the room that there is.

        Fair: a job that finds no room keeps one node free for itself, later jobs cannot take that from it.
        """
        nodes, journal, limit = (
            self._around.nodes,
            self._around.journal,
            self._around.settings.running_per_user,
        )
        open_nodes = [
            node.name
            for node in nodes.list()
            if node.open and (not node.slots or len(node.running) < node.slots)
        ]
        waiting = await journal.queue(open_nodes, QUEUE_LOOK) if open_nodes else []
        kept: set[str] = set()
        placed = 0
        for job in in_turn(waiting, self._running, self._served):
            if job.id in self._visits:
                continue
            if why := too_many(job.owner, self._running, limit):
                await self._explain(job, why)
                continue
            image = self._around.image_name(job.module, job.module_version)
            node = nodes.place(job.node, job.resources, kept, image)
            if node is not None:
                await self._intend(job, node)
                placed += 1
                if placed == PLACED:  # the rest in the next pass: what runs, and the lease, are looked after
                    self.wake()
                    break
                continue
            await self._wait(job, kept)
            if len(kept) == len(open_nodes):
                break
        await self._explain_nodes()

    async def _intend(self, job: Job, node: str) -> None:
        kind = self._around.nodes.launcher(node).kind
        attempt = await self._around.journal.intend(job, node, kind)
        if attempt is not None:
            self._around.nodes.hold(node, job.id, job.resources)
            self._running[job.owner] += 1
            self._served[job.owner] = max(self._served.values(), default=0) + 1
            await self._around.at("intended")
            self._attend(job.id)

    async def _wait(self, job: Job, kept: set[str]) -> None:
        candidates = self._around.nodes.candidates(job.node, job.resources)
        answering = [node.name for node in candidates if node.open and node.name not in kept]
        if answering:
            kept.add(answering[0])
        if candidates:
            reason = f"waits for room on {'a node' if job.node == ANY else job.node}"
        else:
            fits = self._around.nodes.fits(job.resources)
            shown = fits if job.node == ANY else {job.node: fits.get(job.node, [])}
            reason = "no node can run it: " + "; ".join(
                f"{name} {', '.join(why)}" for name, why in shown.items()
            )
        await self._explain(job, reason)

    async def _explain(self, job: Job, reason: str) -> None:
        if job.reason != reason and await self._around.journal.explain(job, reason):
            self._around.jobs.publish(await self._around.jobs.get(job.id))

    async def _explain_nodes(self) -> None:
        """Tell the jobs that wait for a node which takes none now why it does not."""
        known = {node.name: node for node in self._around.nodes.list()}
        reasons = {name: f"node {name} {why}" for name, node in known.items() if (why := node.closed())}
        if known and len(reasons) == len(known):
            reasons[ANY] = "no node takes jobs now: " + "; ".join(
                f"{node.name} {node.closed()}" for node in known.values()
            )
        for name in await self._around.journal.waiting_nodes() - {*known, ANY}:
            reasons[name] = (
                f"node {name} is not in the settings: add it, or abort this job and choose another"
            )
        if reasons and await self._around.journal.explain_waiting(reasons):
            self._around.live.publish("jobs", "changed", {})

    async def _store_progress(self) -> None:
        fresh = {}
        for job, attendant in self._attendants.items():
            if attendant.progress is not None:
                fresh[job] = attendant.progress
                attendant.progress = None
        if fresh:
            await self._around.journal.progress(fresh)
