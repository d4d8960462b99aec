"""The nodes of the settings, their launchers and their health."""

from __future__ import annotations

import asyncio
import builtins
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from dashboard import clock
from dashboard.errors import NotFound
from dashboard.jobs.job import Resources
from dashboard.live import Live
from dashboard.nodes.node import Node
from dashboard.nodes.patience import PatientLauncher
from dashboard.settings import AUTOMATIC, NodeSettings
from launchers import Launcher, LaunchError, NodeHealth
from launchers.registry import choose, create

log = logging.getLogger(__name__)

ANY = "any"
FIRST_SECONDS = 5.0  # a start does not wait longer for a node that may be down
STATELESS = frozenset({"fake"})  # kinds that keep nothing on this disk


@dataclass(frozen=True)
class Made:
    """A launcher, and why it is of that kind."""

    launcher: Launcher
    why: str = ""


LauncherFactory = Callable[[NodeSettings, Path], Awaitable[Made]]


async def make_launcher(settings: NodeSettings, state: Path) -> Made:
    """Make the launcher that a node's settings ask for; `LaunchError` when that cannot be."""
    if settings.kind == AUTOMATIC:
        choice = await choose(state)
        return Made(choice.launcher, choice.reason)
    needs: dict[str, object] = {} if settings.kind in STATELESS else {"state": state / settings.kind}
    needs |= settings.cluster  # another kind refuses them, and says so
    if settings.url:
        needs["url"] = settings.url
    return Made(create(settings.kind, **needs), "as set")


@dataclass
class _Entry:
    settings: NodeSettings
    launcher: PatientLauncher
    why: str = ""
    health: NodeHealth = field(default_factory=lambda: NodeHealth(False, "has not been asked yet"))
    probed: str | None = None
    last_seen: str | None = None
    held: dict[str, Resources] = field(default_factory=dict)


class Nodes:
    """All nodes.

    Parameters
    ----------
    settings : Mapping
        Name to settings.
    state : Path
        ``<home>/launchers``: each node's launcher has its own folder below.
    live : Live
        Told when a node comes or goes.
    prepare_s : float
        How long fetching an image may take.
    factory : LauncherFactory
        Makes the launchers; tests give their own.
    """

    def __init__(
        self,
        settings: Mapping[str, NodeSettings],
        state: Path,
        live: Live,
        prepare_s: float,
        factory: LauncherFactory = make_launcher,
    ) -> None:
        self._entries = {
            name: _Entry(settings[name], PatientLauncher(settings[name].timeout_seconds, prepare_s))
            for name in sorted(settings)
        }
        self._state = state
        self._live = live
        self._factory = factory
        self._loops: builtins.list[asyncio.Task[None]] = []
        self.changed: Callable[[], None] = lambda: None  # called when a node comes or goes

    async def start(self) -> None:
        """Ask every node, wait a little for the answers, and go on asking."""
        first = [asyncio.create_task(self._probe_safely(name)) for name in self._entries]
        self._loops = [
            asyncio.create_task(self._watch(name, asked), name=f"probe {name}")
            for name, asked in zip(self._entries, first, strict=True)
        ]
        if first:
            await asyncio.wait(first, timeout=FIRST_SECONDS)

    async def stop(self) -> None:
        """Stop asking and let go of the launchers."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        for entry in self._entries.values():
            await entry.launcher.close()

    async def probe(self, name: str) -> Node:
        """Ask a node now how it is; it never fails, the answer is in the node."""
        entry = self._entry(name)
        before = (entry.health.ok, entry.health.reason)
        entry.health = await self._health(name, entry)
        entry.probed = clock.now()
        if entry.health.ok:
            entry.last_seen = entry.probed
        node = self._node(name, entry)
        if (entry.health.ok, entry.health.reason) != before:
            self._live.publish("nodes", "health", {"node": name, "ok": node.ok, "reason": node.reason})
            self.changed()
        return node

    def list(self) -> list[Node]:
        """Return them as they are, by name."""
        return [self._node(name, entry) for name, entry in self._entries.items()]

    def get(self, name: str) -> Node:
        """Return one; `NotFound`."""
        return self._node(name, self._entry(name))

    def has(self, name: str) -> bool:
        """Return whether the settings name this node."""
        return name in self._entries

    def launcher(self, name: str) -> Launcher:
        """Return a node's launcher, which raises `NodeDown` on every call while there is none; `NotFound`."""
        return self._entry(name).launcher

    def hold(self, name: str, job: str, needs: Resources) -> None:
        """Count a job among what a node runs."""
        if name in self._entries:
            self._entries[name].held[job] = needs

    def release(self, job: str) -> None:
        """Stop counting it."""
        for entry in self._entries.values():
            entry.held.pop(job, None)

    def hold_only(self, held: Mapping[str, Mapping[str, Resources]]) -> None:
        """Replace all that is counted: node to job to what it holds."""
        for name, entry in self._entries.items():
            entry.held = dict(held.get(name, {}))

    def fits(self, needs: Resources) -> dict[str, builtins.list[str]]:
        """Return for every node why it cannot run something of that size, or cannot now (empty: it can)."""
        down = {node.name: [] if node.ok else [f"does not answer: {node.reason}"] for node in self.list()}
        return {node.name: node.misfits(needs) + down[node.name] for node in self.list()}

    def candidates(self, node: str, needs: Resources) -> builtins.list[Node]:
        """Return the nodes that could ever run it, most room first; of a named node, that one."""
        named = [found for found in self.list() if node in (ANY, found.name) and not found.misfits(needs)]
        return sorted(named, key=lambda found: (not found.ok, -found.free_cpus, found.name))

    def place(self, node: str, needs: Resources, taken: Collection[str] = ()) -> str | None:
        """Return the node (of ``any``: the one with most room) that can take it now, or None.

        Parameters
        ----------
        taken : collection of str
            Nodes that are kept free for jobs that came before.
        """
        for found in self.candidates(node, needs):
            if found.name not in taken and found.has_room(needs):
                return found.name
        return None

    def _entry(self, name: str) -> _Entry:
        try:
            return self._entries[name]
        except KeyError:
            raise NotFound(f"There is no node {name}; there are {', '.join(self._entries)}.") from None

    def _node(self, name: str, entry: _Entry) -> Node:
        settings, health, held = entry.settings, entry.health, entry.held.values()
        details = health.details
        return Node(
            name=name,
            kind=entry.launcher.kind,
            why=entry.why,
            ok=health.ok,
            reason=health.reason,
            version=health.version,
            details=details,
            labels=settings.labels,
            cpus=settings.cpus or float(details.get("cpus") or 0),
            memory_mb=settings.memory_mb or int(details.get("memory_mb") or 0),
            gpus=settings.gpus or int(details.get("gpus") or 0),
            slots=settings.slots,
            used_cpus=sum(needs.cpus for needs in held),
            used_memory_mb=sum(needs.memory_mb for needs in held),
            used_gpus=sum(needs.gpus for needs in held),
            running=tuple(entry.held),
            probed=entry.probed,
            last_seen=entry.last_seen,
        )

    async def _health(self, name: str, entry: _Entry) -> NodeHealth:
        if not entry.launcher.kind:
            try:
                made = await self._factory(entry.settings, self._state / name)
            except LaunchError as error:
                entry.launcher.absent = error.reason
                return NodeHealth(False, error.reason)
            entry.launcher.use(made.launcher)
            entry.why = made.why
        health = await entry.launcher.probe()
        if not health.ok:  # what it had when it last answered is still the best guess of its size
            return replace(health, details=health.details or entry.health.details)
        return health

    async def _watch(self, name: str, asked: asyncio.Task[None]) -> None:
        await asked
        while True:
            await asyncio.sleep(self._entries[name].settings.probe_seconds)
            await self._probe_safely(name)

    async def _probe_safely(self, name: str) -> None:
        try:
            await self.probe(name)
        except Exception:  # a launcher's defect must not end the watch
            log.exception("node %s cannot be probed", name)
