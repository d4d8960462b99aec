"""The nodes of a deploy service: which one takes a replica, what runs there, and what nobody needs."""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from deploy.control.context import ReplicaContext
from deploy.model.deployment import Deployment, DeploymentError
from launchers.base import Launcher, LaunchError, NodeDown

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NodePlacement:
    """Where replicas run.

    Parameters
    ----------
    launcher_of
        From a node's name to its launcher; raises `LookupError` for an unknown node.
    accepts
        Whether something new may be put on a node; what runs there stays.
    owner
        The label on this service's containers.
    """

    launcher_of: Callable[[str], Launcher]
    accepts: Callable[[str], bool]
    owner: str

    def context(
        self,
        folder: Path,
        session: aiohttp.ClientSession,
        place: Callable[[Deployment, frozenset[str]], str],
    ) -> ReplicaContext:
        """Return what replicas need of the service around them."""
        return ReplicaContext(self.launcher_of, folder, self.owner, session, place)

    def require(self, deployment: Deployment) -> None:
        """Return if every node of a deployment is known; `DeploymentError` names one that is not."""
        for node in deployment.nodes:
            try:
                self.launcher_of(node)
            except LookupError as error:
                raise DeploymentError(f"there is no node named {node!r}") from error

    def choose(self, deployment: Deployment, taken: Counter[str], failed_on: frozenset[str]) -> str:
        """Return the node that has the fewest replicas of a deployment; one that just failed comes last.

        Parameters
        ----------
        taken
            How many each node has.
        failed_on
            Nodes that failed this replica last.

        Raises
        ------
        NodeDown
            If none of its nodes takes anything new.
        """
        nodes = [node for node in deployment.nodes if self.accepts(node)]
        if not nodes:
            raise NodeDown("deploy", f"nothing new is put on {', '.join(deployment.nodes)}: drained")
        return min(nodes, key=lambda node: (node in failed_on, taken[node], deployment.nodes.index(node)))

    async def running(self, deployments: Iterable[Deployment]) -> dict[str, str]:
        """Return which of our containers run on the nodes of deployments, and where."""
        found = {}
        for node in {node for deployment in deployments for node in deployment.nodes}:
            with contextlib.suppress(LaunchError, LookupError):
                for handle in await self.launcher_of(node).list(self.owner):
                    found[handle.name] = node
        return found

    async def sweep(self, deployments: Iterable[Deployment], known: Mapping[str, str]) -> None:
        """Remove our containers from the nodes of deployments but those `known`: name to node, "" for any."""
        for node in {node for deployment in deployments for node in deployment.nodes}:
            with contextlib.suppress(LaunchError, LookupError):
                launcher = self.launcher_of(node)
                for handle in await launcher.list(self.owner):
                    if known.get(handle.name) not in (node, ""):
                        log.info("removing %s from %s: nothing needs it", handle.name, node)
                        await launcher.stop(handle)
                        await launcher.remove(handle)
