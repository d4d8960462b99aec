"""A node at one moment, and which jobs fit it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dashboard.base.resources import Resources
from dashboard.quotas.restriction import EVERYBODY, Restriction

TOML = "huggins.toml"
PAGE = "page"
#: Kinds whose jobs are processes of the platform's user: they can read its home and act as its owner.
UNISOLATED = frozenset({"process"})
NO_ISOLATION = "has no isolation"


@dataclass(frozen=True)
class Shortage:
    """A requirement that a node cannot meet."""

    name: str
    asked: float
    most: float
    labels: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = {
            "cpus": f"has {self.most:g} processors, {self.asked:g} are needed",
            "memory_mb": f"has {self.most:g} MB of memory, {self.asked:g} MB are needed",
            "gpus": f"has {self.most:g} GPUs, {self.asked:g} are needed",
            "walltime_s": f"lets a job run {self.most:g} s, {self.asked:g} s are asked for",
            "isolated": f"{NO_ISOLATION}: it runs the platform's own modules only",
            "labels": f"has no label {' and '.join(self.labels)}",
        }
        return words[self.name]


@dataclass(frozen=True)
class Node:
    """A node at one moment.

    Attributes
    ----------
    kind : str
        Kind of its launcher; empty until one was created.
    why : str
        Why this kind, where the settings leave it open.
    ok, reason : bool, str
        Whether it answers; if not, the reason and what to do.
    cpus, memory_mb, gpus : numbers
        Its size; 0 processors or memory: not known.
    slots : int
        The most jobs at once; 0: as many as there is room for.
    used_cpus, used_memory_mb, used_gpus : numbers
        Allocated to jobs.
    running : tuple of str
        Ids of the jobs that run there.
    job_cpus, job_memory_mb, job_walltime_s : numbers
        The most that one job may ask for; 0: all of it.
    source : str
        Where it is configured: ``huggins.toml`` or ``page``.
    drained, drained_by : str or None
        Since when, and by whom, it is drained.
    images : tuple of str
        Images that were prepared there since the platform started.
    several_accounts : bool
        Whether the platform has more than one account: then a node without isolation takes nothing.
    restriction : Restriction
        Who may use it.
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
    url: str = ""
    job_cpus: float = 0.0
    job_memory_mb: int = 0
    job_walltime_s: int = 0
    source: str = TOML
    drained: str | None = None
    drained_by: str = ""
    images: tuple[str, ...] = ()
    several_accounts: bool = False
    restriction: Restriction = EVERYBODY

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON."""
        told = asdict(self)
        del told["several_accounts"]
        told["restriction"] = self.restriction.to_json()
        return {**told, "isolated": self.isolated, "denied": self.denied}

    @property
    def isolated(self) -> bool:
        """Whether what runs there is kept from the platform's files, and from acting as its owner."""
        return self.kind not in UNISOLATED

    @property
    def denied(self) -> str:
        """Why it takes nothing at all; empty: it does."""
        if self.isolated or not self.several_accounts:
            return ""
        return f"{NO_ISOLATION}, and the platform has more than one account"

    @property
    def queues(self) -> bool:
        """Whether it has a queue of its own (a cluster), which also takes jobs without room now."""
        return bool(self.details.get("queues"))

    @property
    def free_cpus(self) -> float:
        """Processors that are not allocated; at least 0."""
        return max(self.cpus - self.used_cpus, 0.0)

    @property
    def open(self) -> bool:
        """Whether it answers, is not drained, and keeps accounts apart."""
        return self.ok and self.drained is None and not self.denied

    def shortages(self, needs: Resources) -> dict[str, Shortage]:
        """Return, by field of `Resources`, what the node can never give; empty: the job fits."""
        most = {
            "cpus": _least(self._largest("cpus", self.cpus), self.job_cpus),
            "memory_mb": _least(self._largest("memory_mb", self.memory_mb), self.job_memory_mb),
            "walltime_s": float(self.job_walltime_s),
        }
        asked = {"cpus": needs.cpus, "memory_mb": needs.memory_mb, "walltime_s": needs.walltime_s or 0}
        found = {
            name: Shortage(name, asked[name], most[name])
            for name in asked
            if most[name] and asked[name] > most[name]
        }
        if self.probed and needs.gpus > self.gpus:
            found["gpus"] = Shortage("gpus", needs.gpus, self.gpus)
        if needs.isolated and not self.isolated:
            found["isolated"] = Shortage("isolated", 1, 0)
        if missing := set(needs.labels) - set(self.labels):
            found["labels"] = Shortage("labels", 0, 0, tuple(sorted(missing)))
        return found

    def misfits(self, needs: Resources) -> list[str]:
        """Return why it can never run a job of that size; empty: the job fits."""
        return [str(shortage) for shortage in self.shortages(needs).values()]

    def closed(self) -> str:
        """Return why it takes no job now, of any size; empty: it does."""
        if self.drained is not None:
            return f"takes nothing new: drained by {self.drained_by}"
        if self.denied:
            return f"takes nothing new: it {self.denied}"
        return "" if self.ok else f"does not answer: {self.reason}"

    def has_room(self, needs: Resources) -> bool:
        """Return whether it can take a job of that size now."""
        return (
            self.open
            and not self.shortages(needs)
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
        """Return the most that one job can get; of a cluster, the size of its largest machine."""
        return float(self.details.get(f"largest_{what}") or total)


def _least(*limits: float) -> float:
    """Return the smallest of those that are set (0: not set)."""
    return float(min((limit for limit in limits if limit), default=0.0))
