"""What a log of label events says about each spectrum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dashboard.labels.event import EventKind, LabelEvent
from dashboard.labels.spectrum_key import SpectrumKey
from dashboard.labels.version import VersionLabel


class LabelState(StrEnum):
    """What is known about a spectrum."""

    AGREED = "agreed"  # everybody who gave a class gave this one
    DECIDED = "decided"  # there was a conflict, and somebody settled it
    CONFLICTING = "conflicting"  # there are several classes
    UNSURE = "unsure"  # somebody looked, and nobody gave a class
    SKIPPED = "skipped"  # it was only skipped
    NONE = "none"  # nothing that counts: all was undone, or there are comments alone


@dataclass
class SpectrumLabels:
    """What people said about one spectrum; events that were undone are gone."""

    spectrum: SpectrumKey
    events: list[LabelEvent] = field(default_factory=list)

    def add(self, event: LabelEvent) -> None:
        """Take one more event, in the order of the log."""
        if event.kind is EventKind.UNDO:
            self.events = [
                one for one in self.events if one.key != event.undoes or one.labeller != event.labeller
            ]
        else:
            self.events.append(event)
            self.spectrum = event.spectrum

    def opinions(self) -> dict[str, str]:
        """Return the class that each labeller gave last; who was unsure last has none."""
        found: dict[str, str] = {}
        for event in self.events:
            if event.kind is EventKind.LABEL and event.label is not None:
                found[event.labeller] = event.label
            elif event.kind is EventKind.UNSURE:
                found.pop(event.labeller, None)
        return found

    def unsure(self) -> list[str]:
        """Return who was unsure last."""
        last: dict[str, EventKind] = {}
        for event in self.events:
            if event.kind in {EventKind.LABEL, EventKind.UNSURE}:
                last[event.labeller] = event.kind
        return [labeller for labeller, kind in last.items() if kind is EventKind.UNSURE]

    def comments(self) -> list[dict[str, str]]:
        """Return all comments, also those given with a class."""
        return [
            {"labeller": event.labeller, "comment": event.comment, "time": event.time}
            for event in self.events
            if event.comment
        ]

    @property
    def decision(self) -> LabelEvent | None:
        """The last label that settles a conflict."""
        return next((one for one in reversed(self.events) if one.decides), None)

    def state(self) -> tuple[LabelState, str | None]:
        """Return the state, and the class of an agreed or decided one."""
        classes = sorted(set(self.opinions().values()))
        decision = self.decision
        if len(classes) > 1 and decision is not None:
            return LabelState.DECIDED, decision.label
        if len(classes) > 1:
            return LabelState.CONFLICTING, None
        if classes:
            return LabelState.AGREED, classes[0]
        if self.unsure():
            return LabelState.UNSURE, None
        skipped = any(one.kind is EventKind.SKIP for one in self.events)
        return (LabelState.SKIPPED if skipped else LabelState.NONE), None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        state, label = self.state()
        return {
            "row": self.spectrum.row,
            "name": self.spectrum.name,
            "path": self.spectrum.location.path,
            "hdu": self.spectrum.location.hdu,
            "file_row": self.spectrum.location.row,
            "state": str(state),
            "label": label,
            "labels": self.opinions(),
            "unsure": self.unsure(),
            "comments": self.comments(),
            "time": self.events[-1].time if self.events else None,
        }


class CurrentLabels:
    """The state of a label set after some events.

    Attributes
    ----------
    last : int
        Number of the last event that is taken in.
    """

    def __init__(self) -> None:
        self.last = 0
        self._spectra: dict[str, SpectrumLabels] = {}

    def __len__(self) -> int:
        return len(self._spectra)

    def __iter__(self) -> Iterator[SpectrumLabels]:
        return iter(self._spectra.values())

    def get(self, spectrum: SpectrumKey) -> SpectrumLabels | None:
        """Return what is said about a spectrum."""
        return self._spectra.get(spectrum.text)

    def add(self, events: Iterable[LabelEvent]) -> None:
        """Take events in, in the order of the log."""
        for event in events:
            known = self._spectra.get(event.spectrum.text)
            if known is None:
                known = self._spectra[event.spectrum.text] = SpectrumLabels(event.spectrum)
            known.add(event)
            self.last = event.number

    def labels(self) -> list[VersionLabel]:
        """Return the spectra whose class is agreed or decided, by their number."""
        found = [VersionLabel(one.spectrum, label) for one in self if (label := one.state()[1]) is not None]
        return sorted(found, key=lambda one: (one.spectrum.row, one.spectrum.text))

    def counts(self) -> dict[str, Any]:
        """Return ``{"classes": {class: spectra}, "conflicting", "unsure", "skipped", "decided"}``."""
        classes: Counter[str] = Counter()
        states: Counter[str] = Counter()
        for one in self:
            state, label = one.state()
            states[state] += 1
            if label is not None:
                classes[label] += 1
        told = (LabelState.CONFLICTING, LabelState.DECIDED, LabelState.UNSURE, LabelState.SKIPPED)
        return {"classes": dict(sorted(classes.items())), **{str(state): states[state] for state in told}}
