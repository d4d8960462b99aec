"""Predictions as tables: CSV and VOTable 1.4, one row per spectrum."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from deepaas_plugins.serve.formats.media_types import CSV_TYPE
from wire import spreadsheet, votable

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
    writer.writerow([spreadsheet.cell(name) for name in columns])
    writer.writerows([spreadsheet.cell(_plain(row.get(name))) for name in columns] for row in rows)
    return out.getvalue().encode()


def _plain(value: Any) -> Any:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value


def _votable(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], model: Mapping[str, Any]) -> bytes:
    fields = [votable.Field(name, _datatype([row.get(name) for row in rows])) for name in columns]
    info = {name: model[name] for name in ("method", "version") if name in model}
    lines = (votable.row(str(_plain(row.get(name))) for name in columns) for row in rows)
    return "".join([votable.head(fields, info), *lines, votable.END]).encode()


def _datatype(values: Sequence[Any]) -> votable.Datatype:
    known = [value for value in values if value is not None]
    if not known:
        return "unicodeChar"
    if all(isinstance(value, bool) for value in known):
        return "boolean"
    numbers = not any(isinstance(value, bool) for value in known)
    if numbers and len(known) == len(values) and all(isinstance(value, int) for value in known):
        return "long"
    if numbers and all(isinstance(value, int | float) for value in known):
        return "double"
    return "unicodeChar"
