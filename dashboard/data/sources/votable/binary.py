"""Rows of a VOTable that are encoded (BINARY, BINARY2, FITS), by astropy; for a process of its own."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dashboard.data.sources.votable.table import Column, Row, TableError, TableFault, TableHead

LARGEST = 500 * 2**20  # bytes of a document that is held in memory as a whole


def read_binary(path: Path, take: Callable[[Row], None], most_rows: int) -> TableHead:
    """Read a document whose first table is encoded.

    Parameters
    ----------
    path : Path
        The document; `reader.read_table` found no declarations in what stands before the rows.
    take : callable
        Gets each row.
    most_rows : int
        Rows that are taken; the others are counted.

    Returns
    -------
    TableHead
        Columns and status; services are those of documents whose rows are text.

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
            document = votable.parse(str(path), verify="ignore", use_names_over_ids=True)
            table = document.get_first_table()
            rows = table.array
    except (IndexError, StopIteration) as error:
        raise TableError(TableFault.NO_TABLE, "") from error
    except Exception as error:
        raise TableError(TableFault.BINARY, " ".join(str(error).split())[:200]) from error
    head = TableHead(columns=[_column(field) for field in table.fields], rows=len(rows))
    for info in [*document.infos, *(one for each in document.resources for one in each.infos)]:
        if str(info.name).upper() == "QUERY_STATUS":
            head.status, head.message = str(info.value).upper(), str(info.content or "")
    for number in range(min(len(rows), most_rows)):
        take([_text(cell) for cell in rows[number]])
    return head


def _column(field: Any) -> Column:
    return Column(
        str(field.name or field.ID),
        str(field.ID or ""),
        str(field.ucd or ""),
        str(field.utype or ""),
        str(field.datatype or ""),
        str(field.unit or ""),
    )


def _text(cell: Any) -> str | None:
    if cell is None or getattr(cell, "mask", False) is True or type(cell).__name__ == "MaskedConstant":
        return None
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace") or None
    if hasattr(cell, "__len__") and not isinstance(cell, str):
        return " ".join(str(one) for one in cell) or None
    return str(cell) or None
