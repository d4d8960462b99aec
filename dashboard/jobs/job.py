"""The vocabulary of jobs. A job is a request of a user; an attempt is one execution of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from dashboard.base.ownership import Ownership, Visibility
from dashboard.base.resources import Resources
from dashboard.jobs.request import JobRequest
from dashboard.jobs.value_test import ValueTest


class Phase(StrEnum):
    """UWS 1.1's phases (section 2.1.3)."""

    PENDING = "PENDING"
    QUEUED = "QUEUED"
    EXECUTING = "EXECUTING"
    COMPLETED = "COMPLETED"
    ERROR = "ERROR"
    ABORTED = "ABORTED"
    SUSPENDED = "SUSPENDED"
    HELD = "HELD"
    ARCHIVED = "ARCHIVED"
    UNKNOWN = "UNKNOWN"


FINAL = frozenset({Phase.COMPLETED, Phase.ERROR, Phase.ABORTED, Phase.ARCHIVED})
LIVE = frozenset({Phase.PENDING, Phase.QUEUED, Phase.EXECUTING})
# PENDING: made through UWS, and held until its client lets it run. The others are UWS's, and not used yet.
STORED = (Phase.PENDING, Phase.QUEUED, Phase.EXECUTING, Phase.COMPLETED, Phase.ERROR, Phase.ABORTED)
RETRYABLE = frozenset({Phase.ERROR, Phase.ABORTED})  # users may retry or resume these


class DesiredState(StrEnum):
    """The state that the user requests; the supervisor brings it about."""

    RUN = "run"
    ABORT = "abort"


class AttemptState(StrEnum):
    """The state of an attempt; see the table."""

    INTENDED = "intended"
    LAUNCHED = "launched"
    ENDED = "ended"
    REMOVED = "removed"


@dataclass(frozen=True)
class Job:
    """A row of `jobs`."""

    id: str
    owner: str
    label: str
    note: str
    action: str
    module: str
    module_version: str
    image: str  # empty until a node has resolved it
    phase: Phase
    desired_state: DesiredState
    reason: str
    parameters: Mapping[str, Any]
    recipe: Mapping[str, Any] | None
    dataset: str | None
    input: Mapping[str, Any]
    node: str
    resources: Resources
    parent: str | None
    progress: Mapping[str, Any] | None  # {"phase","step","total","message","fraction","seconds_left"}
    metrics: Mapping[str, Any] | None  # the final ones: {name: value}
    created: str
    started: str | None
    ended: str | None
    model: str | None = None  # of a prediction, or that a training starts from
    notify: str = ""  # yes | no | empty: by the settings of its owner
    retry: Mapping[str, Any] | None = None  # `dashboard.jobs.retry_policy.RetryPolicy` as JSON
    not_before: str | None = None  # earliest start of the next attempt
    resume: bool = True  # whether its next attempt starts from the last checkpoint
    request_id: str = ""  # of the HTTP request that created it, or put it back into the queue
    visibility: str = Visibility.PRIVATE
    project: str | None = None
    tags: Sequence[str] | None = None

    @property
    def ownership(self) -> Ownership:
        """Whose it is, and who else sees it."""
        return Ownership(self.owner, Visibility(self.visibility), self.project)

    @property
    def final(self) -> bool:
        """Whether the job has ended."""
        return self.phase in FINAL

    @property
    def predicts(self) -> str | None:
        """The model of a prediction."""
        return self.model if self.action == "predict" else None

    @property
    def start(self) -> str | None:
        """The model that a training starts from."""
        return self.model if self.action == "train" else None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        told = {one.name: getattr(self, one.name) for one in fields(self)}  # what they hold is shared
        told |= {"phase": str(self.phase), "desired_state": str(self.desired_state)}
        told["tags"] = list(self.tags or ())
        told |= {"resources": asdict(self.resources), "model": self.predicts, "start": self.start}
        return told

    def request(self) -> JobRequest:
        """Return the request that would create the same job again."""
        return JobRequest(
            self.module,
            self.dataset or "",
            self.parameters,
            self.recipe,
            self.node,
            self.resources.to_json(),
            self.label,
            retry=self.retry,
            model=self.predicts or "",
            notify=self.notify,
            excluded=tuple(self.input.get("excluded", ())),
            start=self.start or "",
            label_version=str((self.input.get("labels") or {}).get("id", "")),
        )


@dataclass(frozen=True)
class Attempt:
    """A row of `attempts`."""

    id: str
    job: str
    number: int
    node: str
    launcher: str
    state: AttemptState
    handle: Mapping[str, Any] | None
    exit_code: int | None
    reason: str
    missing_since: str | None
    intended: str
    launched: str | None
    ended: str | None
    failure: str = ""  # `dashboard.jobs.failure.Failure`; empty: it did not fail
    cause: str = ""  # `launchers.Cause` that the node reported; empty: none
    checkpoint: Mapping[str, Any] | None = None  # {"folder", "step", "time", "bytes"}
    resumed: str | None = None  # the attempt from whose checkpoint it starts

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**asdict(self), "state": str(self.state)}


@dataclass(frozen=True)
class JobEvent:
    """A row of `events`: a change of a job, and who made it."""

    id: int
    time: str
    job: str
    attempt: str | None
    kind: str
    by: str
    detail: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Artefact:
    """A file that a job wrote; `path` is below the attempt's ``out/``."""

    attempt: str
    path: str
    size: int
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class JobFilter:
    """Which jobs to list; empty fields do not filter. `q` searches id, label, note, module and tags."""

    phases: tuple[Phase, ...] = ()
    module: str = ""
    dataset: str = ""
    node: str = ""
    owner: str = ""
    parent: str = ""
    q: str = ""
    values: tuple[ValueTest, ...] = ()


@dataclass(frozen=True)
class ExitRecord:
    """A valid ``exit.json`` of an attempt."""

    outcome: str  # completed | error | aborted
    reason: str
    exit_code: int | None
    begin: str | None
