"""A selection of rows of a report: marks of a view, points within a polygon, rows of a table → a dataset."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from dashboard.auth.identity import Identity
from dashboard.auth.policy import Action, Resource, authorize
from dashboard.base.errors import Conflict, FieldError, Invalid, NotFound
from dashboard.base.untrusted_folder import ConfinedFile, ConfinedFolder
from dashboard.data.dataset import Dataset, Kind
from dashboard.data.selection import MOST_SELECTED, check_count
from dashboard.data.service import DataService
from dashboard.jobs.job import LIVE
from dashboard.jobs.store.jobs import JobStore
from dashboard.reports.report import Report
from dashboard.reports.reported_job import ReportedJob, originals, reported_job, sources
from jobfolder import names

CHUNK = 2**20  # bytes read at a time of a file of a job
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

    async def output(self, job: str, name: str, identity: Identity) -> Dataset:
        """Make a dataset of the spectra that a job made, or else of those that it prepared, as a feature set.

        Parameters
        ----------
        job : str
            Which has ended.
        name : str
            Of the new dataset; empty: that of the job.
        identity : Identity
            Who does it, and owns the dataset; must be allowed to read the job.

        Returns
        -------
        Dataset
            Whose files are read first.

        Raises
        ------
        NotFound
            If there is no such job.
        Conflict
            If the job still runs, or has left no spectra.
        Invalid, QuotaExceeded, Denied
            If the name cannot be used; a quota does not allow it; the identity may make no datasets.
        """
        reported = await reported_job(self._jobs, self._data, job, identity)
        if reported.job.phase in LIVE:
            raise Conflict("The job still runs: its spectra are complete when it has ended.")
        authorize(identity, Action.CREATE, Resource("dataset"))
        folder = ConfinedFolder(reported.out)
        files = await asyncio.to_thread(lambda: list(folder.files(names.DATASET)))
        prefix, kind = f"{names.DATASET}/", Kind.SPECTRA
        if not files:
            size = await asyncio.to_thread(folder.size, names.FEATURES)
            if size is None:
                raise Conflict(f"The job {job} has left no spectra, {names.DATASET}/ or {names.FEATURES}.")
            files, prefix, kind = [ConfinedFile(names.FEATURES, size)], "", Kind.FEATURES
        found = reported.job
        made = await self._data.create(
            name or found.label or f"{found.module} {found.input['name']}".strip(),
            identity,
            kind,
            synthetic=bool(found.input["synthetic"]),
            expected_bytes=sum(file.size for file in files),
        )
        for file in files:
            await self._data.upload(
                made.id,
                file.path.removeprefix(prefix),
                _chunks(folder, file.path),
                file.size,
                identity=identity,
            )
        await self._data.store.set(made.id, origin={"job": job, "kind": "output"})
        return await self._data.done(made.id, identity)

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


async def _chunks(folder: ConfinedFolder, path: str) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(folder.open, path) as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk


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
