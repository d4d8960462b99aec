"""All SQL that makes a dataset of spectra of another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert

from dashboard.data.dataset import DataFile, SpectrumRow
from dashboard.data.store.allowance import Allow, anything
from dashboard.database.engine import Database
from dashboard.database.tables import dataset_files, dataset_spectra, datasets


class SelectionStore:
    """Writes selections."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(
        self,
        dataset: Mapping[str, Any],
        files: Sequence[DataFile],
        spectra: Sequence[SpectrumRow],
        allow: Allow = anything,
    ) -> None:
        """Store a dataset with its files and spectra, all or nothing.

        Parameters
        ----------
        dataset : mapping
            Its row.
        files : sequence of DataFile
            Which it has; their state is kept.
        spectra : sequence of SpectrumRow
            Of another dataset; they are numbered anew, in this order.
        allow : callable
            Called first in the transaction; raises where the dataset may not be made.
        """
        of = {"dataset": dataset["id"]}
        rows = [_row(spectrum) | of | {"number": number} for number, spectrum in enumerate(spectra)]
        async with self._database.write() as connection:
            await allow(connection)
            await connection.execute(insert(datasets).values(dataset))
            await connection.execute(insert(dataset_files), [file.to_json() | of for file in files])
            await connection.execute(insert(dataset_spectra), rows)


def _row(spectrum: SpectrumRow) -> dict[str, Any]:
    values = spectrum.to_json()
    values["object_group"] = values.pop("group")
    return values
