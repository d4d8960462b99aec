"""From numbers of a dataset's spectra to keys that stay right, and back to the numbers of today."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from dashboard.base.errors import NotFound
from dashboard.data.dataset import Dataset, SpectrumLocation
from dashboard.data.store.datasets import DatasetStore
from dashboard.data.store.spectra import SpectrumRows
from dashboard.database.engine import Database
from dashboard.database.tables import dataset_files
from dashboard.labels.spectrum_key import SpectrumKey
from spectra.reading.archive import SEPARATOR

AT_ONCE = 500

_files = dataset_files.c


class LabelledSpectra:
    """Finds the spectra of label sets in their datasets.

    Parameters
    ----------
    database : Database
        Open and migrated.
    datasets : DatasetStore
        The datasets.
    rows : SpectrumRows
        Their spectra.
    """

    def __init__(self, database: Database, datasets: DatasetStore, rows: SpectrumRows) -> None:
        self._database = database
        self._datasets = datasets
        self._rows = rows

    async def dataset(self, dataset: str) -> Dataset | None:
        """Return a dataset, or None where it was deleted."""
        try:
            return await self._datasets.get(dataset)
        except NotFound:
            return None

    async def keys(self, dataset: str, numbers: Sequence[int]) -> dict[int, SpectrumKey]:
        """Return the keys of the spectra of these numbers; numbers without a spectrum are left out."""
        found = await self._rows.numbered(dataset, sorted(set(numbers)))
        hashes = await self._hashes(dataset, {_file_of(row.path) for row in found.values()})
        return {number: SpectrumKey.of(row, hashes.get(_file_of(row.path))) for number, row in found.items()}

    async def numbers(self, dataset: str, keys: Iterable[SpectrumKey]) -> dict[str, int]:
        """Return the numbers that spectra have now.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        keys : iterable of SpectrumKey
            What was written down about them.

        Returns
        -------
        dict
            Text of the key to number. A spectrum that is not where it was is looked for in a file of the same
            content; one that is not found is left out.
        """
        wanted = {key.text: key for key in keys}
        found = await self._at(dataset, {text: key.location for text, key in wanted.items()})
        lost = {text: key for text, key in wanted.items() if text not in found and key.sha256}
        if lost:
            moved = await self._paths(dataset, {str(key.sha256) for key in lost.values()})
            places = {
                text: _moved(key.location, moved[key.sha256])
                for text, key in lost.items()
                if key.sha256 in moved
            }
            found |= await self._at(dataset, places)
        return found

    async def _at(self, dataset: str, places: dict[str, SpectrumLocation]) -> dict[str, int]:
        there = await self._rows.at_locations(dataset, list(places.values()))
        return {text: there[place].number for text, place in places.items() if place in there}

    async def _hashes(self, dataset: str, paths: set[str]) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        named = sorted(paths)
        async with self._database.read() as connection:
            for start in range(0, len(named), AT_ONCE):
                some = _files.path.in_(named[start : start + AT_ONCE])
                query = select(_files.path, _files.sha256).where(_files.dataset == dataset, some)
                found.update((row.path, row.sha256) for row in await connection.execute(query))
        return found

    async def _paths(self, dataset: str, hashes: set[str]) -> dict[str | None, str]:
        found: dict[str | None, str] = {}
        named = sorted(hashes)
        async with self._database.read() as connection:
            for start in range(0, len(named), AT_ONCE):
                some = _files.sha256.in_(named[start : start + AT_ONCE])
                query = select(_files.sha256, _files.path).where(_files.dataset == dataset, some)
                found.update((row.sha256, row.path) for row in await connection.execute(query))
        return found


def _file_of(path: str) -> str:
    return path.partition(SEPARATOR)[0]


def _moved(location: SpectrumLocation, path: str) -> SpectrumLocation:
    """Return a location in a file that has another name now."""
    member = location.path.partition(SEPARATOR)[2]
    return SpectrumLocation(f"{path}{SEPARATOR}{member}" if member else path, location.hdu, location.row)
