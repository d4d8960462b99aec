"""The settings of a session, and of each of its rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from dashboard.base.errors import FieldError, Invalid

STRATEGIES = ("entropy", "margin", "least_confidence", "disagreement", "diverse", "random")
DIVERSITY = ("kmeans++", "coreset")
REJECTIONS = ("none", "reconstruction", "som")
MOST_ROWS = 10_000
#: Least and most of every number of the settings.
RANGES = (
    ("batch", 1, MOST_ROWS),
    ("performance", 0, MOST_ROWS),
    ("recall", 0, MOST_ROWS),
    ("candidates", 0, MOST_ROWS),
    ("rejection_quantile", 0.5, 1),
    ("committee", 2, 20),
    ("balance", 0, 2),
    ("seed", 0, 2**31 - 1),
)
CHOICES = (("strategy", STRATEGIES), ("diversity", DIVERSITY), ("rejection", REJECTIONS))


@dataclass(frozen=True)
class StopRule:
    """When a session is finished; the first that holds ends it.

    Attributes
    ----------
    labels : int
        Budget: so many spectra of the session are labelled; 0: no budget.
    rounds : int
        So many rounds are labelled; 0: no limit.
    precision : float
        The lower end of the interval of the precision reaches this; 0: never.
    recall : float
        The same of recall, beside precision where both are given.
    """

    labels: int = 0
    rounds: int = 0
    precision: float = 0.0
    recall: float = 0.0


@dataclass(frozen=True)
class SessionSettings:
    """What a session does in each round.

    Attributes
    ----------
    targets : tuple of str
        The classes that are searched for.
    module, parameters, recipe : str, mapping, mapping or None
        What is trained, and how the pool is prepared, as of a job.
    strategy, diversity : str
        How the batch is chosen.
    batch, performance, recall : int
        Spectra of the batch and of both samples.
    candidates : int
        Length of the ranked list.
    rejection : str
        What is set aside before a person sees it.
    rejection_quantile : float
        Share of the pool that is never set aside.
    balance : float
        How much sooner spectra of classes with few labels are wanted; 0: not at all.
    committee : int
        Models whose disagreement is measured.
    seed : int
        Of every random choice.
    automatic : bool
        Whether the next round begins as soon as a batch is labelled.
    stop : StopRule
        When the session is finished.
    node : str
        Where rounds run: a name, or ``any``.
    resources : mapping
        Some of `Resources` as JSON.
    """

    targets: tuple[str, ...]
    module: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] | None = None
    strategy: str = "entropy"
    diversity: str = "kmeans++"
    batch: int = 100
    performance: int = 50
    recall: int = 0
    candidates: int = 1000
    rejection: str = "none"
    rejection_quantile: float = 0.999
    balance: float = 0.0
    committee: int = 5
    seed: int = 0
    automatic: bool = True
    stop: StopRule = StopRule()
    node: str = "any"
    resources: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, given: Mapping[str, Any], classes: Sequence[str]) -> Self:
        """Return checked settings; keys of other things are left out.

        Parameters
        ----------
        given : mapping
            As a request or a row has them.
        classes : sequence of str
            Of the label set.

        Raises
        ------
        Invalid
            With everything that is wrong, by field.
        """
        known = {one.name: given[one.name] for one in fields(cls) if one.name in given}
        known["targets"] = tuple(dict.fromkeys(known.get("targets") or ()))
        stop = known.get("stop") or {}
        stop = asdict(stop) if isinstance(stop, StopRule) else stop
        rule = {one.name: stop[one.name] for one in fields(StopRule) if one.name in stop}
        known["stop"] = StopRule(**rule)
        known["parameters"] = dict(known.get("parameters") or {})
        known["resources"] = dict(known.get("resources") or {})
        settings = cls(**{"module": "", **known})
        if errors := settings._errors(classes):
            told = "; ".join(f"{error.field}: {error.message}" for error in errors)
            raise Invalid(f"The session cannot be used. {told}", errors)
        return settings

    def _errors(self, classes: Sequence[str]) -> list[FieldError]:
        errors = self._class_errors(classes)
        errors += [
            FieldError(name, f"Must be from {least:,} to {most:,}.")
            for name, least, most in RANGES
            if not least <= getattr(self, name) <= most
        ]
        errors += [
            FieldError(name, f"Must be one of {', '.join(choices)}.")
            for name, choices in CHOICES
            if getattr(self, name) not in choices
        ]
        for name in ("precision", "recall"):
            if not 0 <= getattr(self.stop, name) <= 1:
                errors.append(FieldError(f"stop.{name}", "Must be from 0 to 1."))
        return errors

    def _class_errors(self, classes: Sequence[str]) -> list[FieldError]:
        errors = []
        if len(classes) < 2:
            errors.append(FieldError("classes", "A session needs two classes at least."))
        if unknown := [name for name in self.targets if name not in classes]:
            told = f"{unknown[0]} is no class of the session; there are {', '.join(classes)}."
            errors.append(FieldError("targets", told))
        if not self.targets:
            errors.append(FieldError("targets", "Choose at least one class that is searched for."))
        elif set(self.targets) >= set(classes):
            errors.append(FieldError("targets", "At least one class must be no target."))
        return errors

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**asdict(self), "targets": list(self.targets)}

    def of_round(self) -> dict[str, Any]:
        """Return what the container needs of it (``learning`` of ``job.json``)."""
        names = (
            "strategy", "diversity", "batch", "performance", "recall", "candidates", "rejection",
            "rejection_quantile", "balance", "committee", "seed",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names} | {"targets": list(self.targets)}
