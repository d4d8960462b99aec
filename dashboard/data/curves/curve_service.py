"""Spectra of datasets as curves: read from their files in a process, and cached."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from dashboard.base.errors import Invalid, NotFound, Unavailable
from dashboard.data.dataset import Kind, SpectrumLocation, SpectrumRow, Unreadable
from dashboard.data.isolated.features import row_spectrum, sources_of_rows, take_rows
from dashboard.data.isolated.predictions import PredictedRow, read_predictions
from dashboard.data.isolated.process_pool import ProcessPool, WorkerLost
from dashboard.data.isolated.read_spectra import files_of, read_locations
from dashboard.data.isolated.similar_rows import similar_rows
from dashboard.data.missing_files import Fill, nothing_to_bring
from spectra import Batch, Source, Spectrum

CACHE_BYTES = 256 * 2**20
PATIENCE_S = 60.0
SEARCH_S = 300.0  # of a pass over a whole feature set or table
AT_ONCE = 50  # spectra in one call of a process, which limits the memory of a result

Found = TypeVar("Found")
ReadResult = Spectrum | Unreadable
Key = tuple[str, SpectrumLocation, int, int]  # dataset, location, and the file's size and time of change


class SpectrumCache:
    """A cache of spectra: the least recently used ones are removed first.

    Parameters
    ----------
    limit
        Bytes of their arrays.
    """

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        self.limit = limit
        self.size = 0
        self._kept: OrderedDict[Key, Spectrum] = OrderedDict()

    def get(self, key: Key) -> Spectrum | None:
        """Return a cached spectrum, or None."""
        spectrum = self._kept.get(key)
        if spectrum is not None:
            self._kept.move_to_end(key)
        return spectrum

    def put(self, key: Key, spectrum: Spectrum) -> None:
        """Cache a spectrum, and remove the least recently used ones that do not fit."""
        size = memory(spectrum)
        if size > self.limit or key in self._kept:
            return
        self._kept[key] = spectrum
        self.size += size
        while self.size > self.limit:
            _, old = self._kept.popitem(last=False)
            self.size -= memory(old)


def memory(spectrum: Spectrum) -> int:
    """Return the bytes of a spectrum's arrays."""
    arrays = (spectrum.wavelength, spectrum.flux, spectrum.ivar, spectrum.mask)
    return 1000 + sum(array.nbytes for array in arrays if array is not None)


class CurveService:
    """Reads spectra for plots.

    Parameters
    ----------
    processes
        Who reads.
    folder
        ``<home>/data``.
    """

    def __init__(
        self,
        processes: ProcessPool,
        folder: Path,
        cache: SpectrumCache | None = None,
        fill: Fill = nothing_to_bring,
    ) -> None:
        self._fill = fill
        self._processes = processes
        self._folder = folder
        self._cache = cache or SpectrumCache()

    async def read(
        self, dataset: str, kind: Kind, rows: Sequence[SpectrumRow]
    ) -> list[Spectrum | Unreadable]:
        """Return spectra in the order asked; one that cannot be read any more is an `Unreadable`.

        A row of a feature set without wavelengths has the numbers of its columns in their location
        (`Kind.FEATURES`).

        Raises
        ------
        Unavailable
            If the process that read them was lost.
        """
        root = self._folder / dataset / "files"
        keys = await asyncio.to_thread(_keys, root, dataset, rows)
        found: dict[int, ReadResult] = {}
        if absent := sorted({_file(key) for key in keys if key[2] < 0}):
            reasons = await self._fill(dataset, absent)
            keys = await asyncio.to_thread(_keys, root, dataset, rows)
            gone = {n: reasons[_file(key)] for n, key in enumerate(keys) if _file(key) in reasons}
            found = {index: Unreadable(reason) for index, reason in gone.items()}
        missing = []
        for index, key in enumerate(keys):
            if index in found:
                continue
            kept = self._cache.get(key)
            if kept is None:
                missing.append(index)
            else:
                found[index] = kept
        for start in range(0, len(missing), AT_ONCE):
            some = missing[start : start + AT_ONCE]
            read = await self._read(root, kind, [keys[index][1] for index in some])
            for index, spectrum in zip(some, read, strict=True):
                found[index] = spectrum
                if isinstance(spectrum, Spectrum):
                    self._cache.put(keys[index], spectrum)
        return [found[index] for index in range(len(rows))]

    async def take(self, path: Path, rows: Sequence[int]) -> Batch:
        """Return rows of a feature set, read in a process.

        Parameters
        ----------
        path : Path
            The file.
        rows : sequence of int
            Numbers of the rows.

        Returns
        -------
        Batch
            The rows, in this order.

        Raises
        ------
        spectra.FeatureSetError
            If the file is no feature set.
        Unavailable
            If the process died or took longer than `PATIENCE_S`.
        """
        return await self._of_features(take_rows, path, rows)

    async def sources(self, path: Path, rows: Sequence[int]) -> list[Source]:
        """Return where rows of a feature set came from; arguments and errors as of `take`."""
        return await self._of_features(sources_of_rows, path, rows)

    async def similar(self, path: Path, row: int, count: int) -> list[int]:
        """Return the rows of a feature set that are most like one, the most similar first.

        Parameters
        ----------
        path : Path
            The file.
        row, count : int
            The one, and how many are wanted.

        Raises
        ------
        NotFound
            If there is no such row.
        Invalid
            If the file is no feature set.
        Unavailable
            If the process died or took longer than `SEARCH_S`.
        """
        try:
            return await self._processes.run(similar_rows, path, row, count, limit_s=SEARCH_S, reads=[path])
        except WorkerLost as lost:
            raise Unavailable(f"Similar spectra could not be found: {lost}.") from lost
        except IndexError as error:
            raise NotFound(f"The prepared spectra have no row {row}.") from error
        except (ValueError, OSError) as error:
            raise Invalid(
                f"The prepared spectra cannot be read: {getattr(error, 'reason', error)}."
            ) from error

    async def predictions(self, path: Path) -> list[PredictedRow]:
        """Return the table of predictions of a job.

        Parameters
        ----------
        path : Path
            The file.

        Raises
        ------
        Invalid
            If it is no such table, or has too many rows.
        Unavailable
            If the process died or took longer than `SEARCH_S`.
        """
        try:
            return await self._processes.run(read_predictions, path, limit_s=SEARCH_S, reads=[path])
        except WorkerLost as lost:
            raise Unavailable(f"The predictions could not be read: {lost}.") from lost
        except (ValueError, TypeError, KeyError, OSError) as error:
            raise Invalid(f"The table of predictions cannot be used: {error}.") from error

    async def _of_features(
        self, what: Callable[[Path, Sequence[int]], Found], path: Path, rows: Sequence[int]
    ) -> Found:
        try:
            return await self._processes.run(what, path, rows, limit_s=PATIENCE_S, reads=[path])
        except WorkerLost as lost:
            raise Unavailable(f"The feature set {path.name} could not be read: {lost}.") from lost

    async def _read(
        self, root: Path, kind: Kind, locations: Sequence[SpectrumLocation]
    ) -> Sequence[Spectrum | Unreadable]:
        try:
            if kind is Kind.SPECTRA:
                return await self._processes.run(
                    read_locations, root, locations, limit_s=PATIENCE_S, reads=files_of(root, locations)
                )
            rows = [location.row or 0 for location in locations]
            batch = await self.take(root / locations[0].path, rows)
        except WorkerLost as lost:
            raise Unavailable(f"The spectra could not be read: {lost}.") from lost
        except (ValueError, IndexError, OSError) as error:  # FeatureSetError is a ValueError
            return [Unreadable(str(getattr(error, "reason", error)))] * len(locations)
        return [row_spectrum(batch, index) for index in range(len(batch))]


def _file(key: Key) -> str:
    """Return the file that a spectrum lies in."""
    return key[1].path.partition("!/")[0]


def _keys(root: Path, dataset: str, rows: Sequence[SpectrumRow]) -> list[Key]:
    stats: dict[str, tuple[int, int]] = {}
    keys = []
    for row in rows:
        path = row.path.partition("!/")[0]
        if path not in stats:
            try:
                found = (root / path).stat()
                stats[path] = (found.st_size, found.st_mtime_ns)
            except OSError:
                stats[path] = (-1, -1)
        keys.append((dataset, SpectrumLocation(row.path, row.hdu, row.row), *stats[path]))
    return keys
