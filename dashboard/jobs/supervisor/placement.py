"""Giving jobs that wait a node, or a reason why there is none for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Container

from dashboard.base.resources import Resources
from dashboard.jobs.fairness import in_turn, too_many
from dashboard.jobs.job import AttemptState, Job
from dashboard.jobs.supervisor.context import SupervisorContext
from dashboard.jobs.supervisor.supervised_jobs import SupervisedJob
from dashboard.nodes.ranking import ANY

QUEUE_LOOKS = (20, 200)  # waiting jobs looked at in one pass: first those for which there will mostly be room
PLACED = 20  # jobs that are given a node in one pass


class Placement:
    """Gives waiting jobs, in turn (`dashboard.jobs.fairness`), the room that there is.

    Fair: a job that finds no room keeps one node free for itself, later jobs cannot take that from it.

    Parameters
    ----------
    context : SupervisorContext
        What it works with.
    attend : callable
        Called with each job that was given a node.
    """

    def __init__(self, context: SupervisorContext, attend: Callable[[str], None]) -> None:
        self._context = context
        self._attend = attend
        self._running: Counter[str] = Counter()  # person to how many jobs of theirs hold a node
        self._served: dict[str, int] = {}  # person to when a job of theirs last began, counted in jobs

    def count(self, supervised: Collection[SupervisedJob]) -> None:
        """Count anew what holds a node, and whose it is."""
        held: dict[str, dict[str, Resources]] = {}
        for found in supervised:
            if found.attempt is not None and found.attempt.state is not AttemptState.ENDED:
                held.setdefault(found.attempt.node, {})[found.job.id] = found.job.resources
        self._context.nodes.hold_only(held)
        self._running = Counter(
            found.job.owner
            for found in supervised
            if found.attempt is not None and found.attempt.state is not AttemptState.ENDED
        )

    async def place(self, busy: Container[str], *, explain: bool = True) -> int:
        """Give waiting jobs the room that there is; return to how many. `PLACED`: there may be room for more.

        Parameters
        ----------
        busy : container of str
            Jobs that are attended to just now: they are left alone.
        explain : bool
            Write down why the others wait.
        """
        nodes, limit = self._context.nodes, self._context.settings.running_per_user
        open_nodes = [
            node.name
            for node in nodes.list()
            if node.open and (not node.slots or len(node.running) < node.slots)
        ]
        kept: set[str] = set()
        placed = 0
        async for job in self._waiting(open_nodes):
            if job.id in busy:
                continue
            if why := too_many(job.owner, self._running, limit):
                if explain:
                    await self._explain(job, why)
                continue
            image = self._context.image_name(job.module, job.module_version)
            node = nodes.place(job.node, job.resources, kept, image)
            if node is not None:
                await self._intend(job, node)
                placed += 1
                if placed == PLACED:  # the rest in the next pass: what runs, and the lease, are looked after
                    break
                continue
            reason = self._wait(job, kept)
            if explain:
                await self._explain(job, reason)
            if len(kept) == len(open_nodes):
                break
        return placed

    async def _waiting(self, nodes: Collection[str]) -> AsyncIterator[Job]:
        """Give jobs that wait for one of these nodes, in turn."""
        seen: set[str] = set()
        for look in QUEUE_LOOKS if nodes else ():
            found = await self._context.store.queue(nodes, look)
            for job in in_turn([job for job in found if job.id not in seen], self._running, self._served):
                seen.add(job.id)
                yield job
            if len(found) < look:
                return

    async def _intend(self, job: Job, node: str) -> None:
        kind = self._context.nodes.launcher(node).kind
        attempt = await self._context.store.intend(job, node, kind)
        if attempt is not None:
            self._context.nodes.hold(node, job.id, job.resources)
            self._running[job.owner] += 1
            self._served[job.owner] = max(self._served.values(), default=0) + 1
            await self._context.at("intended")
            self._attend(job.id)

    def _wait(self, job: Job, kept: set[str]) -> str:
        """Keep a node free for a job that finds no room; return why it waits."""
        candidates = self._context.nodes.candidates(job.node, job.resources)
        answering = [node.name for node in candidates if node.open and node.name not in kept]
        if answering:
            kept.add(answering[0])
        if candidates:
            return f"waits for room on {'a node' if job.node == ANY else job.node}"
        fits = self._context.nodes.fits(job.resources)
        shown = fits if job.node == ANY else {job.node: fits.get(job.node, [])}
        return "no node can run it: " + "; ".join(f"{name} {', '.join(why)}" for name, why in shown.items())

    async def _explain(self, job: Job, reason: str) -> None:
        if job.reason != reason and await self._context.store.explain(job, reason):
            self._context.jobs.publish(await self._context.jobs.get(job.id))

    async def explain_nodes(self) -> None:
        """Tell the jobs that wait for a node which takes none now why it does not."""
        known = {node.name: node for node in self._context.nodes.list()}
        reasons = {name: f"node {name} {why}" for name, node in known.items() if (why := node.closed())}
        if known and len(reasons) == len(known):
            reasons[ANY] = "no node takes jobs now: " + "; ".join(
                f"{node.name} {node.closed()}" for node in known.values()
            )
        for name in await self._context.store.waiting_nodes() - {*known, ANY}:
            reasons[name] = (
                f"node {name} is not in the settings: add it, or abort this job and choose another"
            )
        if reasons and await self._context.store.explain_waiting(reasons):
            self._context.live.publish("jobs", "changed", {})
