"""Requests for jobs, before and after the check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from dashboard.base.resources import Resources

NOTIFY = ("", "yes", "no")  # empty: as the settings of the owner say


@dataclass(frozen=True)
class JobRequest:
    """The request of a user for a job.

    Attributes
    ----------
    module : str
        Name in the catalog.
    dataset : str
        Id.
    parameters : Mapping
        As given; missing ones take the default of the module.
    recipe : Mapping or None
        contracts.md section 2; None: the dataset is a feature set, or the module's default recipe.
    node : str
        Name, or ``any``.
    resources : Mapping
        Some of `Resources` as JSON; the rest is recommended by the module, or set by the settings.
    label, note : str
        For people.
    retry : object
        `dashboard.jobs.retry_policy.RetryPolicy` as JSON or text; None: the job is not retried.
    model : str
        Id of the model that predicts on the dataset; empty: a model is trained.
    start : str
        Id of the model that a training starts from; empty: from none.
    excluded : sequence of str
        Classes of the dataset that are left out of a training; empty text: spectra without a class.
    notify : str
        Whether its owner is notified of its end: ``yes``, ``no``, or empty: by their settings.
    label_version : str
        Id of a version of a label set of the dataset, whose labels count in place of the dataset's.
    project : str
        The project that it is made for, which sees it and whose quotas it counts for; empty: none.
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
    excluded: Sequence[str] = ()
    start: str = ""
    project: str = ""
    label_version: str = ""

    @classmethod
    def from_json(cls, obj: Mapping[str, Any]) -> Self:
        """Return the request in the JSON of a form or the API (see `dashboard.jobs.submit.check`)."""
        values = {key: obj[key] for key in cls.__dataclass_fields__ if key in obj}
        return cls(**{**values, "resources": values.get("resources") or {}})

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """Return a copy with some fields changed; ``parameters`` are merged, all others are replaced."""
        other = type(self).from_json({"module": self.module, "dataset": self.dataset, **changes})
        fields = {key: getattr(other, key) for key in changes if key in self.__dataclass_fields__}
        if "parameters" in fields:
            fields["parameters"] = {**self.parameters, **fields["parameters"]}
        return replace(self, **fields)


@dataclass(frozen=True)
class JobInput:
    """The dataset as it was when the job was created."""

    kind: str  # spectra | features
    name: str
    sha256: str | None
    synthetic: bool
    count: int
    excluded: tuple[str, ...] = ()  # classes that are left out; "": spectra without a class
    labels: Mapping[str, Any] | None = None  # the version of a label set that it names: id, set, number, hash
    learning: Mapping[str, Any] | None = None  # of a round: its session, number, labels and settings
    refers: bool = False  # its files are at an archive, and are brought before the job starts

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON; without what there is none of, but the first five."""
        told = {**asdict(self), "excluded": list(self.excluded)}
        if not self.excluded:
            del told["excluded"]
        for name in ("labels", "learning"):
            if told[name] is None:
                del told[name]
        if not self.refers:
            del told["refers"]
        return told


@dataclass(frozen=True)
class CheckedRequest:
    """A request that can be run; only `dashboard.jobs.submit.check.JobCheck` makes it."""

    request: JobRequest
    parameters: Mapping[str, Any]  # complete, converted
    recipe: Mapping[str, Any] | None
    resources: Resources
    input: JobInput
    module_version: str
    action: str = "train"
    retry: Mapping[str, Any] | None = None
    model: str | None = None  # of a prediction, or that a training starts from
