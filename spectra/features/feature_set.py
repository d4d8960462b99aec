"""A feature set: a Parquet file of prepared spectra, read in chunks."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from spectra.batch import NUMBERS, Batch, FeatureArray, Observations
from spectra.features.layout import (
    COLUMNS,
    FITTED_KEY,
    META_KEY,
    OBSERVED,
    POSITION,
    SCHEMA,
    TIMED,
    FeatureSetError,
    features_of,
    observations_of,
    positions_of,
    strings_of,
)
from spectra.npz import unpack_arrays
from spectra.observation.times import NUMBERS as TIME_NUMBERS
from spectra.recipe import Recipe
from spectra.spectrum import FloatArray, Source


class FeatureSet:
    """A matrix of features with grid, names, labels and where each row came from.

    Opened with `open`; nothing is read into memory before it is asked for.

    Attributes
    ----------
    path
        The file.
    rows
        Count of rows; a row's number is its place in the file.
    columns
        Count of features.
    column_names
        Their names where they are not wavelengths, else None.
    wavelength
        Å in vacuum, shape (columns,), or None.
    unit
        Of the features, "" where unknown.
    synthetic
        Whether the spectra are not observed ones but made by a generator.
    """

    def __init__(self, path: Path, file: pq.ParquetFile, meta: dict[str, Any], columns: int) -> None:
        self.path = path
        self._file = file
        self._meta = meta
        self.rows: int = file.metadata.num_rows
        self.columns = columns
        wavelength = meta.get("wavelength")
        self.wavelength: FloatArray | None = (
            None if wavelength is None else np.array(wavelength, dtype=np.float64)
        )
        names = meta.get("columns")
        self.column_names: tuple[str, ...] | None = None if names is None else tuple(map(str, names))
        self.unit: str = str(meta.get("unit", ""))
        self.synthetic: bool = bool(meta.get("synthetic", False))

    @classmethod
    def open(cls, path: Path | str) -> FeatureSet:
        """Open a feature set.

        Raises
        ------
        FeatureSetError
            The file cannot be read or is no feature set.
        """
        path = Path(path)
        try:
            # Not mapped, nothing read ahead: both keep every page that was read until the end of a pass.
            file = pq.ParquetFile(path, pre_buffer=False)
        except (OSError, pa.ArrowException) as error:
            raise FeatureSetError(path, f"it cannot be read as Parquet: {error}") from error
        return cls(path, file, *_checked(path, file))

    def close(self) -> None:
        """Close the file; optional, the end of the object closes it too."""
        self._file.close()

    def __len__(self) -> int:
        """Count the rows."""
        return self.rows

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe that made it, with what its steps learned; empty for imported sets.

        Raises
        ------
        RecipeError
            What the file says is no recipe.
        """
        recipe = Recipe.from_json(self._meta.get("recipe") or {"schema": SCHEMA, "steps": []})
        fitted = (self._file.schema_arrow.metadata or {}).get(FITTED_KEY)
        if fitted is not None:
            try:
                recipe.restore(unpack_arrays(base64.b64decode(fitted, validate=True)))
            except ValueError as error:
                raise FeatureSetError(
                    self.path, f"what its recipe learned cannot be read: {error}"
                ) from error
        return recipe

    def names(self) -> list[str]:
        """Return the names of all rows."""
        return [name or "" for name in strings_of(self._column("name"))]

    def labels(self) -> list[str | None]:
        """Return the classes of all rows, None where unknown."""
        return strings_of(self._column("label"))

    def groups(self) -> list[str | None]:
        """Return the objects of all rows, None where unknown."""
        return strings_of(self._column("group"))

    def paths(self) -> list[str]:
        """Return the file that each row was read from, "" where unknown."""
        return [path or "" for path in strings_of(self._column("path"))]

    def sources(self, rows: int = 65_536) -> Iterator[list[Source]]:
        """Yield the sources of all rows in order, at most so many at a time, without reading features."""
        for part in self._file.iter_batches(batch_size=rows, columns=["path", "hdu", "row"]):
            places = zip(*(part.column(name).to_pylist() for name in ("path", "hdu", "row")), strict=True)
            yield [Source(path or "", hdu, row) for path, hdu, row in places]

    def positions(self) -> FloatArray | None:
        """Return the positions of all rows on the sky, without reading their features.

        Returns
        -------
        ndarray or None
            Right ascension and declination in degrees (ICRS), shape (rows, 2), NaN where unknown. None where
            no row has one.
        """
        if any(name not in self._file.schema_arrow.names for name in POSITION):
            return None
        table = self._file.read(columns=list(POSITION)).combine_chunks()
        return positions_of(table.to_batches()[0]) if len(table) else None

    def observations(self) -> Observations | None:
        """Return how all rows were observed, without reading their features.

        Returns
        -------
        Observations or None
            None where nothing is known.
        """
        if any(name not in self._file.schema_arrow.names for name in OBSERVED):
            return None
        there = [name for name in (*OBSERVED, *TIMED) if name in self._file.schema_arrow.names]
        table = self._file.read(columns=there).combine_chunks()
        return observations_of(table.to_batches()[0]) if len(table) else None

    def source(self, row: int) -> Source:
        """Return the source of a row.

        Raises
        ------
        IndexError
            There is no such row.
        """
        return self.take([row]).sources[0]

    def matrix(self) -> FeatureArray:
        """Read all features at once.

        Returns
        -------
        ndarray
            Shape (rows, columns), float32; rows × columns × 4 bytes of memory.
        """
        matrix = np.empty((self.rows, self.columns), dtype=np.float32)
        start = 0
        for part in self.matrices():
            matrix[start : start + len(part)] = part
            start += len(part)
        return matrix

    def matrices(self, rows: int = 8192) -> Iterator[FeatureArray]:
        """Read the features alone, in order.

        Parameters
        ----------
        rows : int
            The most rows of a chunk.

        Yields
        ------
        ndarray
            Shape (≤ `rows`, columns), float32.
        """
        for part in self._file.iter_batches(batch_size=rows, columns=["features"]):
            yield features_of(part.column(0), self.columns)

    def chunks(self, rows: int = 8192) -> Iterator[Batch]:
        """Yield batches of all rows in order, at most so many rows at a time."""
        for part in self._file.iter_batches(batch_size=rows):
            yield self._batch(part)

    def take(self, indices: Sequence[int] | npt.NDArray[np.integer[Any]]) -> Batch:
        """Read some rows, in the order asked for (a row may be asked for twice).

        Only the row groups that hold them are read.

        Raises
        ------
        IndexError
            There is no such row.
        """
        wanted = np.asarray(indices, dtype=np.int64).reshape(-1)
        outside = wanted[(wanted < 0) | (wanted >= self.rows)]
        if len(outside):
            raise IndexError(
                f"{self.path} has no row {int(outside[0])}; it has {self.rows} rows, counted from 0"
            )
        ends = self._group_ends
        place = np.searchsorted(ends, wanted, side="right")
        parts, positions, offset = [], np.empty(len(wanted), dtype=np.int64), 0
        for group in np.unique(place):
            here = np.flatnonzero(place == group)
            first = int(ends[group - 1]) if group else 0
            table = self._file.read_row_group(int(group)).take(pa.array(wanted[here] - first))
            parts.append(self._batch(table.combine_chunks().to_batches()[0]))
            positions[here] = offset + np.arange(len(here))
            offset += len(here)
        return _joined(parts, self).select(positions)

    @cached_property
    def _group_ends(self) -> npt.NDArray[np.int64]:
        meta = self._file.metadata
        sizes = [meta.row_group(group).num_rows for group in range(meta.num_row_groups)]
        return np.cumsum(np.array(sizes, dtype=np.int64))

    def _column(self, name: str) -> pa.ChunkedArray:
        return self._file.read(columns=[name]).column(0)

    def _batch(self, part: pa.RecordBatch) -> Batch:
        columns = {name: part.column(name) for name in COLUMNS}
        paths, digests = strings_of(columns["path"]), strings_of(columns["sha256"])
        places = zip(paths, columns["hdu"].to_pylist(), columns["row"].to_pylist(), digests, strict=True)
        return Batch(
            flux=features_of(columns["features"], self.columns),
            wavelength=self.wavelength,
            names=[name or "" for name in strings_of(columns["name"])],
            labels=strings_of(columns["label"]),
            groups=strings_of(columns["group"]),
            sources=[Source(path or "", hdu, row, digest) for path, hdu, row, digest in places],
            columns=self.column_names,
            positions=positions_of(part),
            observations=observations_of(part),
        )


def _joined(parts: list[Batch], features: FeatureSet) -> Batch:
    return Batch(
        flux=np.concatenate([part.flux for part in parts])
        if parts
        else np.empty((0, features.columns), dtype=np.float32),
        wavelength=features.wavelength,
        names=[name for part in parts for name in part.names],
        labels=[label for part in parts for label in part.labels],
        groups=[group for part in parts for group in part.groups],
        sources=[source for part in parts for source in part.sources],
        columns=features.column_names,
        positions=_positions(parts),
        observations=Observations.joined(
            [part.observations for part in parts], [len(part) for part in parts]
        ),
    )


def _positions(parts: list[Batch]) -> FloatArray | None:
    if all(part.positions is None for part in parts):
        return None
    unknown = [
        np.full((len(part), 2), np.nan) if part.positions is None else part.positions for part in parts
    ]
    return np.concatenate(unknown)


def _checked(path: Path, file: pq.ParquetFile) -> tuple[dict[str, Any], int]:
    schema = file.schema_arrow
    raw = (schema.metadata or {}).get(META_KEY)
    if raw is None or "features" not in schema.names:
        raise FeatureSetError(
            path, "it is a Parquet file, but no feature set (no features column or no metadata)"
        )
    try:
        meta = json.loads(raw)
    except ValueError as error:
        raise FeatureSetError(path, f"its metadata are no JSON: {error}") from error
    if not isinstance(meta, dict) or meta.get("schema") != SCHEMA:
        raise FeatureSetError(path, f"its metadata are not of schema {SCHEMA}, the one this version knows")
    kind = schema.field("features").type
    if not pa.types.is_fixed_size_list(kind) or kind.value_type != pa.float32():
        raise FeatureSetError(path, f"its features are {kind}, not lists of float32 of one length")
    exact = (*POSITION, *TIME_NUMBERS)
    types = {name: pa.float64() for name in exact} | {name: pa.float32() for name in NUMBERS}
    for name, wanted in types.items():
        if name in schema.names and schema.field(name).type != wanted:
            raise FeatureSetError(path, f"its {name} are {schema.field(name).type}, not {wanted}")
    lacking = [name for name in COLUMNS if name not in schema.names]
    if lacking:
        raise FeatureSetError(path, f"it has no column {lacking[0]}")
    for key in ("wavelength", "columns"):
        value = meta.get(key)
        if value is not None and (not isinstance(value, list) or len(value) != kind.list_size):
            raise FeatureSetError(path, f"its {key} are not {kind.list_size} values, one per feature")
    return meta, kind.list_size
