"""A VOTable as lines of JSON on disk: written by a process of its own, read here in blocks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from dashboard.data.sources.votable.binary import read_binary
from dashboard.data.sources.votable.reader import read_table
from dashboard.data.sources.votable.table import BinaryRowsError, Row, TableHead

BLOCK = 1 << 20


def write_lines(table: Path, lines: Path, most_rows: int) -> None:
    """Write the rows of a table as a list of JSON each, and last its head.

    Parameters
    ----------
    table : Path
        The VOTable.
    lines : Path
        The file that is written.
    most_rows : int
        Rows that are written.

    Raises
    ------
    TableError
        If it is no VOTable.
    """
    with lines.open("w", encoding="utf-8") as written:

        def take(row: Row) -> None:
            written.write(json.dumps(row, separators=(",", ":")))
            written.write("\n")

        try:
            with table.open("rb") as document:
                head = read_table(iter(lambda: document.read(BLOCK), b""), take, most_rows)
        except BinaryRowsError as error:
            head = error.head
            head.rows = read_binary(table, take, most_rows)
        written.write(json.dumps(head.to_json(), separators=(",", ":")))
        written.write("\n")


def head_of(lines: Path) -> TableHead:
    """Return the head that `write_lines` wrote last."""
    with lines.open("rb") as file:
        size = file.seek(0, 2)
        back = 1 << 16
        while True:
            begin = max(size - back, 0)
            file.seek(begin)
            last = file.read(size - begin).rstrip(b"\n").rpartition(b"\n")
            if last[1] or not begin:
                return TableHead.from_json(json.loads(last[2]))
            back *= 4


def rows_of(lines: Path, at_once: int, skip: int = 0) -> Iterator[list[Row]]:
    """Yield the rows in blocks.

    Parameters
    ----------
    lines : Path
        What `write_lines` wrote.
    at_once : int
        Rows of a block.
    skip : int
        Rows that are left out at the beginning.

    Yields
    ------
    list of list
        The next rows.
    """
    with lines.open(encoding="utf-8") as file:
        rows = islice((line for line in file if line.startswith("[")), skip, None)
        while block := [json.loads(line) for line in islice(rows, at_once)]:
            yield block
