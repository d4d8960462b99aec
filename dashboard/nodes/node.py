"""A node as it is now, and what it can take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dashboard.jobs.job import Resources


@dataclass(frozen=True)
class Node:
    """A node as it is now.

    Attributes
    ----------
    kind : str
        The launcher's: docker, udocker, process …; empty until one could be made.
    why : str
        Why that kind, where the settings left it open.
    ok, reason : bool, str
        Whether it answers; if not, why not and what to do.
    cpus, memory_mb, gpus : numbers
        What it has; 0 processors or memory: not known.
    slots : int
        The most jobs at once; 0: as many as there is room for.
    used_cpus, used_memory_mb, used_gpus : numbers
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
    details: Mapping[str, Any]
    labels: tuple[str, ...]
    cpus: float
    memory_mb: int
    gpus: int
    slots: int
    used_cpus: float
    used_memory_mb: int
    used_gpus: int
    running: tuple[str, ...]
    probed: str | None
    last_seen: str | None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)

    @property
    def queues(self) -> bool:
        """Whether it has a queue of its own, which takes what has no room yet (a cluster)."""
        return bool(self.details.get("queues"))

    @property
    def free_cpus(self) -> float:
        """Processors that no job holds; not below 0, of a node that queues."""
        return max(self.cpus - self.used_cpus, 0.0)

    def misfits(self, needs: Resources) -> list[str]:
        """Return why it can never run something of that size; empty: it fits, as far as is known."""
        reasons = []
        cpus, memory_mb = self._largest("cpus", self.cpus), self._largest("memory_mb", self.memory_mb)
        if cpus and needs.cpus > cpus:
            reasons.append(f"has {cpus:g} processors, {needs.cpus:g} are needed")
        if memory_mb and needs.memory_mb > memory_mb:
            reasons.append(f"has {memory_mb:g} MB of memory, {needs.memory_mb} MB are needed")
        if self.probed and needs.gpus > self.gpus:
            reasons.append(f"has {self.gpus} GPUs, {needs.gpus} are needed")
        return reasons

    def has_room(self, needs: Resources) -> bool:
        """Return whether it can take something of that size now."""
        return (
            self.ok
            and not self.misfits(needs)
            and (not self.slots or len(self.running) < self.slots)
            and (self.queues or self._has_free(needs))
        )

    def _has_free(self, needs: Resources) -> bool:
        return (
            needs.cpus <= self.free_cpus
            and (not self.memory_mb or needs.memory_mb <= self.memory_mb - self.used_memory_mb)
            and needs.gpus <= self.gpus - self.used_gpus
        )

    def _largest(self, what: str, total: float) -> float:
        """Return the most that one job can get: of a cluster, what its largest machine has."""
        return float(self.details.get(f"largest_{what}") or total)
