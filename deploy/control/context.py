"""What replicas need of the deploy service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from deploy.model.deployment import Deployment
from launchers.base import Launcher


@dataclass(frozen=True)
class ReplicaContext:
    """What replicas need of the deploy service.

    Parameters
    ----------
    launcher_of
        Maps the name of a node to its launcher; raises `LookupError` for an unknown node.
    folder
        Parent of the working folders of the replicas.
    owner
        Label of the containers.
    session
        HTTP client of the health checks.
    place
        Chooses the node of a replica, given its deployment and the nodes on which it failed last.
    """

    launcher_of: Callable[[str], Launcher]
    folder: Path
    owner: str
    session: aiohttp.ClientSession
    place: Callable[[Deployment, frozenset[str]], str]
