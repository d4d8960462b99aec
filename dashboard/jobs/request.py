"""What a person requests, before and after it was checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from dashboard.base.resources import Resources

NOTIFY = ("", "yes", "no")  # empty: as the settings of the owner say


@dataclass(frozen=True)
class JobRequest:
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
        Some of `Resources` as JSON; the rest is as the module recommends, else the settings' defaults.
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
    model: str | None = None  # that is asked, where the action is to predict
