"""What a container is given of a node: processors, memory, GPUs, time, labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Resources:
    """What a job needs of a node; it gets no more."""

    cpus: float = 1
    memory_mb: int = 2048
    gpus: int = 0
    walltime_s: int | None = None
    labels: tuple[str, ...] = ()  # that the node must have, every one
    isolated: bool = False  # whether the node must keep the job from the machine: for code of third parties
    parts: int = 1  # that share the preparing of spectra where the node has job arrays; each gets all this

    def to_json(self) -> dict[str, Any]:
        """Return ``{"cpus", "memory_mb", "gpus", "walltime_s", "labels", "parts", "isolated"?}``."""
        told = {**asdict(self), "labels": list(self.labels)}
        if not self.isolated:
            del told["isolated"]
        return told

    @classmethod
    def from_json(cls, obj: Mapping[str, Any]) -> Self:
        """Make it of `to_json`'s form; what is missing or null is the default, labels are cut at commas."""
        values = {key: obj[key] for key in cls.__dataclass_fields__ if obj.get(key) is not None}
        labels = values.pop("labels", None) or ()
        if isinstance(labels, str):
            labels = [part.strip() for part in labels.split(",") if part.strip()]
        return cls(**values, labels=tuple(labels))

    def changed(self, requested: Mapping[str, Any]) -> Self:
        """Return what is asked for, the rest as here; null asks for nothing."""
        asked = {name: value for name, value in requested.items() if value is not None}
        return self.from_json(self.to_json() | asked)
