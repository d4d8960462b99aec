"""A selection in a report becomes a queue of spectra to label."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.auth.identity import Identity
from dashboard.base.errors import Conflict, NotFound
from dashboard.labels.choosing import label_set_for
from dashboard.labels.label_set import LabelSet
from dashboard.labels.queue import OriginKind, Queue, QueueRow
from dashboard.labels.service import LabelService
from dashboard.reports.report import Report
from dashboard.reports.reported_job import ReportedJob
from dashboard.reports.selection import Chosen, ReportSelections

#: Kind of a view to what its marks are.
OF_VIEWS = {"confusion-matrix": OriginKind.CONFUSION, "som-map": OriginKind.CELL}
#: Id of a table of spectra to what is in it.
OF_TABLES = {
    "misclassified": OriginKind.ERRORS,
    "other": OriginKind.ERRORS,
    "outliers": OriginKind.OUTLIERS,
}
SORTED_MARKS = 40  # marks whose spectra are kept together: the file of marks is read once for each


@dataclass(frozen=True)
class LabelSelection:
    """What is to be labelled, and in which label set; empty: as `label_set_for` says."""

    chosen: Chosen
    label_set: str = ""
    classes: Sequence[str] = ()
    name: str = ""


@dataclass(frozen=True)
class ReportQueue:
    """The queue that was made, and how many of the rows have no spectrum in the dataset now."""

    label_set: LabelSet
    queue: Queue
    left_out: int


class ReportQueues:
    """Makes queues of what is selected in reports.

    Parameters
    ----------
    selections : ReportSelections
        Finds the spectra of a selection.
    labels : LabelService
        Has the label sets.
    """

    def __init__(self, selections: ReportSelections, labels: LabelService) -> None:
        self._selections = selections
        self._labels = labels

    async def create(self, job: str, wanted: LabelSelection, identity: Identity) -> ReportQueue:
        """Make a queue of the original spectra of what is selected; those of one mark stay together.

        Parameters
        ----------
        job : str
            Whose report it is.
        wanted : LabelSelection
            What is selected in it.
        identity : Identity
            Who labels; must be allowed to read the job and its dataset.

        Raises
        ------
        NotFound
            If there is no such job, view or label set.
        Invalid
            If the selection is none, or has too many rows, or there are no classes.
        Conflict
            If the original spectra are not there any more.
        Denied
            If the identity may not label in the label set.
        """
        chosen = wanted.chosen
        reported, parts = await self._parts(job, chosen, identity)
        dataset = reported.dataset
        if dataset is None:
            raise Conflict("The dataset of this job was deleted: nothing can be labelled.")
        numbers = [number for part in parts for number in part]
        there = [number for number in numbers if number is not None]
        if not there:
            raise Conflict(f"{dataset.name} holds none of the selected spectra any more.")
        view = await asyncio.to_thread(_view, reported, chosen.view)
        label_set = await label_set_for(
            self._labels, dataset, identity, label_set=wanted.label_set, classes=wanted.classes
        )
        kind = _kind(view, chosen)
        opinion = _predicted(view, chosen)
        queue = await self._labels.queues.create(
            label_set.id,
            [QueueRow(number, opinion) for number in there],
            {"kind": str(kind), "job": job, "view": chosen.view, "marks": list(chosen.marks or ())[:100]},
            identity,
            name=wanted.name
            or f"{view.get('title', 'Selection')}, {reported.job.label or reported.job.module}"[:200],
        )
        return ReportQueue(label_set, queue, len(numbers) - len(there))

    async def _parts(
        self, job: str, chosen: Chosen, identity: Identity
    ) -> tuple[ReportedJob, list[list[int | None]]]:
        """Return the numbers of the selected spectra, by mark where there are few marks."""
        marks = list(chosen.marks or ())
        if not 1 < len(marks) <= SORTED_MARKS:
            reported, numbers = await self._selections.numbers(job, chosen, identity)
            return reported, [numbers]
        parts = []
        for mark in marks:
            one = Chosen(view=chosen.view, marks=[mark])
            reported, numbers = await self._selections.numbers(job, one, identity, least=0)
            parts.append(numbers)
        return reported, parts


def _view(reported: ReportedJob, view: str | None) -> Mapping[str, Any]:
    if not view:
        return {}
    try:
        return Report(reported.out).view(view)
    except NotFound:
        return {}


def _kind(view: Mapping[str, Any], chosen: Chosen) -> OriginKind:
    if chosen.marks is not None:
        return OF_VIEWS.get(str(view.get("kind")), OriginKind.SELECTION)
    return OF_TABLES.get(str(view.get("id")), OriginKind.SELECTION)


def _predicted(view: Mapping[str, Any], chosen: Chosen) -> Mapping[str, Any] | None:
    """Return the class that the model predicted for a cell of a confusion matrix."""
    classes = view.get("data", {}).get("classes") if view.get("kind") == "confusion-matrix" else None
    if not isinstance(classes, list) or not classes or len(chosen.marks or ()) != 1:
        return None
    return {"label": str(classes[next(iter(chosen.marks or ())) % len(classes)])}
