"""The rows of a Parquet file: arrays become NumPy arrays, and no small file fills the memory.

Parquet stores a constant of any length in a few bytes: how many values a file holds is compared with its size
before any of them is made, and rows are read by as many at once as fit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from spectra.fault import Fault
from spectra.reading.read_error import ReadError

_BATCH = 256
_AT_ONCE = 1 << 22
"""Values of one column that are held at once, where rows are of equal length."""
_SMALL = 1 << 22
_EACH_BYTE = 64  # values that a byte of a file may stand for: flux packs to far less
_ARRAYS = ("list", "fixed_size_list", "large_list")


@contextmanager
def sound() -> Iterator[None]:
    """Turn what pyarrow raises at broken bytes into the reason of a rejection.

    Raises
    ------
    ReadError
        When it raises.
    """
    import pyarrow as pa  # noqa: PLC0415 - heavy, and most readings never need it

    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())[:160]
        raise ReadError(f"the Parquet file is broken or cut short ({reason})", Fault.TRUNCATED) from error


def check_values(file: Any, columns: Collection[str], size: int, *, whole: bool = False) -> int:
    """Make sure that a file does not hold far more values than its size allows.

    Parameters
    ----------
    file
        The `ParquetFile`.
    columns
        Those that will be read.
    size
        Of the file, bytes.
    whole
        Whether all its rows are held at once.

    Returns
    -------
    int
        How many rows to read at once.

    Raises
    ------
    ReadError
        When a row group holds more, or the file where all of it is held.
    """
    most, longest = max(_SMALL, size * _EACH_BYTE), 1
    metadata = file.metadata
    if whole and metadata.num_rows > most:
        raise _too_many("table ", metadata.num_rows, size)
    for group in range(metadata.num_row_groups):
        part = metadata.row_group(group)
        for place in range(part.num_columns):
            column = part.column(place)
            if column.path_in_schema.partition(".")[0] not in columns:
                continue
            if column.num_values > most:
                raise _too_many(f"column {column.path_in_schema} ", column.num_values, size)
            longest = max(longest, column.num_values // max(part.num_rows, 1))
    return max(1, min(_BATCH, _AT_ONCE // longest))


def _too_many(column: str, values: int, size: int) -> ReadError:
    return ReadError(
        f"its {column}holds {values:,} values in a file of {size:,} bytes, far more than spectra pack to",
        Fault.TOO_LARGE,
    )


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
