"""A selection of rows of a report: marks of a view, points within a polygon, rows of a table → a dataset."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.auth.identity import Identity
from dashboard.base.errors import Conflict, FieldError, Invalid, NotFound
from dashboard.data.dataset import Dataset
from dashboard.data.selection import MOST_SELECTED, check_count
from dashboard.data.service import DataService
from dashboard.jobs.store.jobs import JobStore
from dashboard.reports.report import Report
from dashboard.reports.reported_job import ReportedJob, originals, reported_job, sources

WAYS = ("rows", "marks", "polygon")


@dataclass(frozen=True)
class Chosen:
    """What was selected; exactly one of `rows`, `marks` and `polygon`.

    Attributes
    ----------
    rows
        Rows of the method's input.
    view
        Whose marks or points are meant.
    marks
        Such as cells of a map.
    polygon
        Corners around points of a scatter plot, in its coordinates.
    """

    rows: Sequence[int] | None = None
    view: str | None = None
    marks: Sequence[int] | None = None
    polygon: Sequence[Sequence[float]] | None = None


@dataclass(frozen=True)
class Selected:
    """The dataset that was made, and how many of the rows have no spectrum in the original dataset now."""

    dataset: Dataset
    left_out: int


class ReportSelections:
    """Makes datasets of what is selected in reports.

    Parameters
    ----------
    jobs : JobStore
        The jobs.
    data : DataService
        Their datasets.
    """

    def __init__(self, jobs: JobStore, data: DataService) -> None:
        self._jobs = jobs
        self._data = data

    async def create(self, job: str, chosen: Chosen, name: str, identity: Identity) -> Selected:
        """Make a dataset of the original spectra of what is selected.

        Parameters
        ----------
        job : str
            Whose report it is.
        chosen : Chosen
            What is selected in it.
        name : str
            Of the new dataset.
        identity : Identity
            Who does it, and owns the dataset; must be allowed to read the job and its dataset.

        Returns
        -------
        Selected
            The dataset.

        Raises
        ------
        NotFound
            If there is no such job or view.
        Invalid
            If the selection is none, or has too many rows, or rows that are not there.
        Conflict
            If the original spectra are not there any more.
        """
        reported, found = await self.numbers(job, chosen, identity)
        numbers = [number for number in found if number is not None]
        if reported.dataset is None or not numbers:
            raise Conflict("The dataset of this job holds none of the selected spectra any more.")
        dataset = await self._data.selections.create(reported.dataset, numbers, name, identity, job=job)
        return Selected(dataset, len(found) - len(numbers))

    async def numbers(
        self, job: str, chosen: Chosen, identity: Identity, least: int = 1
    ) -> tuple[ReportedJob, list[int | None]]:
        """Return the spectra of a selection by their numbers in the dataset; None: it is not there now.

        Parameters
        ----------
        job : str
            Whose report it is.
        chosen : Chosen
            What is selected in it.
        identity : Identity
            Must be allowed to read the job and its dataset.
        least : int
            How many rows there must be.

        Raises
        ------
        NotFound
            If there is no such job or view.
        Invalid
            If the selection is none, or has too many rows, or rows that are not there.
        Conflict
            If the dataset was deleted.
        """
        _check(chosen)
        reported = await reported_job(self._jobs, self._data, job, identity)
        if reported.dataset is None:
            raise Conflict("The dataset of this job was deleted: nothing can be selected from it.")
        rows = await asyncio.to_thread(_rows, Report(reported.out), chosen)
        check_count(max(len(rows), 1 - least))
        return reported, (await self._numbers(reported, rows) if rows else [])

    async def _numbers(self, reported: ReportedJob, rows: Sequence[int]) -> list[int | None]:
        try:
            found = await sources(self._data, reported, rows)
        except NotFound as error:
            raise Invalid(str(error), [FieldError("rows", str(error))]) from error
        there = await originals(self._data, reported, found, rows)
        return [None if one is None else one.number for one in there]


def _check(chosen: Chosen) -> None:
    given = [way for way in WAYS if getattr(chosen, way) is not None]
    if len(given) != 1:
        reason = f"give one of {', '.join(WAYS)}"
        raise Invalid(f"Nothing is selected: {reason}.", [FieldError(given[0] if given else "rows", reason)])
    if given[0] != "rows" and not chosen.view:
        reason = f"is required with {given[0]}"
        raise Invalid(f"The view {reason}.", [FieldError("view", reason)])


def _rows(report: Report, chosen: Chosen) -> list[int]:
    """Return the selected rows, ascending, each once."""
    if chosen.marks is not None:
        return report.rows_of_marks(str(chosen.view), chosen.marks, MOST_SELECTED)
    if chosen.polygon is not None:
        return report.rows_within(str(chosen.view), chosen.polygon)
    return sorted(set(chosen.rows or ()))
