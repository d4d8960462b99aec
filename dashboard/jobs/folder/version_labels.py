"""The labels of a training that names a version of a label set, in place of those of its dataset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dashboard.auth.identity import Identity
from dashboard.base.errors import FieldError, NotFound
from dashboard.data.dataset import SINGLE_CLASSES, Kind, TrainingObjects
from dashboard.data.store.spectra import SpectrumRows
from dashboard.jobs.folder.job_dataset import JobDataset
from dashboard.labels.service import LabelService

FIELD = "label_version"


class VersionLabels:
    """Reads versions of label sets for jobs.

    Parameters
    ----------
    labels : LabelService
        Has them.
    spectra : SpectrumRows
        Of the datasets.
    """

    def __init__(self, labels: LabelService, spectra: SpectrumRows) -> None:
        self._labels = labels
        self._spectra = spectra

    async def of(self, version: str, dataset: str) -> dict[int, str]:
        """Return the classes of a version by the number that spectra have in the dataset today.

        Parameters
        ----------
        version : str
            Its id.
        dataset : str
            Of the training; spectra that have left it are left out.

        Raises
        ------
        NotFound
            If the label set was deleted.
        """
        _, found = await self._labels.versions.get(version)
        labels = await self._labels.versions.labels(found)
        numbers = await self._labels.spectra.numbers(dataset, [one.spectrum for one in labels])
        return {numbers[one.spectrum.text]: one.label for one in labels if one.spectrum.text in numbers}

    async def labelled(
        self, dataset: JobDataset, version: str, identity: Identity
    ) -> tuple[JobDataset, list[FieldError]]:
        """Return a dataset with the labels of a version, or why it cannot have them.

        Parameters
        ----------
        dataset : JobDataset
            Of the training.
        version : str
            Id of the version.
        identity : Identity
            Whose training it is; must be allowed to read the label set.
        """
        try:
            label_set, found = await self._labels.versions.get(version, identity)
        except NotFound as error:
            return dataset, [FieldError(FIELD, error.detail)]
        if dataset.input.kind not in {Kind.SPECTRA, Kind.FEATURES}:
            why = "Files of any kind have no labels of spectra."
            return dataset, [FieldError(FIELD, why)]
        if label_set.dataset != dataset.id:
            why = f"{label_set.name} labels spectra of {label_set.dataset_name}, not of this dataset."
            return dataset, [FieldError(FIELD, why)]
        classes = Counter((await self.of(version, dataset.id)).values())
        named = {
            "id": found.id,
            "label_set": label_set.id,
            "name": label_set.name,
            "number": found.number,
            "sha256": found.sha256,
        }
        told = replace(dataset.input, labels=named, count=classes.total())
        return replace(dataset, input=told, classes=dict(sorted(classes.items()))), []

    async def objects(self, dataset: JobDataset, labels: Mapping[str, Any]) -> TrainingObjects:
        """Return the objects of the spectra that a version labels, without excluded classes.

        Parameters
        ----------
        dataset : JobDataset
            Of the training.
        labels : mapping
            Of its input: names the version.
        """
        found: dict[str, set[str]] = {}
        given = await self.of(str(labels["id"]), dataset.id)
        for number, row in (await self._spectra.numbered(dataset.id, sorted(given))).items():
            if given[number] not in dataset.input.excluded:
                found.setdefault(given[number], set()).add(f"g{row.group}" if row.group else f"n{number}")
        single = sorted(name for name, objects in found.items() if len(objects) < 2)
        every = set().union(*found.values()) if found else set()
        return TrainingObjects(len(every), tuple(single[:SINGLE_CLASSES]))
