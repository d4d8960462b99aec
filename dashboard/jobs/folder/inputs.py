"""What a job takes from a dataset: its files, and a manifest with the labels as they are now."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from dashboard.database.engine import Database
from dashboard.database.tables import dataset_spectra, datasets
from dashboard.jobs.request import JobInput

CHUNK = 5000  # rows of the manifest that are in memory at once
COLUMNS = ("path", "hdu", "row", "name", "label", "group")


class InputGone(Exception):
    """The dataset cannot be given to a job any more; `str()` says why."""


@dataclass(frozen=True)
class DatasetState:
    """What a check needs to know of a dataset."""

    id: str
    state: str
    reason: str
    input: JobInput
    classes: Mapping[str, int]
    wavelength: tuple[float, float] | None


class JobInputs:
    """The datasets, from a job's chair.

    Parameters
    ----------
    database : Database
        Open and migrated.
    folder : Path
        ``<home>/data``.
    models : Path
        ``<home>/models``.
    """

    def __init__(self, database: Database, folder: Path, models: Path) -> None:
        self._database = database
        self._folder = folder
        self._models = models

    async def state(self, dataset: str) -> DatasetState | None:
        """Return what is known of a dataset, or None when there is none."""
        async with self._database.read() as connection:
            found = await connection.execute(select(datasets).where(datasets.c.id == dataset))
            row = found.mappings().one_or_none()
        if row is None:
            return None
        covered = None not in (row["wavelength_min"], row["wavelength_max"])
        return DatasetState(
            id=row["id"],
            state=row["state"],
            reason=row["reason"],
            input=JobInput(row["kind"], row["name"], row["sha256"], row["synthetic"], row["count"]),
            classes=row["classes"],
            wavelength=(row["wavelength_min"], row["wavelength_max"]) if covered else None,
        )

    async def source(self, dataset: str) -> Path:
        """Return what is mounted at ``in/data``: the folder of spectra, or the feature set's file.

        Raises
        ------
        InputGone
            If the dataset or its files are not there.
        """
        state = await self.state(dataset)
        if state is None or state.state != "ready":
            why = "was deleted" if state is None else f"is {state.state}: {state.reason}"
            raise InputGone(f"the dataset {dataset} {why}")
        path = self._folder / dataset / "files"
        if state.input.kind == "features":
            # Not every file of the dataset is the feature set: the one that its rows were read from is.
            rows = dataset_spectra.c
            query = select(rows.path).where(rows.dataset == dataset).order_by(rows.number).limit(1)
            async with self._database.read() as connection:
                path /= (await connection.execute(query)).scalar_one_or_none() or "no feature set"
        if not await asyncio.to_thread(path.exists):
            raise InputGone(f"the files of dataset {state.input.name} ({dataset}) are not in {path.parent}")
        return path

    async def model(self, model: str) -> Path:
        """Return what is mounted at ``in/model``; `InputGone` if the model is not there."""
        path = self._models / model
        if not await asyncio.to_thread(path.is_dir):
            raise InputGone(f"the model {model} was deleted")
        return path

    async def write_manifest(self, dataset: str, path: Path) -> None:
        """Stream the dataset's spectra into a manifest (contracts.md, section 1)."""
        await asyncio.to_thread(_append, path, [COLUMNS], "w")
        last = -1
        table = dataset_spectra.c
        shown = (table.path, table.hdu, table.row, table.name, table.label, table.object_group)
        while True:
            query = (
                select(table.number, *shown)
                .where(table.dataset == dataset, table.number > last)
                .order_by(table.number)
                .limit(CHUNK)
            )
            async with self._database.read() as connection:
                rows = (await connection.execute(query)).all()
            if not rows:
                return
            last = rows[-1].number
            await asyncio.to_thread(_append, path, [tuple(row)[1:] for row in rows], "a")


def _append(path: Path, rows: Sequence[Sequence[Any]], mode: str) -> None:
    with path.open(mode, encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
