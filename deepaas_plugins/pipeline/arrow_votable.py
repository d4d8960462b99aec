"""A VOTable written batch by batch from Arrow's columns, whole columns at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from deepaas_plugins.pipeline.columns import Column
from wire.votable import END, FORBIDDEN, Datatype, Field, head


class VOTableWriter:
    """Writes a VOTable to a file; a context manager.

    Parameters
    ----------
    path
        The file.
    columns
        The columns of each row.
    model
        Names and values told in the head.
    """

    def __init__(self, path: Path, columns: Sequence[Column], model: Mapping[str, Any]) -> None:
        self._file = path.open("wb")
        self._columns = columns
        self._write(head([_field(one) for one in columns], model))

    def __enter__(self) -> VOTableWriter:
        """Return itself."""
        return self

    def __exit__(self, kind: object, *_error: object) -> None:
        """Complete the table, unless something went wrong."""
        if kind is None:
            self._write(END)
        self._file.close()

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Append rows."""
        if not len(batch):
            return
        pieces: list[Any] = ["<TR><TD>"]
        for number, one in enumerate(self._columns):
            pieces += ["</TD><TD>"] * (number > 0) + [_texts(batch.column(number), one.kind)]
        rows = pc.binary_join_element_wise(*pieces, "</TD></TR>", "")
        self._write("\n".join(rows.to_pylist()) + "\n")

    def _write(self, text: str) -> None:
        self._file.write(text.encode())


def _texts(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return cells as XML text; null is an empty cell (a number's is NaN)."""
    if pa.types.is_floating(kind):
        return pc.replace_substring(pc.cast(pc.fill_null(values, float("nan")), pa.string()), "nan", "NaN")
    texts = pc.fill_null(pc.cast(values, pa.string()), "")
    if not pa.types.is_string(kind):
        return texts
    for letter, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        texts = pc.replace_substring(texts, letter, entity)
    return pc.replace_substring_regex(texts, FORBIDDEN, "")


def _field(one: Column) -> Field:
    datatype: Datatype = "unicodeChar"
    if pa.types.is_boolean(one.kind):
        datatype = "boolean"
    elif pa.types.is_integer(one.kind):
        datatype = "long"
    elif pa.types.is_floating(one.kind):
        datatype = "double"
    return Field(one.name, datatype, one.ucd, one.unit, one.description)
