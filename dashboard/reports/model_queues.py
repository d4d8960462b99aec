"""Queues that a job's results put in order: similar spectra together, what models and labels disagree on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.auth.identity import Identity
from dashboard.base.errors import Conflict, FieldError, Invalid, NotFound
from dashboard.base.untrusted_folder import ConfinedFolder
from dashboard.data.dataset import Dataset, Kind, SpectrumLocation
from dashboard.data.isolated.predictions import PredictedRow
from dashboard.data.service import DataService
from dashboard.jobs.store.jobs import JobStore
from dashboard.labels.choosing import label_set_for
from dashboard.labels.current import LabelState
from dashboard.labels.label_set import LabelSet
from dashboard.labels.queue import OriginKind, QueueRow
from dashboard.labels.service import LabelService
from dashboard.reports.cell_order import by_cell, rows_by_cell
from dashboard.reports.labelling import ReportQueue
from dashboard.reports.model_opinions import chance, contradicted, require_common, told
from dashboard.reports.report import Report
from dashboard.reports.reported_job import ReportedJob, features_of, originals, reported_job, sources
from jobfolder import names

PREDICTIONS = "predictions.parquet"
KNOWN = {LabelState.AGREED, LabelState.DECIDED}
NAMES = {
    OriginKind.SIMILARITY: "Similar ones together, by {job}",
    OriginKind.MODELS: "Where {job} and {other} disagree",
    OriginKind.ERRORS: "Labels that {job} contradicts",
    OriginKind.LIKENESS: "Like row {row} of {job}",
}


@dataclass(frozen=True)
class ModelSelection:
    """What is to be labelled by what a job found.

    Attributes
    ----------
    kind
        One of `NAMES`.
    other
        Of `OriginKind.MODELS`: the job whose predictions are compared.
    row, count
        Of `OriginKind.LIKENESS`: the row of the method's input (of a round's job: of its pool), and how many
        spectra like it are wanted.
    label_set, classes, name
        As of `LabelSelection`.
    """

    kind: OriginKind
    other: str = ""
    row: int | None = None
    count: int = 50
    label_set: str = ""
    classes: Sequence[str] = ()
    name: str = ""


class ModelQueues:
    """Makes queues of what jobs found in their datasets.

    Parameters
    ----------
    jobs : JobStore
        The jobs.
    data : DataService
        Their datasets.
    labels : LabelService
        Has the label sets.
    """

    def __init__(self, jobs: JobStore, data: DataService, labels: LabelService) -> None:
        self._jobs, self._data, self._labels = jobs, data, labels

    async def create(self, job: str, wanted: ModelSelection, identity: Identity) -> ReportQueue:
        """Make a queue.

        Parameters
        ----------
        job : str
            Whose results are used.
        wanted : ModelSelection
            What is to be labelled.
        identity : Identity
            Who labels; must be allowed to read the jobs and their dataset.

        Returns
        -------
        ReportQueue
            Where the spectra are labelled.

        Raises
        ------
        NotFound
            If there is no such job or label set, or no predictions.
        Invalid
            If the other job is of another dataset, or a file of a job cannot be used.
        Conflict
            If the dataset was deleted, or nothing is left to label.
        Denied
            If the identity may not label in the label set.
        """
        reported, dataset = await self._reported(job, identity)
        label_set = await label_set_for(
            self._labels, dataset, identity, label_set=wanted.label_set, classes=wanted.classes
        )
        rows = await self._rows(reported, dataset, label_set, wanted, identity)
        origin: dict[str, Any] = {"kind": str(wanted.kind), "job": job}
        if wanted.kind is OriginKind.MODELS:
            origin["other"] = wanted.other
        told = reported.job.label or reported.job.module
        title = NAMES[wanted.kind].format(job=told, other=wanted.other, row=wanted.row)
        queue = await self._labels.queues.create(
            label_set.id, rows, origin, identity, name=(wanted.name or title)[:200]
        )
        return ReportQueue(label_set, queue, 0)

    async def _reported(self, job: str, identity: Identity) -> tuple[ReportedJob, Dataset]:
        reported = await reported_job(self._jobs, self._data, job, identity)
        if reported.dataset is None:
            raise Conflict(f"The dataset of the job {job} was deleted: nothing can be labelled.")
        return reported, reported.dataset

    async def _rows(
        self,
        reported: ReportedJob,
        dataset: Dataset,
        label_set: LabelSet,
        wanted: ModelSelection,
        identity: Identity,
    ) -> list[QueueRow]:
        known = await self._known(label_set, dataset, identity)
        if wanted.kind is OriginKind.ERRORS:
            predicted = await self._predicted(reported, dataset)
            require_common(predicted, label_set.classes, f"the label set {label_set.name}")
            return contradicted(predicted, known)
        if wanted.kind is OriginKind.MODELS:
            return await self._disagreed(reported, dataset, wanted.other, identity)
        if wanted.kind is OriginKind.LIKENESS:
            numbers = await self._like(reported, wanted, len(known))
        else:
            numbers = await self._ordered(reported, dataset)
        free = [number for number in numbers if number not in known]
        if not free:
            raise Conflict("Every spectrum that could be in this queue is labelled already.")
        return [QueueRow(number) for number in (free[: wanted.count] if wanted.row is not None else free)]

    async def _known(self, label_set: LabelSet, dataset: Dataset, identity: Identity) -> dict[int, str]:
        """Return the classes of labelled spectra by their numbers."""
        current = await self._labels.current(label_set.id, identity)
        told = {one.spectrum.text: (one.spectrum, *one.state()) for one in current}
        sure = {text: (key, label) for text, (key, state, label) in told.items() if state in KNOWN and label}
        numbers = await self._labels.spectra.numbers(dataset.id, [key for key, _ in sure.values()])
        return {numbers[text]: str(label) for text, (_, label) in sure.items() if text in numbers}

    # Predictions

    async def _predicted(self, reported: ReportedJob, dataset: Dataset) -> dict[int, PredictedRow]:
        """Return the predictions of a job, in the order of its table, by the number of the spectrum."""
        if await asyncio.to_thread(ConfinedFolder(reported.out).size, PREDICTIONS) is None:
            raise NotFound(
                f"The job {reported.job.id} has no table of predictions: predict the dataset with a model."
            )
        found = await self._data.curves.predictions(reported.out / PREDICTIONS)
        if dataset.kind is Kind.FEATURES:
            there = await self._data.rows.numbered(dataset.id, [one.row for one in found])
            return {one.row: one for one in found if one.row in there}
        places = [SpectrumLocation(one.path, one.hdu, one.file_row) for one in found]
        at = await self._data.rows.at_locations(dataset.id, places)
        return {at[place].number: one for place, one in zip(places, found, strict=True) if place in at}

    async def _disagreed(
        self, reported: ReportedJob, dataset: Dataset, other: str, identity: Identity
    ) -> list[QueueRow]:
        second, its = await self._reported(other, identity)
        if its.id != dataset.id:
            reason = f"predicted {its.name}, not {dataset.name}"
            raise Invalid(f"The job {other} {reason}.", [FieldError("other", reason)])
        one, two = await self._predicted(reported, dataset), await self._predicted(second, dataset)
        require_common(one, [each.label for each in two.values()], f"the job {other}")
        both = [
            (number, mine, two[number])
            for number, mine in one.items()
            if number in two and mine.label and two[number].label and mine.label != two[number].label
        ]
        if not both:
            raise Conflict("The two jobs predict the same classes: there is no disagreement.")
        both.sort(key=lambda each: -min(chance(each[1]), chance(each[2])))
        jobs = (reported.job.id, other)
        return [
            QueueRow(
                number,
                {"label": None, "models": [told(job, one) for job, one in zip(jobs, pair, strict=True)]},
            )
            for number, *pair in both
        ]

    # Order and likeness

    async def _ordered(self, reported: ReportedJob, dataset: Dataset) -> list[int]:
        """Return the spectra of a job, those of a cell or cluster together and neighbouring cells in turn."""
        if await asyncio.to_thread(ConfinedFolder(reported.out).size, PREDICTIONS) is not None:
            found = await self._predicted(reported, dataset)
            if any(one.group for one in found.values()):
                return [number for number, one in sorted(found.items(), key=lambda each: by_cell(each[1]))]
        rows = await asyncio.to_thread(rows_by_cell, Report(reported.out))
        there = await originals(self._data, reported, await sources(self._data, reported, rows), rows)
        return [one.number for one in there if one is not None]

    async def _like(self, reported: ReportedJob, wanted: ModelSelection, known: int) -> list[int]:
        """Return the spectra that are most like a row, enough of them for some to be labelled already."""
        row, pool = wanted.row, names.POOL
        if row is None:
            raise Invalid("No queue is made: say which row.", [FieldError("row", "is required")])
        of_round = reported.job.action == "learn"
        if of_round and await asyncio.to_thread(ConfinedFolder(reported.out).size, pool) is not None:
            path = reported.out / pool
        elif of_round and reported.dataset is not None and reported.dataset.kind is Kind.FEATURES:
            path = await self._data.feature_file(reported.dataset.id)
        else:
            path = await features_of(self._data, reported)
        rows = await self._data.curves.similar(path, row, wanted.count + known)
        if reported.dataset is not None and reported.dataset.kind is Kind.FEATURES and of_round:
            return rows
        found = await self._data.curves.sources(path, rows)
        there = await originals(self._data, reported, found, rows)
        return [one.number for one in there if one is not None]
