"""What a job takes from a dataset: its files, and a manifest with the labels as they are now."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dashboard.base.errors import NotFound
from dashboard.data.dataset import DatasetState, Kind, ObjectCounts, TrainingObjects
from dashboard.data.references.staging import ReferenceStaging
from dashboard.data.store.datasets import DatasetStore
from dashboard.data.store.spectra import SpectrumRows
from dashboard.jobs.folder.job_dataset import JobDataset
from dashboard.jobs.folder.round_labels import RoundLabels
from dashboard.jobs.folder.version_labels import VersionLabels
from dashboard.jobs.request import JobInput
from jobfolder import names
from spectra.reading.archive import SEPARATOR
from spectra.reading.manifest import UNAVAILABLE

COLUMNS = ("path", "hdu", "row", "name", "label", "group", "instrument")


class InputGone(Exception):
    """The input of a job is not there any more; `str()` gives the reason."""


KEPT_COUNTS = 64  # datasets whose counts of objects are remembered


class JobInputs:
    """The datasets and models that jobs read.

    Parameters
    ----------
    datasets : DatasetStore
        The datasets.
    spectra : SpectrumRows
        Their spectra.
    folder : Path
        ``<home>/data``.
    models : Path
        ``<home>/models``.
    labels : RoundLabels, optional
        Writes the labels of rounds of active learning.
    references : ReferenceStaging, optional
        Brings files of reference datasets here.
    jobs : Path, optional
        ``<home>/jobs``, where earlier rounds left their pools.
    versions : VersionLabels, optional
        Reads the versions of label sets that trainings name.
    """

    def __init__(
        self,
        datasets: DatasetStore,
        spectra: SpectrumRows,
        folder: Path,
        models: Path,
        *,
        labels: RoundLabels | None = None,
        versions: VersionLabels | None = None,
        references: ReferenceStaging | None = None,
        jobs: Path | None = None,
    ) -> None:
        self._jobs = jobs
        self._references = references
        self._labels = labels
        self.versions = versions
        self._datasets = datasets
        self._spectra = spectra
        self._folder = folder
        self._models = models
        self._object_counts: dict[tuple[str, str | None], ObjectCounts] = {}
        self._training_objects: dict[tuple[str, str | None, tuple[str, ...]], TrainingObjects] = {}

    async def dataset(self, dataset: str) -> JobDataset | None:
        """Return a dataset as jobs see it, or None when there is none."""
        try:
            found = await self._datasets.get(dataset)
        except NotFound:
            return None
        wavelength = None
        if found.wavelength_min is not None and found.wavelength_max is not None:
            wavelength = (found.wavelength_min, found.wavelength_max)
        return JobDataset(
            id=found.id,
            state=found.state,
            reason=found.reason,
            input=JobInput(
                str(found.kind), found.name, found.sha256, found.synthetic, found.count, refers=found.refers
            ),
            classes=found.classes,
            wavelength=wavelength,
        )

    def waits(self, job: str, dataset: str) -> str:
        """Return why a job waits for the files of a reference dataset; empty: it can start."""
        return "" if self._references is None else self._references.waits(job, dataset)

    async def objects(self, dataset: JobDataset) -> ObjectCounts:
        """Return how many spectra of a dataset share an object, a name or a file's content.

        It is counted once for each state of a dataset: a form asks at every change.
        """
        key = (dataset.id, dataset.input.sha256)
        if key not in self._object_counts:
            _forget(self._object_counts)
            self._object_counts[key] = await self._spectra.object_counts(dataset.id)
        return self._object_counts[key]

    async def training_objects(self, dataset: JobDataset) -> TrainingObjects:
        """Return the objects of the labelled spectra that are not excluded; counted once, as `objects`."""
        excluded = dataset.input.excluded
        if dataset.input.labels is not None and self.versions is not None:
            return await self.versions.objects(dataset, dataset.input.labels)
        key = (dataset.id, dataset.input.sha256, excluded)
        if key not in self._training_objects:
            _forget(self._training_objects)
            self._training_objects[key] = await self._spectra.training_objects(dataset.id, excluded)
        return self._training_objects[key]

    async def source(self, dataset: str) -> Path:
        """Return what is mounted at ``in/data``: the folder of spectra, or the feature set's file.

        Raises
        ------
        InputGone
            If the dataset or its files are not there.
        """
        found = await self.dataset(dataset)
        if found is None or found.state is not DatasetState.READY:
            why = "was deleted" if found is None else f"is {found.state}: {found.reason}"
            raise InputGone(f"the dataset {dataset} {why}")
        if self._references is not None and (problem := self._references.problem(dataset)):
            raise InputGone(f"the dataset {found.input.name} cannot be read: {problem}")
        path = self._folder / dataset / "files"
        if found.input.kind == Kind.FEATURES:
            # Not every file of the dataset is the feature set: the one that its rows were read from is.
            path /= await self._spectra.first_path(dataset) or "no feature set"
        if not await asyncio.to_thread(path.exists):
            raise InputGone(f"the files of dataset {found.input.name} ({dataset}) are not in {path.parent}")
        return path

    async def model(self, model: str) -> Path:
        """Return the folder that is mounted at ``in/model`` or ``in/start``.

        Parameters
        ----------
        model : str
            The model's id.

        Returns
        -------
        Path
            The model's folder.

        Raises
        ------
        InputGone
            If the model was deleted.
        """
        path = self._models / model
        if not await asyncio.to_thread(path.is_dir):
            raise InputGone(f"the model {model} was deleted")
        return path

    async def pool(self, learning: Mapping[str, Any]) -> Path | None:
        """Return the pool that an earlier round prepared, as `learning` names it; None: there is none."""
        told = learning.get("pool")
        if not isinstance(told, Mapping) or self._jobs is None:
            return None
        path = self._jobs / str(told["job"]) / str(told["attempt"]) / names.OUT / names.POOL
        found = await asyncio.to_thread(_size, path)
        return path if found == told["size"] else None

    async def write_labels(self, learning: Mapping[str, Any], dataset: str, path: Path) -> None:
        """Write the labels that a round of active learning uses.

        Parameters
        ----------
        learning : mapping
            Of the job's input.
        dataset : str
            Id of the pool.
        path : Path
            The file to write.

        Raises
        ------
        InputGone
            If rounds cannot be run here.
        """
        if self._labels is None:
            raise InputGone("rounds of active learning have no labels here")
        await self._labels.write(learning, dataset, path)

    async def write_manifest(
        self,
        dataset: str,
        path: Path,
        excluded: Container[str] = frozenset(),
        labels: Mapping[str, Any] | None = None,
    ) -> None:
        """Stream the dataset's spectra into a manifest (contracts.md, section 1).

        Parameters
        ----------
        dataset : str
            The dataset's id.
        path : Path
            The file to write.
        excluded : container of str
            Classes that are left out; empty text: the spectra without a class.
        labels : mapping, optional
            Of the job's input: the version of a label set whose classes count, and whose spectra alone are
            used; None: those of the dataset.

        Raises
        ------
        InputGone
            If the label set was deleted.
        """
        given = None if labels is None else await self._version_labels(labels, dataset)
        gone = await self._unavailable(dataset)
        columns = (*COLUMNS, UNAVAILABLE) if gone else COLUMNS
        await asyncio.to_thread(_append, path, [columns], "w")
        async for some in self._spectra.all(dataset):
            used = (
                some
                if given is None
                else [replace(row, label=given[row.number]) for row in some if row.number in given]
            )
            rows = [
                tuple(getattr(spectrum, column) for column in COLUMNS)
                + ((gone.get(spectrum.path.partition(SEPARATOR)[0], ""),) if gone else ())
                for spectrum in used
                if (spectrum.label or "") not in excluded
            ]
            await asyncio.to_thread(_append, path, rows, "a")

    async def _unavailable(self, dataset: str) -> Mapping[str, str]:
        found = await self.dataset(dataset)
        if self._references is None or found is None or not found.input.refers:
            return {}
        return await self._references.unavailable(dataset)

    async def _version_labels(self, labels: Mapping[str, Any], dataset: str) -> dict[int, str]:
        gone = InputGone(f"version {labels['number']} of the label set {labels['name']} was deleted")
        if self.versions is None:
            raise gone
        try:
            return await self.versions.of(str(labels["id"]), dataset)
        except NotFound as error:
            raise gone from error


def _forget(counts: dict[Any, Any]) -> None:
    while len(counts) >= KEPT_COUNTS:
        counts.pop(next(iter(counts)), None)


def _size(path: Path) -> int:
    """Return the bytes of a plain file that is no link; -1: there is none."""
    try:
        return path.lstat().st_size if path.is_file() and not path.is_symlink() else -1
    except OSError:
        return -1


def _append(path: Path, rows: Sequence[Sequence[Any]], mode: str) -> None:
    with path.open(mode, encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
