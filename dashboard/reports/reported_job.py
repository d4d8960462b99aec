"""A job with its report: the rows of its method's input, and the spectra of the dataset that they were."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dashboard.auth.identity import Identity
from dashboard.base.errors import Invalid, NotFound
from dashboard.base.untrusted_folder import ConfinedFolder
from dashboard.data.dataset import Dataset, Kind, SpectrumLocation, SpectrumRow
from dashboard.data.service import DataService
from dashboard.jobs.job import Job
from dashboard.jobs.store.jobs import JobStore
from dashboard.reports.arrays import open_array
from jobfolder import names
from jobfolder.dataset_path import dataset_path
from spectra import Batch, FeatureSetError, Source


@dataclass(frozen=True)
class ReportedJob:
    """A job with its ``out/`` and its dataset (None when the dataset was deleted)."""

    job: Job
    out: Path
    dataset: Dataset | None


async def reported_job(jobs: JobStore, data: DataService, job: str, identity: Identity) -> ReportedJob:
    """Return a job with the folder of its newest attempt.

    Parameters
    ----------
    jobs, data : JobStore, DataService
        Where they are.
    job : str
        Its id.
    identity : Identity
        Who asks; must be allowed to read the job. A dataset that they may not read counts as deleted.

    Returns
    -------
    ReportedJob
        The job.

    Raises
    ------
    NotFound
        If there is no such job, or it has not started.
    """
    found = await jobs.get(job, identity)
    attempts = await jobs.attempts(job)
    if not attempts:
        raise NotFound(f"The job {job} has not started: there is no report yet.")
    dataset = None
    if found.dataset is not None:
        dataset = await data.find(found.dataset, identity)
    return ReportedJob(found, jobs.out_folder(attempts[-1]), dataset)


async def features_of(data: DataService, reported: ReportedJob) -> Path:
    """Return the file of the method's input.

    Raises
    ------
    NotFound
        If the prepared spectra were not kept.
    """
    size = await asyncio.to_thread(ConfinedFolder(reported.out).size, names.FEATURES)
    if size is not None:
        return reported.out / names.FEATURES
    given = reported.dataset
    if given is None or given.kind is not Kind.FEATURES:
        raise NotFound(
            "The job has not written (or no longer has) the prepared spectra, out/features.parquet."
        )
    return await data.feature_file(given.id)


async def take(data: DataService, reported: ReportedJob, rows: Sequence[int]) -> Batch:
    """Return rows of the method's input.

    Parameters
    ----------
    data : DataService
        Reads them.
    reported : ReportedJob
        The job.
    rows : sequence of int
        Their numbers.

    Returns
    -------
    Batch
        The rows, in this order.

    Raises
    ------
    NotFound
        If there is no such row, or the prepared spectra were not kept.
    Invalid
        If they cannot be read.
    """
    path = await features_of(data, reported)
    with _told(rows):
        return await data.curves.take(path, rows)


async def sources(data: DataService, reported: ReportedJob, rows: Sequence[int]) -> list[Source]:
    """Return where rows of the method's input came from.

    Parameters
    ----------
    data, reported, rows
        As of `take`, which also says what is raised.
    """
    path = await features_of(data, reported)
    with _told(rows):
        return await data.curves.sources(path, rows)


@contextlib.contextmanager
def _told(rows: Sequence[int]) -> Iterator[None]:
    """Make service errors of those of a feature set."""
    try:
        yield
    except IndexError as error:
        raise NotFound(
            f"The prepared spectra have no row {rows[0] if len(rows) == 1 else max(rows)}."
        ) from error
    except (FeatureSetError, OSError, ValueError) as error:
        raise Invalid(f"The prepared spectra cannot be read: {getattr(error, 'reason', error)}.") from error


async def originals(
    data: DataService, reported: ReportedJob, sources: Sequence[Source], rows: Sequence[int]
) -> list[SpectrumRow | None]:
    """Return the spectrum of the dataset for each row, or None where it does not exist.

    Parameters
    ----------
    data : DataService
        Knows the dataset's spectra.
    reported : ReportedJob
        The job.
    sources : sequence of Source
        Of the rows.
    rows : sequence of int
        Numbers of the rows.

    Returns
    -------
    list of SpectrumRow or None
        In the order of the rows.
    """
    if reported.dataset is None:
        return [None] * len(sources)
    if reported.dataset.kind is Kind.FEATURES:
        numbers = await asyncio.to_thread(_pool_rows, reported, rows)
        found = await data.rows.numbered(reported.dataset.id, numbers)
        return [found.get(number) for number in numbers]
    locations = [SpectrumLocation(dataset_path(source.path), source.hdu, source.row) for source in sources]
    there = await data.rows.at_locations(reported.dataset.id, locations)
    return [there.get(location) for location in locations]


def _pool_rows(reported: ReportedJob, rows: Sequence[int]) -> list[int]:
    """Return the rows of the dataset: a round of active learning trains on some rows of its pool.

    So does a training that names a version of a label set.
    """
    folder = ConfinedFolder(reported.out)
    if reported.job.action != "learn" and folder.size(names.TRAINING_ROWS) is None:
        return list(rows)
    try:
        numbers = open_array(folder, names.TRAINING_ROWS).all()
    except Invalid:
        return [-1] * len(rows)
    return [int(numbers[row]) if row < len(numbers) else -1 for row in rows]


def original_url(reported: ReportedJob, original: SpectrumRow | None) -> str | None:
    """Return the address of a spectrum of the dataset, or None where it does not exist."""
    if reported.dataset is None or original is None:
        return None
    return f"/data/{reported.dataset.id}/spectra/{original.number}"
