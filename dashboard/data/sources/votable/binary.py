"""Rows of a VOTable that are encoded (BINARY, BINARY2, FITS), by astropy; for a process of its own."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dashboard.data.sources.votable.table import Row, TableError, TableFault

BLOCK = 5000  # rows that are made plain at once
LARGEST = 500 * 2**20  # bytes of a document that is held in memory as a whole


def read_binary(path: Path, take: Callable[[Row], None], most_rows: int) -> int:
    """Read the rows of a document whose first table is encoded.

    Parameters
    ----------
    path : Path
        The document; `reader.read_table` found no declarations in it, and its head.
    take : callable
        Gets each row.
    most_rows : int
        Rows that are taken; the others are counted.

    Returns
    -------
    int
        How many rows it has.

    Raises
    ------
    TableError
        If it cannot be read.
    """
    from astropy.io import votable  # noqa: PLC0415 - seconds, and few documents need it

    if path.stat().st_size > LARGEST:
        raise TableError(TableFault.SIZE, f"more than {LARGEST >> 20} MiB with encoded rows")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            document = votable.parse(str(path), verify="ignore")
            rows = document.get_first_table().array
    except (IndexError, StopIteration) as error:
        raise TableError(TableFault.NO_TABLE, "") from error
    except Exception as error:
        raise TableError(TableFault.BINARY, " ".join(str(error).split())[:200]) from error
    for begin in range(0, min(len(rows), most_rows), BLOCK):
        block = rows[begin : min(begin + BLOCK, most_rows)]
        # By columns: a row of numpy's masked arrays cannot have arrays in it.
        for cells in zip(*(block[name].tolist() for name in block.dtype.names), strict=True):
            take([_text(cell) for cell in cells])
    return len(rows)


def _text(cell: Any) -> str | None:
    if cell is None or type(cell).__name__ == "MaskedConstant":
        return None
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace") or None
    if hasattr(cell, "__len__") and not isinstance(cell, str):
        return " ".join(filter(None, map(_text, cell))) or None
    return str(cell) or None
