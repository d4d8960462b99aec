"""What replicas need of the deploy service."""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
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
    key
        From which the secrets of replicas are derived.
    place
        Chooses the node of a replica, given its deployment and the nodes on which it failed last.
    """

    launcher_of: Callable[[str], Launcher]
    folder: Path
    owner: str
    session: aiohttp.ClientSession
    place: Callable[[Deployment, frozenset[str]], str]
    key: bytes

    def secret_of(self, replica: str) -> str:
        """Return the secret that a replica asks of every caller; the same after a restart of the service."""
        return hmac.digest(self.key, replica.encode(), "sha256").hex()


def kept_key(folder: Path) -> bytes:
    """Return the key that lies in the folder of the replicas, which nobody else can read; made at first."""
    path = folder / ".key"
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
    return path.read_bytes()


def forget_key(folder: Path) -> bool:
    """Remove the key of the folder, so that the next start makes another; return whether there was one."""
    path = folder / ".key"
    there = path.is_file()
    path.unlink(missing_ok=True)
    return there
