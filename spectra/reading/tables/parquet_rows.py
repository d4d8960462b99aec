"""The rows of a Parquet file: arrays become NumPy arrays, and no small file fills the memory.

Parquet stores a constant of any length in a few bytes: how many values a file holds is compared with its size
before any of them is made, and rows are read by as many at once as fit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from spectra.fault import Fault
from spectra.reading.read_error import ReadError

_BATCH = 256
_AT_ONCE = 1 << 22
"""Values of one column that are held at once, where rows are of equal length."""
_SMALL = 1 << 22
_EACH_BYTE = 64  # values that a byte of a file may stand for: flux packs to far less
_ARRAYS = ("list", "fixed_size_list", "large_list")


def check_values(file: Any, columns: Collection[str], size: int) -> int:
    """Make sure that a file does not hold far more values than its size allows.

    Parameters
    ----------
    file
        The `ParquetFile`.
    columns
        Those that will be read.
    size
        Of the file, bytes.

    Returns
    -------
    int
        How many rows to read at once.

    Raises
    ------
    ReadError
        When a row group holds more.
    """
    most, longest = max(_SMALL, size * _EACH_BYTE), 1
    metadata = file.metadata
    for group in range(metadata.num_row_groups):
        part = metadata.row_group(group)
        for place in range(part.num_columns):
            column = part.column(place)
            if column.path_in_schema.partition(".")[0] not in columns:
                continue
            if column.num_values > most:
                raise ReadError(
                    f"its column {column.path_in_schema} holds {column.num_values:,} values in a file of "
                    f"{size:,} bytes, far more than spectra pack to",
                    Fault.TOO_LARGE,
                )
            longest = max(longest, column.num_values // max(part.num_rows, 1))
    return max(1, min(_BATCH, _AT_ONCE // longest))


def parquet_rows(file: Any, columns: list[str], size: int) -> Iterator[Mapping[str, Any]]:
    """Walk through the rows: cells by column, arrays as NumPy arrays, None where a cell is null.

    Parameters
    ----------
    file
        The `ParquetFile`.
    columns
        What to read.
    size
        Of the file, bytes.

    Raises
    ------
    ReadError
        When the file holds far more values than its size allows.
    """
    at_once = check_values(file, columns, size)
    for batch in file.iter_batches(batch_size=at_once, columns=columns):
        arrays = {name: str(batch.schema.field(name).type).startswith(_ARRAYS) for name in batch.schema.names}
        for row in range(batch.num_rows):
            yield {name: _cell(batch.column(name)[row], is_array) for name, is_array in arrays.items()}


def _cell(scalar: Any, is_array: bool) -> Any:
    if is_array and scalar.is_valid:
        return scalar.values.to_numpy(zero_copy_only=False)
    return scalar.as_py()
