"""The layout of a feature set in Parquet (contract 3)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from spectra.batch import NUMBERS, Batch, FeatureArray, Observations
from spectra.observation.times import NUMBERS as TIME_NUMBERS
from spectra.observation.times import WORDS as TIME_WORDS
from spectra.observation.times import Times
from spectra.spectrum import FloatArray

SCHEMA = 1
META_KEY = b"huggins"
FITTED_KEY = b"huggins_fitted"
"""What the recipe's steps learned, if they did: a NumPy archive in base64 (metadata are text)."""
POSITION = ("ra", "dec")  # not in older sets
COLUMNS = ("features", "name", "label", "group", "path", "hdu", "row", "sha256")
OBSERVED = (*NUMBERS, "instrument")  # as before
TIMED = (*TIME_NUMBERS, *TIME_WORDS)  # as before
_CATEGORY = pa.dictionary(pa.int32(), pa.string())


class FeatureSetError(ValueError):
    """A file is no feature set, or cannot become one.

    Parameters
    ----------
    path
        The file.
    reason
        What is wrong and what to do.
    """

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = str(path)
        self.reason = reason

    def __reduce__(self) -> tuple[type[FeatureSetError], tuple[str, str]]:
        """Pickle all fields (the default would pass the joined message only)."""
        return (type(self), (self.path, self.reason))


def arrow_schema(columns: int) -> pa.Schema:
    """Return the schema of a feature set of so many features."""
    item = pa.field("item", pa.float32(), nullable=False)
    return pa.schema(
        [
            pa.field("features", pa.list_(item, columns), nullable=False),
            pa.field("name", pa.string()),
            pa.field("label", _CATEGORY),
            pa.field("group", pa.string()),
            pa.field("path", pa.string()),
            pa.field("hdu", pa.int32()),
            pa.field("row", pa.int64()),
            pa.field("sha256", pa.string()),
            *(pa.field(name, pa.float64()) for name in POSITION),
            *(pa.field(name, pa.float32()) for name in NUMBERS),
            pa.field("instrument", _CATEGORY),
            *(pa.field(name, pa.float64()) for name in TIME_NUMBERS),
            *(pa.field(name, _CATEGORY) for name in TIME_WORDS),
        ]
    )


def record_batch(batch: Batch, schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch as a table of Arrow."""
    kind = schema.field("features").type
    flat = pa.array(np.ascontiguousarray(batch.flux, dtype=np.float32).reshape(-1))
    sources = batch.sources
    arrays = [
        pa.FixedSizeListArray.from_arrays(flat, type=kind),
        pa.array(batch.names, pa.string()),
        pa.array(batch.labels, pa.string()).dictionary_encode(),
        pa.array(batch.groups, pa.string()),
        pa.array([source.path for source in sources], pa.string()),
        pa.array([source.hdu for source in sources], pa.int32()),
        pa.array([source.row for source in sources], pa.int64()),
        pa.array([source.sha256 for source in sources], pa.string()),
        *_positions(batch),
        *_observations(batch),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _positions(batch: Batch) -> list[pa.Array]:
    if batch.positions is None:
        return [pa.nulls(len(batch), pa.float64()) for _ in POSITION]
    return [pa.array(values, from_pandas=True) for values in batch.positions.T]


def _observations(batch: Batch) -> list[pa.Array]:
    known = batch.observations or Observations.unknown(len(batch))
    numbers = [pa.array(values, pa.float32(), from_pandas=True) for values in known.numbers.T]
    return [*numbers, _category(known.instruments), *_times(known.times, len(batch))]


def _times(known: Times | None, rows: int) -> list[pa.Array]:
    if known is None:
        nothing = [pa.nulls(rows, pa.float64()) for _ in TIME_NUMBERS]
        return [*nothing, *(_category([None] * rows) for _ in TIME_WORDS)]
    numbers = [pa.array(values, pa.float64(), from_pandas=True) for values in known.numbers.T]
    return [*numbers, *(_category(words) for words in (known.systems, known.known_by, known.middles))]


def _category(words: Sequence[str | None]) -> pa.Array:
    return pa.array(words, pa.string()).dictionary_encode()


def times_of(part: pa.RecordBatch) -> Times | None:
    """Return when the spectra of rows were observed.

    Parameters
    ----------
    part : pa.RecordBatch
        Rows of a feature set.

    Returns
    -------
    Times or None
        None where no time is known, as in older sets.
    """
    if any(name not in part.schema.names for name in TIMED) or part.column("time").null_count == len(part):
        return None
    numbers = [part.column(name).to_numpy(zero_copy_only=False) for name in TIME_NUMBERS]
    words = [strings_of(part.column(name)) for name in TIME_WORDS]
    return Times(np.stack(numbers, axis=1).astype(np.float64), *words)


def observations_of(part: pa.RecordBatch) -> Observations | None:
    """Return how the spectra of rows were observed.

    Parameters
    ----------
    part : pa.RecordBatch
        Rows of a feature set.

    Returns
    -------
    Observations or None
        None where nothing is known, as in older sets.
    """
    if any(name not in part.schema.names for name in OBSERVED):
        return None
    times = times_of(part)
    if times is None and all(part.column(name).null_count == len(part) for name in OBSERVED):
        return None
    columns = [part.column(name).to_numpy(zero_copy_only=False) for name in NUMBERS]
    numbers = np.stack(columns, axis=1).astype(np.float32)
    return Observations(numbers, strings_of(part.column("instrument")), times)


def positions_of(part: pa.RecordBatch) -> FloatArray | None:
    """Return the positions of rows on the sky.

    Parameters
    ----------
    part : pa.RecordBatch
        Rows of a feature set.

    Returns
    -------
    ndarray or None
        Right ascension and declination in degrees (ICRS), shape (rows, 2), float64; NaN where unknown. None
        where no row has one.
    """
    if any(name not in part.schema.names or part.column(name).null_count == len(part) for name in POSITION):
        return None
    columns = [part.column(name).to_numpy(zero_copy_only=False) for name in POSITION]
    return np.stack(columns, axis=1).astype(np.float64)


def features_of(array: Any, columns: int) -> FeatureArray:
    """Return a features column as a matrix.

    Parameters
    ----------
    array : pyarrow array
        Lists of float32, each of `columns` values.
    columns : int
        Number of features of a row.

    Returns
    -------
    ndarray
        Shape (rows, columns), float32; a view where pyarrow allows it.
    """
    flat: FeatureArray = array.flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(len(array), columns)


def strings_of(array: Any) -> list[str | None]:
    """Return a column of strings, plain or as a dictionary; equal ones of a dictionary are one object."""
    if isinstance(array, pa.ChunkedArray):
        return [value for chunk in array.chunks for value in strings_of(chunk)]
    if not pa.types.is_dictionary(array.type):
        plain: list[str | None] = array.to_pylist()
        return plain
    values = np.array([*array.dictionary.to_pylist(), None], dtype=object)
    codes = array.indices.fill_null(len(values) - 1).to_numpy(zero_copy_only=False)
    found: list[str | None] = values[codes].tolist()
    return found
