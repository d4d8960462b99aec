"""The figures of a session: of each round what its labels say, and whether the stopping rule holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.labels.current import LabelState
from dashboard.learning.estimates import Estimate, StratumLabels, recall, wilson
from dashboard.learning.session import Entry, EntryKind, Round
from dashboard.learning.settings import StopRule

#: State and class of a spectrum in the label set, by `spectrum` of an entry.
Labels = Mapping[str, tuple[LabelState, str | None]]
NOTHING = (LabelState.NONE, None)


@dataclass(frozen=True)
class RoundFigures:
    """What the labels of a round's spectra say.

    Attributes
    ----------
    number : int
        Of the round.
    entries, answered : mapping
        Kind to spectra that were selected, and to those that were labelled, skipped or called unsure.
    labelled : int
        Spectra with a class.
    conflicting, unsure : int
        Spectra to which people gave several classes; without a class as nobody could say.
    targets : int
        Of the labelled ones.
    precision : Estimate
        Share of targets among the performance sample.
    by_class : mapping
        The same for each target: share of it among the spectra that are predicted as it.
    recall : Estimate
        Share of all targets of the pool that are known or predicted.
    """

    number: int
    entries: Mapping[str, int]
    answered: Mapping[str, int]
    labelled: int
    conflicting: int
    unsure: int
    targets: int
    precision: Estimate
    by_class: Mapping[str, Estimate]
    recall: Estimate

    @property
    def complete(self) -> bool:
        """Whether every spectrum of the round is answered."""
        return sum(self.answered.values()) >= sum(self.entries.values())

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "number": self.number,
            "entries": dict(self.entries),
            "answered": dict(self.answered),
            "labelled": self.labelled,
            "conflicting": self.conflicting,
            "unsure": self.unsure,
            "targets": self.targets,
            "complete": self.complete,
            "precision": self.precision.to_json(),
            "by_class": {name: one.to_json() for name, one in self.by_class.items()},
            "recall": self.recall.to_json(),
        }


def of_round(round_: Round, entries: Sequence[Entry], labels: Labels) -> RoundFigures:
    """Return the figures of a round.

    Parameters
    ----------
    round_ : Round
        That was recorded.
    entries : sequence of Entry
        Of the round.
    labels : mapping
        What the label set says now.
    """
    targets = set(round_.settings.get("targets", ()))
    told = [(entry, *labels.get(entry.spectrum, NOTHING)) for entry in entries]
    states = Counter(state for _, state, _ in told)
    answered = [(entry, label) for entry, state, label in told if state is not LabelState.NONE]
    sample = [
        (entry.label, label)
        for entry, label in answered
        if entry.kind is EntryKind.PERFORMANCE and label is not None
    ]
    precision = wilson(sum(label in targets for _, label in sample), len(sample))
    by_class = {
        name: wilson(
            sum(label == name for predicted, label in sample if predicted == name),
            sum(predicted == name for predicted, _ in sample),
        )
        for name in sorted(targets)
    }
    return RoundFigures(
        round_.number,
        dict(Counter(str(entry.kind) for entry in entries)),
        dict(Counter(str(entry.kind) for entry, _ in answered)),
        sum(label is not None for _, label in answered),
        states[LabelState.CONFLICTING],
        states[LabelState.UNSURE],
        sum(label in targets for _, label in answered),
        precision,
        by_class,
        _recall(round_, precision, answered, targets),
    )


def _recall(
    round_: Round, precision: Estimate, answered: Sequence[tuple[Entry, str | None]], targets: set[str]
) -> Estimate:
    result = round_.result or {}
    drawn: dict[int, list[str]] = {}
    for entry, label in answered:
        if entry.kind is EntryKind.RECALL and entry.stratum is not None and label is not None:
            drawn.setdefault(entry.stratum, []).append(label)
    strata = [
        StratumLabels(
            int(one["rows"]),
            sum(label in targets for label in drawn.get(number, ())),
            len(drawn.get(number, ())),
        )
        for number, one in enumerate(result.get("strata") or ())
    ]
    known = sum(count for name, count in (result.get("labelled") or {}).items() if name in targets)
    found = int(result.get("predicted_targets") or 0)
    return recall(found, precision, known, strata, seed=round_.number)


def reason_to_stop(rule: StopRule, figures: Sequence[RoundFigures]) -> str:
    """Return why a session is finished; empty: it is not.

    Parameters
    ----------
    rule : StopRule
        Of the session.
    figures : sequence of RoundFigures
        Of its rounds, the last one complete.
    """
    if not figures:
        return ""
    last, labelled = figures[-1], sum(one.labelled for one in figures)
    if rule.labels and labelled >= rule.labels:
        return f"The budget of {rule.labels} labels is used."
    if rule.rounds and len(figures) >= rule.rounds:
        return f"{len(figures)} rounds are labelled."
    wanted = [
        (name, estimate, least)
        for name, estimate, least in (
            ("precision", last.precision, rule.precision),
            ("recall", last.recall, rule.recall),
        )
        if least
    ]
    if wanted and all(one.value is not None and one.low >= least for _, one, least in wanted):
        told = " and ".join(f"the {name} is at least {one.low:.3f}" for name, one, _ in wanted)
        return f"With a confidence of 97.5 % {told}."
    return ""
