"""What replicas need of the service around them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from deploy.model.deployment import Deployment
from launchers.base import Launcher


@dataclass(frozen=True)
class ReplicaContext:
    """What replicas need of the service around them.

    Parameters
    ----------
    launcher_of
        From a node's name to its launcher; raises `LookupError` for an unknown node.
    folder
        Working folders of the replicas go below it.
    owner
        The platform's label on its containers.
    session
        For asking replicas how they are.
    place
        Chooses the node of a replica: from its deployment and those nodes that failed it last.
    """

    launcher_of: Callable[[str], Launcher]
    folder: Path
    owner: str
    session: aiohttp.ClientSession
    place: Callable[[Deployment, frozenset[str]], str]
