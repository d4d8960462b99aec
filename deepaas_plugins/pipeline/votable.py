"""Predictions as a VOTable 1.4 (IVOA), written row by row: astropy's writer holds the whole table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa
import pyarrow.compute as pc

from deepaas_plugins.pipeline.columns import Column

NAMESPACE = "http://www.ivoa.net/xml/VOTable/v1.3"  # that of 1.4 too (VOTable 1.4, section 3.1)
#: Letters that XML 1.0 cannot hold at all (section 2.2).
FORBIDDEN = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"


class VOTableWriter:
    """Writes one; a context manager.

    Parameters
    ----------
    path
        The file.
    columns
        What is in each row.
    model
        Told in the head, as texts.
    """

    def __init__(self, path: Path, columns: Sequence[Column], model: Mapping[str, Any]) -> None:
        self._file = path.open("wb")
        self._columns = columns
        self._write(_head(columns, model))

    def __enter__(self) -> VOTableWriter:
        """Return itself."""
        return self

    def __exit__(self, kind: object, *_error: object) -> None:
        """Complete the table, unless something went wrong."""
        if kind is None:
            self._write("</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>\n")
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


def _head(columns: Sequence[Column], model: Mapping[str, Any]) -> str:
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<VOTABLE version="1.4" xmlns="{NAMESPACE}"><RESOURCE type="results">',
        '<INFO name="QUERY_STATUS" value="OK"/>',
        *(
            f"<INFO name={quoteattr(name)} value={quoteattr(_clean(str(value)))}/>"
            for name, value in model.items()
            if value
        ),
    ]
    if {"ra", "dec"} <= {one.name for one in columns}:
        lines.append('<COOSYS ID="icrs" system="ICRS"/>')
    lines.append('<TABLE name="predictions">')
    lines += [_field(one) for one in columns]
    return "\n".join([*lines, "<DATA><TABLEDATA>", ""])


def _field(one: Column) -> str:
    told = {"name": one.name, "ucd": one.ucd, "unit": one.unit}
    if one.name in ("ra", "dec"):
        told["ref"] = "icrs"
    attributes = "".join(f" {key}={quoteattr(_clean(value))}" for key, value in told.items() if value)
    if pa.types.is_boolean(one.kind):
        kind = 'datatype="boolean"'
    elif pa.types.is_integer(one.kind):
        kind = 'datatype="long"'
    elif pa.types.is_floating(one.kind):
        kind = 'datatype="double"'
    else:
        kind = 'datatype="unicodeChar" arraysize="*"'
    return f"<FIELD{attributes} {kind}><DESCRIPTION>{escape(_clean(one.description))}</DESCRIPTION></FIELD>"


def _clean(text: str) -> str:
    """Leave out what XML cannot hold: names of classes are anybody's."""
    return re.sub(FORBIDDEN, "", text)
