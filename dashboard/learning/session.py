"""A learning session, its rounds and the spectra that a round selected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from dashboard.base.ownership import Ownership, Visibility

KIND = "learning_session"


class SessionState(StrEnum):
    """The state of a session."""

    OPEN = "open"  # rounds follow each other
    FINISHED = "finished"  # the stopping rule says so
    CLOSED = "closed"  # a person says so


class EntryKind(StrEnum):
    """Why a spectrum was selected."""

    BATCH = "batch"  # by the strategy
    PERFORMANCE = "performance"  # at random from predicted targets, to measure precision
    RECALL = "recall"  # at random from a stratum of the others, to estimate recall


@dataclass(frozen=True)
class Session:
    """A row of `learning_sessions`."""

    id: str
    name: str
    owner: str
    created: str
    dataset: str
    dataset_name: str
    label_set: str
    settings: Mapping[str, Any]
    state: SessionState
    reason: str
    parent: str | None
    parent_round: int | None
    ended: str | None
    visibility: str = Visibility.PRIVATE
    project: str | None = None

    @property
    def ownership(self) -> Ownership:
        """Its owner, and who else sees it."""
        return Ownership(self.owner, Visibility(self.visibility), self.project)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**asdict(self), "state": str(self.state)}


@dataclass(frozen=True)
class Round:
    """A row of `learning_rounds`."""

    session: str
    number: int
    job: str
    settings: Mapping[str, Any]
    last_event: int
    version: str | None
    created: str
    submitted: str | None
    recorded: str | None
    queued: str | None
    failure: str
    result: Mapping[str, Any] | None
    queue: str | None
    sample_queue: str | None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Entry:
    """A row of `learning_entries`."""

    session: str
    round: int
    position: int
    kind: EntryKind
    row: int
    spectrum: str
    name: str
    label: str | None
    probability: float | None
    score: float | None
    stratum: int | None
    probabilities: Mapping[str, float] | None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**asdict(self), "kind": str(self.kind)}
