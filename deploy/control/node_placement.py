"""Node placement: chooses nodes for replicas, and finds and sweeps containers on them."""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from deploy.control.context import ReplicaContext, kept_key
from deploy.model.deployment import Deployment, DeploymentError
from launchers.base import Launcher, LaunchError, NodeDown

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NodePlacement:
    """Chooses the nodes of replicas.

    Parameters
    ----------
    launcher_of
        Maps the name of a node to its launcher; raises `LookupError` for an unknown node.
    accepts
        Returns whether a new replica may be placed on a node; running replicas stay.
    owner
        Label of this service's containers.
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
        """Return what replicas need of the deploy service.

        Parameters
        ----------
        folder, session, place
            See `ReplicaContext`.
        """
        folder.mkdir(parents=True, exist_ok=True)
        return ReplicaContext(self.launcher_of, folder, self.owner, session, place, kept_key(folder))

    def require(self, deployment: Deployment) -> None:
        """Return if every node of a deployment is known.

        Parameters
        ----------
        deployment : Deployment
            The deployment.

        Raises
        ------
        DeploymentError
            If a node is not known; with its name.
        """
        for node in deployment.nodes:
            try:
                self.launcher_of(node)
            except LookupError as error:
                raise DeploymentError(f"there is no node named {node!r}") from error

    def choose(self, deployment: Deployment, replicas: Counter[str], failed_on: frozenset[str]) -> str:
        """Return the node with the fewest replicas of a deployment; a node that just failed comes last.

        Parameters
        ----------
        deployment
            Names the nodes.
        replicas
            Number of its replicas on each node.
        failed_on
            Nodes on which this replica failed last.

        Raises
        ------
        NodeDown
            If all its nodes are drained.
        """
        nodes = [node for node in deployment.nodes if self.accepts(node)]
        if not nodes:
            raise NodeDown("deploy", f"no replica can be placed: {', '.join(deployment.nodes)} drained")
        return min(nodes, key=lambda node: (node in failed_on, replicas[node], deployment.nodes.index(node)))

    async def running(self, deployments: Iterable[Deployment]) -> dict[str, str]:
        """Return the node of each container of this service, by the name of the container."""
        found = {}
        for node in {node for deployment in deployments for node in deployment.nodes}:
            with contextlib.suppress(LaunchError, LookupError):
                for handle in await self.launcher_of(node).list(self.owner):
                    found[handle.name] = node
        return found

    async def sweep(self, deployments: Iterable[Deployment], known: Mapping[str, str]) -> None:
        """Remove the containers of this service that belong to no replica.

        Parameters
        ----------
        deployments
            Their nodes are swept.
        known
            Names of containers to keep, with their nodes; "" keeps one on any node.
        """
        for node in {node for deployment in deployments for node in deployment.nodes}:
            with contextlib.suppress(LaunchError, LookupError):
                launcher = self.launcher_of(node)
                for handle in await launcher.list(self.owner):
                    if known.get(handle.name) not in (node, ""):
                        log.info("removing %s from %s: it belongs to no replica", handle.name, node)
                        await launcher.stop(handle)
                        await launcher.remove(handle)
