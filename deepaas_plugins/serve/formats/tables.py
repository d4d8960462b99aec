"""Predictions as tables: CSV and VOTable 1.4, one row per spectrum."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from deepaas_plugins.serve.formats.media_types import CSV_TYPE

Json = dict[str, Any]


def encode(kind: str, answer: Mapping[str, Any]) -> bytes:
    """Write ``{"results", "rejected", …}`` as a table; what was rejected is a row with the reason."""
    rows = [_flat(result) for result in answer["results"]]
    rows += [{"name": each["name"], "rejected": each["reason"]} for each in answer["rejected"]]
    columns = list(dict.fromkeys(name for row in rows for name in row)) or ["name"]
    return _csv(columns, rows) if kind == CSV_TYPE else _votable(columns, rows, answer.get("model") or {})


def _flat(prediction: Mapping[str, Any]) -> Json:
    row: Json = {}
    for key, value in prediction.items():
        if key == "probabilities" and isinstance(value, Mapping):
            row |= {f"p_{name}": probability for name, probability in value.items()}
        else:
            row[key] = json.dumps(value) if isinstance(value, list | dict) else value
    return row


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")  # RFC 4180
    writer.writerow(columns)
    writer.writerows([_plain(row.get(name)) for name in columns] for row in rows)
    return out.getvalue().encode()


def _plain(value: Any) -> Any:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value


def _votable(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], model: Mapping[str, Any]) -> bytes:
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">',
        '<INFO name="QUERY_STATUS" value="OK"/>',
        *(
            f"<INFO name={quoteattr(name)} value={quoteattr(str(model[name]))}/>"
            for name in ("method", "version")
            if name in model
        ),
        '<TABLE name="predictions">',
    ]
    for name in columns:
        kind = _datatype([row.get(name) for row in rows])
        lines.append(f"<FIELD name={quoteattr(name)} {kind}/>")
    lines.append("<DATA><TABLEDATA>")
    for row in rows:
        cells = "".join(f"<TD>{escape(_clean(str(_plain(row.get(name)))))}</TD>" for name in columns)
        lines.append(f"<TR>{cells}</TR>")
    lines.append("</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>")
    return "\n".join(lines).encode()


def _clean(text: str) -> str:
    """Leave out control characters, which XML 1.0 cannot hold at all."""
    return "".join(letter for letter in text if letter >= " " or letter in "\t\n")


def _datatype(values: Sequence[Any]) -> str:
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, bool) for value in known):
        return 'datatype="boolean"'
    if (
        known
        and all(isinstance(value, int) and not isinstance(value, bool) for value in known)
        and len(known) == len(values)
    ):
        return 'datatype="long"'
    if known and all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
        return 'datatype="double"'
    return 'datatype="char" arraysize="*"'
