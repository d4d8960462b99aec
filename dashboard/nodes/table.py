"""The nodes as they are known now: which there are, and which of them takes a job."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Mapping

from dashboard.auth.identity import EVERYONE, SYSTEM, Identity
from dashboard.auth.policy import Action, Resource, authorize, sees
from dashboard.base.errors import NotFound
from dashboard.base.resources import Resources
from dashboard.nodes.node import Node
from dashboard.nodes.node_state import NodeState
from dashboard.nodes.ranking import ANY, preference
from dashboard.settings import NodeSettings
from launchers import Launcher


class NodeTable:
    """Looks nodes up, and allocates their resources to jobs; `Nodes` keeps the states up to date.

    Parameters
    ----------
    entries : Mapping
        Name to state, sorted.
    """

    def __init__(self, entries: Mapping[str, NodeState]) -> None:
        self._entries = dict(entries)
        self._several = False

    def settings(self, name: str) -> NodeSettings:
        """Return the configuration of a node; `NotFound`."""
        return self._entry(name).settings

    def accepts(self, name: str) -> bool:
        """Return whether a node is known, not drained, and keeps accounts apart."""
        if name not in self._entries or self._entries[name].drained is not None:
            return False
        return not self._entries[name].to_node(name, several_accounts=self._several).denied

    def authorize(self, name: str, identity: Identity, action: Action) -> None:
        """Return if an identity may do something with a node.

        Parameters
        ----------
        name : str
            The node.
        identity : Identity
            Who acts.
        action : Action
            What they do.

        Raises
        ------
        NotFound
            If there is no such node, or the identity may not see it: the errors are the same.
        Denied
            If the identity may see it, but not do this.
        """
        authorize(identity, action, Resource("node", name, self._entry(name, identity).ownership))

    def all(self) -> builtins.list[Node]:
        """Return every node, by name, for the platform itself."""
        return self.list(SYSTEM)

    def list(self, identity: Identity) -> list[Node]:
        """Return the nodes that an identity may see, by name."""
        return [
            entry.to_node(name, several_accounts=self._several)
            for name, entry in self._entries.items()
            if sees(identity, entry.ownership)
        ]

    def usable(self, identity: Identity) -> builtins.list[Node]:
        """Return the nodes that an identity may use: those that it sees and that are not restricted."""
        return [node for node in self.list(identity) if node.restriction.allows(identity)]

    def get(self, name: str, identity: Identity = EVERYONE) -> Node:
        """Return one node; `NotFound`, which lists the nodes that the identity may see."""
        return self._entry(name, identity).to_node(name, several_accounts=self._several)

    def has(self, name: str, identity: Identity = SYSTEM) -> bool:
        """Return whether there is a node of this name that an identity may see."""
        return name in self._entries and sees(identity, self._entries[name].ownership)

    def launcher(self, name: str) -> Launcher:
        """Return the launcher of a node; it raises `NodeDown` until one was created; `NotFound`."""
        return self._entry(name).launcher

    def hold(self, name: str, job: str, needs: Resources) -> None:
        """Allocate resources of a node to a job; nothing happens where the node is gone.

        Parameters
        ----------
        name : str
            The node.
        job : str
            The job's id.
        needs : Resources
            What the job may use until `release`.
        """
        if name in self._entries:
            self._entries[name].held[job] = needs

    def release(self, job: str) -> None:
        """Release the resources of a job."""
        for entry in self._entries.values():
            entry.held.pop(job, None)

    def hold_only(self, held: Mapping[str, Mapping[str, Resources]]) -> None:
        """Replace all allocations: node to job to resources."""
        for name, entry in self._entries.items():
            entry.held = dict(held.get(name, {}))

    def fits(self, needs: Resources, identity: Identity = SYSTEM) -> dict[str, builtins.list[str]]:
        """Return for every node why it cannot run something of that size, or cannot now (empty: it can)."""
        return {
            node.name: [
                *([] if node.restriction.allows(identity) else [node.restriction.words()]),
                *node.misfits(needs),
                *([node.closed()] if node.closed() else []),
            ]
            for node in self.list(identity)
        }

    def candidates(
        self, node: str, needs: Resources, image: str = "", *, identity: Identity = SYSTEM
    ) -> builtins.list[Node]:
        """Return the nodes that can ever run a job, best first.

        Open nodes come first, then the order of `dashboard.nodes.ranking.preference`.

        Parameters
        ----------
        node : str
            Name of the only node, or ``any``.
        needs : Resources
            What the job needs.
        image : str
            Its image; nodes that have it are preferred.
        identity : Identity
            Whose job it is; nodes that the identity may not see or use are left out.

        Returns
        -------
        list of Node
            Empty if no node can ever run it.
        """
        named = [
            found
            for found in self.usable(identity)
            if node in (ANY, found.name) and not found.shortages(needs)
        ]
        return sorted(named, key=lambda found: (not found.open, *preference(found, needs, image), found.name))

    def place(
        self,
        node: str,
        needs: Resources,
        taken: Collection[str] = (),
        image: str = "",
        *,
        identity: Identity = SYSTEM,
    ) -> str | None:
        """Return the best node that can take a job now, or None.

        Parameters
        ----------
        node : str
            Name of the only node, or ``any``.
        needs : Resources
            What the job needs.
        taken : collection of str
            Nodes that are reserved for earlier jobs.
        image : str
            Its image; nodes that have it are preferred.
        identity : Identity
            Whose job it is; nodes that the identity may not see are left out.
        """
        for found in self.candidates(node, needs, image, identity=identity):
            if found.name not in taken and found.has_room(needs):
                return found.name
        return None

    def _entry(self, name: str, identity: Identity = EVERYONE) -> NodeState:
        entry = self._entries.get(name)
        if entry is not None and (identity is EVERYONE or sees(identity, entry.ownership)):
            return entry
        names = ", ".join(node.name for node in self.list(identity))
        raise NotFound(f"There is no node {name}" + (f"; there are {names}." if names else "."))
