"""The vocabulary of jobs. A job is what was asked for; an attempt is one try at running it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Generic, Self, TypeVar

T = TypeVar("T")


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


class Wanted(StrEnum):
    """What the person wants of the job; the supervisor makes it true."""

    RUN = "run"
    ABORT = "abort"


class AttemptState(StrEnum):
    """How far an attempt has come; see the table."""

    INTENDED = "intended"
    LAUNCHED = "launched"
    ENDED = "ended"
    REMOVED = "removed"


@dataclass(frozen=True)
class Resources:
    """What a job needs of a node; it gets no more."""

    cpus: float = 1
    memory_mb: int = 2048
    gpus: int = 0
    walltime_s: int | None = None
    labels: tuple[str, ...] = ()  # that the node must have, every one
    parts: int = 1  # that share the preparing of spectra where the node has job arrays; each gets all this

    def to_json(self) -> dict[str, Any]:
        """Return ``{"cpus", "memory_mb", "gpus", "walltime_s", "labels", "parts"}``."""
        return {**asdict(self), "labels": list(self.labels)}

    @classmethod
    def from_json(cls, obj: Mapping[str, Any]) -> Self:
        """Make it of `to_json`'s form; what is missing or null is the default, labels are cut at commas."""
        values = {key: obj[key] for key in cls.__dataclass_fields__ if obj.get(key) is not None}
        labels = values.pop("labels", None) or ()
        if isinstance(labels, str):
            labels = [part.strip() for part in labels.split(",") if part.strip()]
        return cls(**values, labels=tuple(labels))

    def changed(self, wishes: Mapping[str, Any]) -> Self:
        """Return what is asked for, the rest as here; null asks for nothing."""
        asked = {name: value for name, value in wishes.items() if value is not None}
        return self.from_json(self.to_json() | asked)


@dataclass(frozen=True)
class JobIntent:
    """What a person asks for.

    Attributes
    ----------
    module : str
        Name in the catalog.
    dataset : str
        Id.
    parameters : Mapping
        As given; what is missing takes the module's default.
    recipe : Mapping or None
        contracts.md section 2; None: the dataset is a feature set, or the module's default recipe.
    node : str
        Name, or ``any``.
    resources : Mapping
        Some of `Resources` as JSON; the rest is as the module wishes, else the settings' defaults.
    label, note : str
        For people.
    retry : object
        `dashboard.jobs.supervisor.retry.RetryPolicy` as JSON or text; None: it is not tried again by itself.
    model : str
        Id of the model that is to be asked about the dataset; empty: a model is to be trained.
    notify : str
        Whether its owner is told of its end: ``yes``, ``no``, or empty: as their settings say.
    """

    module: str
    dataset: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] | None = None
    node: str = "any"
    resources: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""
    note: str = ""
    retry: Any = None
    model: str = ""
    notify: str = ""

    @classmethod
    def from_json(cls, obj: Mapping[str, Any]) -> Self:
        """Make it from what a form or the API sends; see `dashboard.jobs.submit.check` for what it may
        hold.
        """
        values = {key: obj[key] for key in cls.__dataclass_fields__ if key in obj}
        return cls(**{**values, "resources": values.get("resources") or {}})

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """Return a copy with some things changed; ``parameters`` are merged, all else is replaced."""
        other = type(self).from_json({"module": self.module, "dataset": self.dataset, **changes})
        taken = {key: getattr(other, key) for key in changes if key in self.__dataclass_fields__}
        if "parameters" in taken:
            taken["parameters"] = {**self.parameters, **taken["parameters"]}
        return replace(self, **taken)


@dataclass(frozen=True)
class JobInput:
    """The dataset as it was when the job was made."""

    kind: str  # spectra | features
    name: str
    sha256: str | None
    synthetic: bool
    count: int

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class CheckedIntent:
    """An intent that can be run; only `dashboard.jobs.submit.check.JobCheck` makes it."""

    intent: JobIntent
    parameters: Mapping[str, Any]  # complete, converted
    recipe: Mapping[str, Any] | None
    resources: Resources
    input: JobInput
    module_version: str
    action: str = "train"
    retry: Mapping[str, Any] | None = None
    model: str | None = None  # that is asked, where the action is to predict


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
    image: str  # empty until a node has said which image it runs
    phase: Phase
    wanted: Wanted
    reason: str
    parameters: Mapping[str, Any]
    recipe: Mapping[str, Any] | None
    dataset: str | None
    input: Mapping[str, Any]
    node: str
    resources: Resources
    parent: str | None
    progress: Mapping[str, Any] | None  # {"phase","step","total","message","fraction","seconds_left"}
    metrics: Mapping[str, Any] | None  # final ones: {name: value}
    created: str
    started: str | None
    ended: str | None
    model: str | None = None  # that a prediction asks
    notify: str = ""  # yes | no | empty: as its owner's settings say
    retry: Mapping[str, Any] | None = None  # `dashboard.jobs.supervisor.retry.RetryPolicy` as JSON
    not_before: str | None = None  # it is not tried again before
    resume: bool = True  # its next try goes on from a checkpoint, if there is one

    @property
    def final(self) -> bool:
        """Whether it has ended."""
        return self.phase in FINAL

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**asdict(self), "phase": str(self.phase), "wanted": str(self.wanted)}

    def intent(self) -> JobIntent:
        """Return what would ask for the same again."""
        return JobIntent(
            self.module,
            self.dataset or "",
            self.parameters,
            self.recipe,
            self.node,
            self.resources.to_json(),
            self.label,
            retry=self.retry,
            model=self.model or "",
            notify=self.notify,
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
    checkpoint: Mapping[str, Any] | None = None  # {"folder", "step", "time", "bytes"}
    resumed: str | None = None  # the try whose checkpoint it goes on from

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**asdict(self), "state": str(self.state)}


@dataclass(frozen=True)
class JobEvent:
    """A row of `events`: something that happened to a job, and who did it."""

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
    """A file that a job made; `path` is below the attempt's ``out/``."""

    attempt: str
    path: str
    size: int
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class JobFilter:
    """Which jobs to list; empty fields do not filter. `q` looks into id, label, note, module."""

    phases: tuple[Phase, ...] = ()
    module: str = ""
    dataset: str = ""
    node: str = ""
    owner: str = ""
    parent: str = ""
    q: str = ""


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list; `total` counts all that match, or at least so many where it is not `exact`.

    `following` and `preceding` are places for the next page and the one before; empty: there is none, or the
    list goes by page numbers alone.
    """

    items: list[T]
    total: int
    page: int
    size: int
    exact: bool = True
    following: str = ""
    preceding: str = ""
