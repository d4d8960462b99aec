"""Assigns waiting jobs to nodes, and tells the others why they wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Container

from dashboard.auth.identity import EVERYONE, Identity
from dashboard.base.resources import Resources
from dashboard.jobs.fairness import at_limit, in_turn
from dashboard.jobs.job import AttemptState, Job
from dashboard.jobs.quota_turn import QuotaTurn
from dashboard.jobs.store.supervised_jobs import SupervisedJob
from dashboard.jobs.supervisor import messages
from dashboard.jobs.supervisor.context import SupervisorContext
from dashboard.nodes.ranking import ANY

QUEUE_READS = (20, 200)  # waiting jobs read in one pass: a few first, which mostly suffice
PLACED = 20  # jobs that are assigned in one pass


class Placement:
    """Assigns waiting jobs to nodes with free capacity, in the order of `dashboard.jobs.fairness`.

    A job that finds no free node reserves one: later jobs cannot take that node.

    Parameters
    ----------
    context : SupervisorContext
        What the supervisor depends on.
    on_placed : callable
        Called with each job that was assigned to a node.
    """

    def __init__(self, context: SupervisorContext, on_placed: Callable[[str], None]) -> None:
        self._context = context
        self._on_placed = on_placed
        self._running: Counter[str] = Counter()  # user to their jobs that hold a node
        self._served: dict[str, int] = {}  # user to when their last job started, counted in jobs

    def count(self, supervised: Collection[SupervisedJob]) -> None:
        """Count again what the attempts hold of each node, and the running jobs of each user."""
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
        """Assign waiting jobs to nodes; return how many. `PLACED`: there may be room for more.

        Parameters
        ----------
        busy : container of str
            Jobs that are being reconciled: they are skipped.
        explain : bool
            Whether to store why the other jobs wait.
        """
        nodes = self._context.nodes
        open_nodes = [
            node.name
            for node in nodes.all()
            if node.open and (not node.slots or len(node.running) < node.slots)
        ]
        reserved: set[str] = set()
        quotas = QuotaTurn(self._context.quotas)
        closed = await self._context.maintenance.mode() is not None
        placed = 0
        async for job in self._waiting(open_nodes):
            if job.id in busy:
                continue
            if why := messages.MAINTENANCE if closed else await self._over_limit(job, quotas):
                if explain:
                    await self._explain(job, why)
                continue
            image = self._context.image_name(job.module, job.module_version)
            owner = await self._context.accounts(job.owner)
            node = nodes.place(job.node, job.resources, reserved, image, identity=owner)
            if node is not None:
                await self._intend(job, node)
                placed += 1
                if placed == PLACED:  # the rest in the next pass, after running jobs and the lease
                    break
                continue
            reason = self._reserve(job, owner, reserved)
            if explain:
                await self._explain(job, reason)
            if len(reserved) == len(open_nodes):
                break
        return placed

    async def _over_limit(self, job: Job, quotas: QuotaTurn) -> str:
        """Return why a limit, a quota of its owner or its dataset lets a job wait; empty: none does."""
        limit = self._context.settings.running_per_user
        if at_limit(job.owner, self._running, limit):
            return messages.user_limit(job.owner, self._running[job.owner], limit)
        over = await quotas.reason(job)
        if over:
            return messages.quota_waits(over)
        # The last question: files are brought for a job that could start otherwise.
        return self._context.inputs.waits(job.id, job.dataset or "") if job.input.get("refers") else ""

    async def _waiting(self, nodes: Collection[str]) -> AsyncIterator[Job]:
        """Go through the jobs that wait for one of these nodes, in order."""
        given: set[str] = set()
        for limit in QUEUE_READS if nodes else ():
            found = await self._context.store.queue(nodes, limit)
            for job in in_turn([job for job in found if job.id not in given], self._running, self._served):
                given.add(job.id)
                yield job
            if len(found) < limit:
                return

    async def _intend(self, job: Job, node: str) -> None:
        kind = self._context.nodes.launcher(node).kind
        attempt = await self._context.store.intend(job, node, kind)
        if attempt is not None:
            self._context.nodes.hold(node, job.id, job.resources)
            self._running[job.owner] += 1
            self._served[job.owner] = max(self._served.values(), default=0) + 1
            await self._context.at("intended")
            self._on_placed(job.id)

    def _reserve(self, job: Job, owner: Identity, reserved: set[str]) -> str:
        """Reserve a node for a job that finds no free one; return why it waits."""
        nodes = self._context.nodes
        candidates = nodes.candidates(job.node, job.resources, identity=owner)
        answering = [node.name for node in candidates if node.open and node.name not in reserved]
        if answering:
            reserved.add(answering[0])
        if candidates:
            return messages.no_room(None if job.node == ANY else job.node)
        fits = nodes.fits(job.resources, owner)
        if job.node not in {ANY, *fits}:
            return messages.node_unknown(job.node)
        return messages.no_node(fits if job.node == ANY else {job.node: fits[job.node]})

    async def _explain(self, job: Job, reason: str) -> None:
        if job.reason != reason and await self._context.store.explain(job, reason):
            self._context.jobs.publish(await self._context.jobs.get(job.id))

    async def explain_nodes(self) -> None:
        """Store why closed nodes take no jobs, as the reason of the jobs that wait for them."""
        known = {node.name: node for node in self._context.nodes.all()}
        closed = {name: why for name, node in known.items() if (why := node.closed())}
        reasons = {name: messages.node_closed(name, why) for name, why in closed.items()}
        if known and len(closed) == len(known):
            shared = {node.name for node in self._context.nodes.list(EVERYONE)}
            reasons[ANY] = messages.all_closed({name: why for name, why in closed.items() if name in shared})
        for name in await self._context.store.waiting_nodes() - {*known, ANY}:
            reasons[name] = messages.node_unknown(name)
        if reasons and await self._context.store.explain_waiting(reasons):
            self._context.live.publish("jobs", "changed", {})
