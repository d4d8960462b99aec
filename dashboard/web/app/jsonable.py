"""Turn what services return into plain JSON values, once, for the page and the API alike."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import numpy as np

PLAIN = frozenset({str, bool, int, type(None)})


def jsonable(value: Any) -> Any:  # noqa: PLR0911 (one line per kind of value)
    """Return `value` as what `json.dumps` takes: dataclasses as objects, times as ISO 8601 UTC, NaN as null.

    Raises
    ------
    TypeError
        For a kind of object that has no agreed form: a service must not leak it.
    """
    kind = type(value)
    if kind in PLAIN:  # nearly all of a page of jobs: asked for first
        return value
    if kind is dict:
        return {key if type(key) is str else str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, str):
        return str(value) if isinstance(value, enum.Enum) else value
    if isinstance(value, enum.Enum):
        return jsonable(value.value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, dt.datetime):
        time = value.astimezone(dt.UTC) if value.tzinfo else value
        return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ").replace(".000000Z", "Z")
    if isinstance(value, PurePath | dt.date):
        return str(value)
    return _structured(value)


def _structured(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return jsonable(value.tolist())
    if hasattr(value, "to_json"):
        return jsonable(value.to_json())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: jsonable(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [jsonable(item) for item in items]
    raise TypeError(f"{type(value).__name__} has no agreed form in JSON")
