"""The nodes of the settings and of the page: probes them and follows their changes."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from dashboard.base import clock
from dashboard.base.events import Live
from dashboard.base.ownership import Ownership
from dashboard.nodes.launcher_factory import LauncherFactory, make_launcher
from dashboard.nodes.node import PAGE, TOML, Node
from dashboard.nodes.node_state import NodeState
from dashboard.nodes.store import NodeStore
from dashboard.nodes.table import NodeTable
from dashboard.nodes.timeouts import TimeLimitedLauncher
from dashboard.settings import NodeSettings
from launchers import NodeHealth

log = logging.getLogger(__name__)

FOLLOW_SECONDS = 10.0  # between two reads of changes that another platform on this database made
FIRST_SECONDS = 5.0  # the longest that a start waits for a node that may be down


class Nodes(NodeTable):
    """All nodes, kept up to date.

    Parameters
    ----------
    settings : Mapping
        Name to settings.
    state : Path
        ``<home>/launchers``: each node's launcher has its own folder below.
    live : Live
        Publishes changes of nodes.
    prepare_s : float
        Seconds for fetching an image.
    factory : LauncherFactory
        Creates the launchers; tests pass their own.
    store : NodeStore, optional
        The nodes made on the page, and drains; None: only nodes of the settings.
    changed : callable
        Called when a node comes, goes or changes.
    """

    def __init__(
        self,
        settings: Mapping[str, NodeSettings],
        state: Path,
        live: Live,
        prepare_s: float,
        factory: LauncherFactory = make_launcher,
        *,
        store: NodeStore | None = None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._prepare_s = prepare_s
        super().__init__({name: self._new_state(settings[name]) for name in sorted(settings)})
        self._state = state
        self._live = live
        self._factory = factory
        self._store = store
        self._following: asyncio.Task[None] | None = None
        self.changed = changed

    async def start(self) -> None:
        """Probe every node, wait at most `FIRST_SECONDS`, and start the repeated probes."""
        await self.refresh()
        first = [asyncio.create_task(self._probe_safely(name)) for name in self._entries]
        for (name, entry), asked in zip(self._entries.items(), first, strict=True):
            entry.watch = asyncio.create_task(self._watch(name, asked), name=f"probe {name}")
        if self._store is not None:
            self._following = asyncio.create_task(self._follow(), name="nodes")
        if first:
            await asyncio.wait(first, timeout=FIRST_SECONDS)

    async def stop(self) -> None:
        """Stop the probes and close the launchers."""
        entries = list(self._entries.values())
        loops = [loop for loop in (self._following, *(entry.watch for entry in entries)) if loop]
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        for entry in entries:
            await entry.launcher.close()

    async def refresh(self) -> None:
        """Read nodes and drains from the database, which another platform may have changed."""
        if self._store is None:
            return
        several = await self._store.accounts() > 1
        if several != self._several:
            self._several = several
            for name in self._entries:
                self._publish(name)
        kept = {row.name: row for row in await self._store.all()}
        for name, row in kept.items():
            known = self._entries.get(name)
            if row.settings is not None and (known is None or known.source == PAGE):
                await self._update(name, row.settings, row.ownership)
        for name in [name for name, entry in self._entries.items() if entry.source == PAGE]:
            if name not in kept or kept[name].settings is None:
                await self._remove(name)
        for name, entry in self._entries.items():
            row_or_none = kept.get(name)
            drained = row_or_none.drained if row_or_none else None
            if drained != entry.drained:
                entry.drained = drained
                entry.drained_by = row_or_none.by if row_or_none and drained else ""
                self._publish(name)

    async def probe_settings(self, settings: NodeSettings) -> NodeHealth:
        """Probe a node that is not saved."""
        entry = self._new_state(settings)
        try:
            return await entry.probe(self._factory, self._state / f".test-{secrets.token_hex(4)}")
        finally:
            await entry.launcher.close()

    async def probe(self, name: str) -> Node:
        """Probe a node now and return it; a failure is in its health."""
        entry = self._entry(name)
        before = (entry.health.ok, entry.health.reason)
        entry.health = await entry.probe(self._factory, self._state / name)
        entry.probed = clock.now()
        if entry.health.ok:
            entry.last_seen = entry.probed
        node = entry.to_node(name, several_accounts=self._several)
        if (entry.health.ok, entry.health.reason) != before:
            self._live.publish(
                "nodes", "health", {"node": name, "ok": node.ok, "reason": node.reason}, entry.ownership
            )
            self.changed()
        return node

    def _new_state(self, settings: NodeSettings, source: str = TOML) -> NodeState:
        return NodeState(
            settings, TimeLimitedLauncher(settings.timeout_seconds, self._prepare_s), source=source
        )

    async def _update(self, name: str, settings: NodeSettings, ownership: Ownership) -> None:
        """Add or replace a node of the page with these settings."""
        known = self._entries.get(name)
        if known is not None:
            known.ownership = ownership
            if known.settings == settings:
                return
        if known is not None and known.settings.launched == settings.launched:
            known.settings = settings  # only limits and labels changed: launches continue
            self._publish(name)
            return
        if known is not None:
            await self._remove(name)
        entry = self._new_state(settings, PAGE)
        entry.ownership = ownership  # before the node is listed: it may be private
        if known is not None:
            entry.held, entry.drained, entry.drained_by = known.held, known.drained, known.drained_by
        self._entries = dict(sorted({**self._entries, name: entry}.items()))
        first = asyncio.create_task(self._probe_safely(name))
        entry.watch = asyncio.create_task(self._watch(name, first), name=f"probe {name}")
        await asyncio.wait([first], timeout=FIRST_SECONDS)
        self._publish(name)

    async def _remove(self, name: str) -> None:
        entry = self._entries.pop(name)
        if entry.watch is not None:
            entry.watch.cancel()
            await asyncio.gather(entry.watch, return_exceptions=True)
        await entry.launcher.close()
        self._live.publish(
            "nodes", "health", {"node": name, "ok": False, "reason": "removed"}, entry.ownership
        )
        self.changed()

    def _publish(self, name: str) -> None:
        node = self.get(name)
        data = {"node": name, "ok": node.ok, "reason": node.reason, "drained": node.drained}
        self._live.publish("nodes", "health", data, self._entry(name).ownership)
        self.changed()

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            try:
                await self.refresh()
            except Exception:  # the database may be away for a moment
                log.exception("the nodes cannot be read; trying again")

    async def _watch(self, name: str, asked: asyncio.Task[None]) -> None:
        await asked
        while name in self._entries:
            await asyncio.sleep(self._entries[name].settings.probe_seconds)
            await self._probe_safely(name)

    async def _probe_safely(self, name: str) -> None:
        try:
            await self.probe(name)
        except Exception:  # a launcher's defect must not end the watch
            log.exception("node %s cannot be probed", name)
