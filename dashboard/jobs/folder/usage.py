"""What an attempt used of what it asked for: over time, in all, and what would have been enough."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dashboard.base.resources import Resources
from dashboard.jobs.folder.results import finite, moment_of
from jobfolder.names import HEARTBEAT_S

Moment = tuple[float, Mapping[str, Any]]  # seconds since 1970, and the line

POINTS = 400  # samples that are shown of each part
ENOUGH_S = 60.0  # shorter runs say too little for a suggestion
SPARE = 1.3  # memory above the highest sample: peaks between two samples are not seen
MEMORY_STEP_MB = 256
WASTED = 0.6  # a suggestion is made where less than this share of what was asked for would do


@dataclass(frozen=True)
class Sample:
    """One moment of a run.

    Attributes
    ----------
    seconds : float
        Since the first part began.
    processors : float
        Busy on average since the sample before.
    memory_mb : float
        Resident.
    gpu_percent, gpu_memory_mb : float or None
        Of the GPUs, where there are any.
    part : int or None
        Of a job array.
    """

    seconds: float
    processors: float
    memory_mb: float
    gpu_percent: float | None = None
    gpu_memory_mb: float | None = None
    part: int | None = None


@dataclass(frozen=True)
class Usage:
    """What an attempt used.

    Attributes
    ----------
    samples : sequence of Sample
        In the order of their times, thinned.
    asked : Resources
        What it asked for, each part of an array for itself.
    elapsed_s, cpu_s : float
        Of all parts together.
    memory_mb : float
        The highest sample of any part.
    """

    samples: Sequence[Sample]
    asked: Resources
    elapsed_s: float
    cpu_s: float
    memory_mb: float

    @property
    def cpu_share(self) -> float | None:
        """The share of the processors asked for that was used; None where nothing can be said."""
        available = self.elapsed_s * self.asked.cpus
        return min(self.cpu_s / available, 1.0) if available > 0 else None

    @property
    def memory_share(self) -> float | None:
        """The share of the memory asked for that was used at most; None where none was asked for."""
        return min(self.memory_mb / self.asked.memory_mb, 1.0) if self.asked.memory_mb else None

    @property
    def suggestion(self) -> dict[str, float]:
        """What would be enough next time, ``cpus`` and ``memory_mb``, where that is much less than asked."""
        if self.elapsed_s < ENOUGH_S:
            return {}
        cpus = max(1.0, float(math.ceil(self.cpu_s / self.elapsed_s)))
        memory = MEMORY_STEP_MB * math.ceil(self.memory_mb * SPARE / MEMORY_STEP_MB)
        found = {}
        if cpus < self.asked.cpus * WASTED:
            found["cpus"] = cpus
        if memory < self.asked.memory_mb * WASTED:
            found["memory_mb"] = float(memory)
        return found

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "samples": [asdict(one) for one in self.samples],
            "asked": {"cpus": self.asked.cpus, "memory_mb": self.asked.memory_mb, "gpus": self.asked.gpus},
            "elapsed_s": self.elapsed_s,
            "cpu_s": self.cpu_s,
            "memory_mb": self.memory_mb,
            "cpu_share": self.cpu_share,
            "memory_share": self.memory_share,
            "suggestion": self.suggestion,
        }


def usage_of(lines: Iterable[Mapping[str, Any]], asked: Resources) -> Usage:
    """Return what the lines of ``usage.jsonl`` say.

    Parameters
    ----------
    lines : iterable of mapping
        As a container wrote them: what makes no sense is passed over.
    asked : Resources
        Of the job.

    Returns
    -------
    Usage
        Empty where no line makes sense.
    """
    parts: dict[int | None, list[Moment]] = {}
    for line in lines:
        moment = moment_of(line.get("time"))
        known = all(_positive(line.get(name)) is not None for name in ("cpu_s", "memory_mb"))
        if moment is not None and known:
            part = line.get("part")
            parts.setdefault(part if type(part) is int else None, []).append((moment, line))
    if not parts:
        return Usage((), asked, 0.0, 0.0, 0.0)
    began = min(moments[0][0] for moments in parts.values()) - HEARTBEAT_S
    samples: list[Sample] = []
    elapsed = cpu = memory = 0.0
    for part, moments in parts.items():
        elapsed += moments[-1][0] - moments[0][0] + HEARTBEAT_S
        cpu += max(line["cpu_s"] for _, line in moments)
        memory = max(memory, *(line["memory_mb"] for _, line in moments))
        samples += _samples(moments, began, part)
    return Usage(sorted(samples, key=lambda one: one.seconds), asked, elapsed, cpu, memory)


def _samples(moments: Sequence[Moment], began: float, part: int | None) -> list[Sample]:
    step = max(1, math.ceil(len(moments) / POINTS))
    found, before, used = [], moments[0][0] - HEARTBEAT_S, 0.0
    for moment, line in moments[step - 1 :: step]:
        processors = max(line["cpu_s"] - used, 0.0) / max(moment - before, 0.1)
        gpu, gpu_memory = (_positive(line.get(name)) for name in ("gpu_percent", "gpu_memory_mb"))
        found.append(Sample(round(moment - began, 1), processors, line["memory_mb"], gpu, gpu_memory, part))
        before, used = moment, line["cpu_s"]
    return found


def _positive(value: object) -> float | None:
    number = finite(value)
    return number if number is not None and number >= 0 else None
