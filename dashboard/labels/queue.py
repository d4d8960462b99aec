"""Queues: ordered lists of spectra to label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from dashboard.labels.spectrum_key import SpectrumKey

LEASE_S = 600.0  # for which the spectra that somebody took are theirs alone
MOST_ROWS = 1_000_000
MOST_COPIES = 10


class OriginKind(StrEnum):
    """Where the spectra of a queue come from."""

    DATASET = "dataset"  # all of it, or rows of its list
    SELECTION = "selection"  # points of a plot or rows of a table
    CONFUSION = "confusion"  # a cell of a confusion matrix
    CELL = "cell"  # a cell of a map
    OUTLIERS = "outliers"  # a table of outliers
    ERRORS = "errors"  # the most confident errors of a model, or the labels that one contradicts
    DISAGREEMENT = "disagreement"  # spectra to which people gave different classes
    SIMILARITY = "similarity"  # a whole dataset, cell by cell of a map, or cluster by cluster
    MODELS = "models"  # spectra for which two models predict different classes
    LIKENESS = "likeness"  # the spectra that are most like one
    ROUND = "round"  # the batch of a round of a learning session
    PERFORMANCE = "performance"  # its random sample, by which the model is judged


@dataclass(frozen=True)
class QueueRow:
    """A spectrum that is to be labelled.

    Attributes
    ----------
    row : int
        Number in the dataset.
    opinion : mapping or None
        What a model says: ``{"label", "probabilities"?}``; None: no model did.
    """

    row: int
    opinion: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Queue:
    """A row of `label_queues`."""

    id: str
    label_set: str
    name: str
    owner: str
    created: str
    origin: Mapping[str, Any]
    blind: bool
    copies: int
    rows: int

    @property
    def decides(self) -> bool:
        """Whether labels given in it settle conflicts."""
        return self.origin.get("kind") == OriginKind.DISAGREEMENT

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**asdict(self), "decides": self.decides}


@dataclass(frozen=True)
class QueueItem:
    """A place in a queue; `labeller` has it until `leased`, or has done it."""

    position: int
    copy: int
    spectrum: SpectrumKey
    opinion: Mapping[str, Any] | None
    labeller: str | None
    leased: str | None
    done: str | None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "position": self.position,
            "row": self.spectrum.row,
            "name": self.spectrum.name,
            "opinion": self.opinion,
            "labeller": self.labeller,
            "leased": self.leased,
            "done": self.done,
        }


@dataclass(frozen=True)
class LabellerProgress:
    """What one person has done of a queue: in all, and in the last hour."""

    labeller: str
    done: int
    last_hour: int


@dataclass(frozen=True)
class Progress:
    """How far a queue is; `total` counts each spectrum once for each of its copies."""

    total: int
    done: int
    labellers: tuple[LabellerProgress, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)
