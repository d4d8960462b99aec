"""What a platform tells of its objects; `raw` has everything."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ENDED = frozenset({"COMPLETED", "ERROR", "ABORTED", "ARCHIVED"})


@dataclass(frozen=True)
class Dataset:
    """A dataset: its id, name, state, number of spectra, and classes."""

    id: str
    name: str
    state: str
    count: int
    classes: Mapping[str, int]
    raw: Mapping[str, Any] = field(repr=False, default_factory=dict)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Dataset:
        """Read a platform's JSON."""
        return cls(told["id"], told["name"], told["state"], told["count"], told.get("classes") or {}, told)


@dataclass(frozen=True)
class Module:
    """A module of the market: its name, title, summary, version."""

    name: str
    title: str
    summary: str
    version: str
    raw: Mapping[str, Any] = field(repr=False, default_factory=dict)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Module:
        """Read a platform's JSON."""
        return cls(told["name"], told["title"], told["summary"], told["version"], told)


@dataclass(frozen=True)
class LabelSet:
    """A label set: its id, name, the dataset whose spectra it labels, and its classes."""

    id: str
    name: str
    dataset: str
    classes: tuple[str, ...]
    raw: Mapping[str, Any] = field(repr=False, default_factory=dict)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> LabelSet:
        """Read a platform's JSON."""
        return cls(told["id"], told["name"], told["dataset"], tuple(told["classes"]), told)


@dataclass(frozen=True)
class Session:
    """A learning session: its id, name, state, pool, label set, settings; its rounds where asked."""

    id: str
    name: str
    state: str
    dataset: str
    label_set: str
    settings: Mapping[str, Any]
    rounds: Sequence[Mapping[str, Any]] = ()
    raw: Mapping[str, Any] = field(repr=False, default_factory=dict)

    @classmethod
    def of(cls, told: Mapping[str, Any], rounds: Sequence[Mapping[str, Any]] = ()) -> Session:
        """Read a platform's JSON."""
        names = ("id", "name", "state", "dataset", "label_set", "settings")
        return cls(*(told[name] for name in names), rounds, told)


@dataclass(frozen=True)
class Job:
    """A job: its phase as UWS has them, why, metrics, progress, and the model that it made."""

    id: str
    phase: str
    reason: str
    metrics: Mapping[str, float]
    progress: Mapping[str, Any]
    model: str | None
    raw: Mapping[str, Any] = field(repr=False, default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether it has ended, well or not."""
        return self.phase in ENDED

    @classmethod
    def of(cls, told: Mapping[str, Any], model: Mapping[str, Any] | None = None) -> Job:
        """Read a platform's JSON."""
        made = None if model is None else str(model["id"])
        metrics, progress = told.get("metrics") or {}, told.get("progress") or {}
        return cls(told["id"], told["phase"], told["reason"], metrics, progress, made, told)


@dataclass(frozen=True)
class Answer:
    """What a deployment answered: its type of content, and the content."""

    kind: str
    content: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        """The content, read as JSON."""
        return json.loads(self.content)
