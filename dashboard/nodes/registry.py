"""The nodes of the settings, their launchers and their health."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from dashboard.jobs.job import Resources
from launchers import Launcher


@dataclass(frozen=True)
class Node:
    """A node as it is now.

    Attributes
    ----------
    kind : str
        The launcher's: docker, udocker, process …
    why : str
        Why that kind, where the settings left it open.
    ok, reason : bool, str
        Whether it answers; if not, why not and what to do.
    cpus, memory_mb, gpus, slots : numbers
        What it has (slots 0: no limit of its own).
    used_cpus, used_memory_mb, used_gpus, used_slots : numbers
        What jobs hold of it now.
    running : tuple of str
        Ids of the jobs that hold it.
    """

    name: str
    kind: str
    why: str
    ok: bool
    reason: str
    version: str
    details: dict[str, Any]
    labels: tuple[str, ...]
    cpus: float
    memory_mb: int
    gpus: int
    slots: int
    used_cpus: float
    used_memory_mb: int
    used_gpus: int
    used_slots: int
    running: tuple[str, ...]
    probed: str | None
    last_seen: str | None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


class Nodes:
    """All nodes."""

    def list(self) -> list[Node]:
        """Return them as they are, by name."""
        raise NotImplementedError

    def get(self, name: str) -> Node:
        """Return one; `NotFound`."""
        raise NotImplementedError

    def launcher(self, name: str) -> Launcher:
        """Return a node's launcher; `Unavailable` with the reason where it could not be made."""
        raise NotImplementedError

    def misfits(self, name: str, resources: Resources) -> list[str]:
        """Return why a node can never run something of that size, or cannot now as it is down; empty: it fits."""
        raise NotImplementedError

    def place(self, node: str, resources: Resources) -> str | None:
        """Return the node (of ``any``: the fitting one with most room) that can take it now, or None."""
        raise NotImplementedError
