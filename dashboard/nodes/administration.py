"""What an administrator does with nodes: sets them up, tries them, drains them, takes them away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashboard.base.errors import Conflict, FieldError, Invalid
from dashboard.nodes.form import require_name, settings_of, values_of
from dashboard.nodes.node import PAGE, TOML, Node
from dashboard.nodes.registry import Nodes
from dashboard.nodes.store import NodeStore
from launchers import NodeHealth

PLACE = ("kind", "url")  # where something is: it could not be found again if this changed


class NodeAdministration:
    """Changes which nodes there are.

    Parameters
    ----------
    nodes : Nodes
        Told of every change.
    store : NodeStore
        Keeps them.
    users : callable
        What beside jobs needs a node, in words (deployments).
    """

    def __init__(self, nodes: Nodes, store: NodeStore, users: Callable[[str], list[str]]) -> None:
        self._nodes = nodes
        self._store = store
        self._users = users

    async def add(self, body: Mapping[str, Any], by: str) -> Node:
        """Make a node as a form asks for it, and ask it how it is; `Invalid` with errors by field."""
        settings = settings_of(body)
        name = require_name(body.get("name"), [node.name for node in self._nodes.list()])
        await self._store.put(name, settings, by)
        await self._nodes.refresh()
        return self._nodes.get(name)

    async def change(self, name: str, body: Mapping[str, Any], by: str) -> Node:
        """Set a node of the page up anew; what is not named stays.

        Raises
        ------
        Invalid
            By field; kind and address stay while something is there.
        Conflict
            If it is one of ``huggins.toml``.
        NotFound
            If there is none of that name.
        """
        self._require_page(name)
        before = self._nodes.settings(name)
        settings = settings_of({**values_of(before), **body})
        moved = [part for part in PLACE if getattr(settings, part) != getattr(before, part)]
        if moved and self._in_use(name):
            message = "Stays as it is while something is there: drain the node first."
            raise Invalid("Something runs there.", [FieldError(part, message) for part in moved])
        await self._store.put(name, settings, by)
        await self._nodes.refresh()
        return self._nodes.get(name)

    async def remove(self, name: str) -> None:
        """Forget a node of the page; `Conflict` while something is there or needs it, `NotFound`."""
        self._require_page(name)
        if users := self._in_use(name):
            raise Conflict(
                f"Node {name} is in use: {', '.join(users[:5])}. Drain it and wait until that has ended."
            )
        await self._store.remove(name)
        await self._nodes.refresh()

    async def drain(self, name: str, by: str, *, drained: bool) -> Node:
        """Let a node take nothing new (what runs there ends by itself), or let it again; `NotFound`."""
        self._nodes.get(name)
        await self._store.drain(name, by, drained=drained)
        await self._nodes.refresh()
        return self._nodes.get(name)

    async def test(self, body: Mapping[str, Any]) -> NodeHealth:
        """Ask a node that is not yet kept how it is; `Invalid` by field where the form is wrong."""
        return await self._nodes.probe_settings(settings_of(body))

    def _in_use(self, name: str) -> list[str]:
        jobs = [f"job {job}" for job in self._nodes.get(name).running]
        return [*jobs, *self._users(name)]

    def _require_page(self, name: str) -> None:
        if self._nodes.get(name).source != PAGE:
            raise Conflict(f"Node {name} is set up in {TOML}: change it there. It can be drained here.")
