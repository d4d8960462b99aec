"""Events of a label set: what is sent, what is stored, and what became of each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from dashboard.base.untrusted_folder import readable
from dashboard.labels.spectrum_key import SpectrumKey

LONGEST_KEY = 80
LONGEST_COMMENT = 2000
LONGEST_SHOWN = 4000  # characters of JSON


class EventKind(StrEnum):
    """What an event says."""

    LABEL = "label"  # the spectrum is of this class
    SKIP = "skip"  # not now
    UNSURE = "unsure"  # the labeller cannot say
    UNDO = "undo"  # an event of the labeller does not count
    COMMENT = "comment"  # a remark, without an opinion


#: Kinds after which a spectrum of a queue is done.
ANSWERS = frozenset({EventKind.LABEL, EventKind.SKIP, EventKind.UNSURE})


@dataclass(frozen=True)
class NewEvent:
    """What a labeller sends.

    Attributes
    ----------
    key : str
        Made by the sender, unique in the set: an event that is sent again counts once.
    kind : EventKind
        What it says.
    row : int
        Number of the spectrum in the dataset.
    label : str or None
        The class, of a label.
    comment : str
        A remark.
    undoes : str or None
        Key of the event that an undo takes back.
    queue : str or None
        In which queue it was given.
    shown : mapping
        What was on the page, such as ``{"opinion": true, "context": "round"}``.
    made : str or None
        When, by the sender's clock.
    """

    key: str
    kind: EventKind
    row: int
    label: str | None = None
    comment: str = ""
    undoes: str | None = None
    queue: str | None = None
    shown: Mapping[str, Any] = field(default_factory=dict)
    made: str | None = None

    def fault(self, classes: Sequence[str]) -> str:
        """Return what is wrong with it, in a label set of these classes; empty: nothing."""
        faults = {
            f"key must have 1 to {LONGEST_KEY} printable characters": not 1 <= len(self.key) <= LONGEST_KEY
            or not self.key.isprintable(),
            self._class_fault(classes): self.kind is EventKind.LABEL and self.label not in classes,
            f"an event of kind {self.kind} has no class": self.kind is not EventKind.LABEL
            and bool(self.label),
            "an undo, and nothing else, names the event that it undoes": (self.kind is EventKind.UNDO)
            != bool(self.undoes),
            "the comment is empty": self.kind is EventKind.COMMENT and not self.comment.strip(),
            f"a comment has at most {LONGEST_COMMENT} characters, and none that cannot be shown": len(
                self.comment
            )
            > LONGEST_COMMENT
            or readable(self.comment) != self.comment,
            f"what was shown has more than {LONGEST_SHOWN} characters": len(json.dumps(dict(self.shown)))
            > LONGEST_SHOWN,
        }
        return next((fault for fault, is_so in faults.items() if is_so), "")

    def _class_fault(self, classes: Sequence[str]) -> str:
        said = f"{self.label[:60]!r} is none of this label set" if self.label else "is required"
        return f"the class {said}; its classes are {', '.join(classes[:20])}"


@dataclass(frozen=True)
class LabelEvent:
    """A row of `label_events`."""

    number: int
    key: str
    spectrum: SpectrumKey
    kind: EventKind
    label: str | None
    labeller: str
    time: str
    comment: str = ""
    undoes: str | None = None
    queue: str | None = None
    shown: Mapping[str, Any] = field(default_factory=dict)
    made: str | None = None
    decides: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON; the spectrum by its fields."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "spectrum"}
        place = asdict(self.spectrum.location)
        return {
            **told,
            "kind": str(self.kind),
            "row": self.spectrum.row,
            "name": self.spectrum.name,
            "sha256": self.spectrum.sha256,
            "path": place["path"],
            "hdu": place["hdu"],
            "file_row": place["row"],
        }


@dataclass(frozen=True)
class RejectedEvent:
    """An event that was not stored, and why."""

    key: str
    reason: str

    def to_json(self) -> dict[str, str]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Appended:
    """What became of events that were sent: keys that are stored now, that were before, and the others."""

    stored: tuple[str, ...]
    known: tuple[str, ...]
    rejected: tuple[RejectedEvent, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "stored": list(self.stored),
            "known": list(self.known),
            "rejected": [one.to_json() for one in self.rejected],
        }
