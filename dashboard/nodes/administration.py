"""Administration of nodes: add, change, test, drain and remove."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashboard.auth.identity import SYSTEM, Identity
from dashboard.auth.policy import Action, Resource, authorize
from dashboard.base.errors import Conflict, FieldError, Invalid
from dashboard.nodes.form import require_name, settings_of, values_of
from dashboard.nodes.node import PAGE, TOML, Node
from dashboard.nodes.registry import Nodes
from dashboard.nodes.store import NodeStore
from launchers import NodeHealth

PLACE = ("kind", "url")  # the identity of a node: launches could not be found after a change


class NodeAdministration:
    """Adds, changes and removes nodes.

    Parameters
    ----------
    nodes : Nodes
        The registry, refreshed after every change.
    store : NodeStore
        The nodes in the database.
    users : callable
        Returns what needs a node besides jobs (deployments), as text.
    """

    def __init__(self, nodes: Nodes, store: NodeStore, users: Callable[[str], list[str]]) -> None:
        self._nodes = nodes
        self._store = store
        self._users = users

    async def add(self, body: Mapping[str, Any], identity: Identity) -> Node:
        """Add a node and probe it.

        Parameters
        ----------
        body : mapping
            The fields of the form, with ``name``.
        identity : Identity
            The user who adds it; must be an administrator.

        Raises
        ------
        Invalid
            With errors by field.
        """
        authorize(identity, Action.CREATE, Resource("node"))
        settings = settings_of(body)
        name = require_name(body.get("name"), [node.name for node in self._nodes.all()])
        await self._store.put(name, settings, identity.user)
        await self._nodes.refresh()
        return self._nodes.get(name)

    async def change(self, name: str, body: Mapping[str, Any], identity: Identity) -> Node:
        """Change the configuration of a node of the page; fields that are not given stay.

        Raises
        ------
        Invalid
            With errors by field; kind and address cannot change while the node is in use.
        Conflict
            If the node is configured in ``huggins.toml``.
        NotFound
            If there is no such node.
        """
        self._nodes.authorize(name, identity, Action.CHANGE)
        self._require_page(name)
        before = self._nodes.settings(name)
        settings = settings_of({**values_of(before), **body})
        moved = [part for part in PLACE if getattr(settings, part) != getattr(before, part)]
        if moved and self._in_use(name):
            message = "Cannot be changed while the node is in use: drain it first."
            raise Invalid("Something runs there.", [FieldError(part, message) for part in moved])
        await self._store.put(name, settings, identity.user)
        await self._nodes.refresh()
        return self._nodes.get(name)

    async def remove(self, name: str, identity: Identity = SYSTEM) -> None:
        """Remove a node that was created on the page.

        Parameters
        ----------
        name : str
            The node.
        identity : Identity
            Who removes it.

        Raises
        ------
        Conflict
            If it is in use, or configured in ``huggins.toml``.
        NotFound, Denied
            If the identity may not see the node; if it may see it, but not delete it.
        """
        self._nodes.authorize(name, identity, Action.DELETE)
        self._require_page(name)
        if users := self._in_use(name):
            raise Conflict(
                f"Node {name} is in use: {', '.join(users[:5])}. Drain it and wait until that has ended."
            )
        await self._store.remove(name)
        await self._nodes.refresh()

    async def drain(self, name: str, identity: Identity, *, drained: bool) -> Node:
        """Drain a node, or end its drain.

        Parameters
        ----------
        name : str
            The node.
        identity : Identity
            Who drains it.
        drained : bool
            True: the node starts nothing new; what runs there runs on.

        Returns
        -------
        Node
            The node after the change.

        Raises
        ------
        NotFound, Denied
            If the identity may not see the node; if it may see it, but not change it.
        """
        self._nodes.authorize(name, identity, Action.CHANGE)
        await self._store.drain(name, identity.user, drained=drained)
        await self._nodes.refresh()
        return self._nodes.get(name)

    async def test(self, body: Mapping[str, Any]) -> NodeHealth:
        """Probe a node that is not saved; `Invalid` with errors by field."""
        return await self._nodes.probe_settings(settings_of(body))

    def _in_use(self, name: str) -> list[str]:
        jobs = [f"job {job}" for job in self._nodes.get(name).running]
        return [*jobs, *self._users(name)]

    def _require_page(self, name: str) -> None:
        if self._nodes.get(name).source != PAGE:
            raise Conflict(f"Node {name} is configured in {TOML}: change it there. It can be drained here.")
