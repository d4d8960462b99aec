"""Arguments of a module as descriptions of parameters (docs/contracts.md, section 5)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

#: Words in the name of a text argument that say that it is about data …
_DATA = frozenset(
    {"annotation", "annotations", "data", "dataset", "datasets", "image", "images", "input", "inputs"}
)
#: … with one of these, or alone, it is the path of them …
_PATH = frozenset(
    {"config", "csv", "dir", "directory", "file", "files", "folder", "location", "path", "paths", "root"}
    | {"test", "train", "training", "val", "validation", "yaml", "zip"}
)
#: … unless it is about something else.
_OTHER = frozenset({"checkpoint", "logs", "model", "name", "out", "output", "size", "type", "url", "weights"})
_PATH_FORMATS = frozenset({"dataset", "dir", "directory", "file-path", "folder", "path"})


def describe_fields(fields: dict[str, Any], *, data: bool = False) -> list[dict[str, Any]]:
    """Describe arguments under the names that requests have for them.

    Parameters
    ----------
    fields : dict
        Name to field of marshmallow, as a module gives them.
    data : bool
        Whether to say which of them take files of a dataset.

    Returns
    -------
    list of dict
        One entry per field, in order.
    """
    entries = [describe_field(_wire_name(name, field), field) for name, field in fields.items()]
    if data:
        for entry in entries:
            kind = _takes_data(entry)
            if kind:
                entry["data"] = kind
    return entries


def describe_field(name: str, field: Any) -> dict[str, Any]:
    """Describe one field: its type, default, limits, choices, format, and the fields that are in it."""
    told = dict(getattr(field, "metadata", None) or {})
    entry = {
        "name": name,
        "title": str(told.get("title") or name.replace("_", " ")),
        "type": _type(field),
        "default": _default(field),
        "required": bool(getattr(field, "required", False)),
        "nullable": bool(getattr(field, "allow_none", False)),
        "help": str(told.get("description") or ""),
        "unit": str(told.get("unit") or ""),
        "group": "advanced" if told.get("group") == "advanced" else "basic",
    }
    inner = getattr(field, "inner", None) or getattr(field, "container", None)
    if entry["type"] == "array" and inner is not None:
        entry["items"] = _type(inner)
        entry.update(_choices(inner))
        if entry["items"] == "object":
            entry["properties"] = _nested(inner)
    if entry["type"] == "object":
        properties = _nested(field)
        if properties:
            entry["properties"] = properties
    for validator in getattr(field, "validators", ()):
        entry.update(_limits(validator, many=entry["type"] == "array"))
    for key, value in _choices(field).items():
        entry.setdefault(key, value)
    form = told.get("format")
    if isinstance(form, str) and form:
        entry["format"] = form
    plain: dict[str, Any] = _plain(entry)
    return plain


def _wire_name(name: str, field: Any) -> str:
    return str(getattr(field, "data_key", None) or getattr(field, "load_from", None) or name)


def _is_file(field: Any) -> bool:
    told = getattr(field, "metadata", None) or {}
    # deepaas-cli knows a file by its field being exactly a `Field`.
    return told.get("type") == "file" or (
        type(field).__name__ in {"Field", "Raw"} and told.get("location") == "form"
    )


def _kinds(field: Any) -> set[str]:
    return {kind.__name__ for kind in type(field).__mro__}


def _type(field: Any) -> str:
    if _is_file(field):
        return "file"
    kinds = _kinds(field)
    for names, told in (
        ({"Integer"}, "integer"),
        ({"Number", "Decimal"}, "number"),
        ({"Boolean"}, "boolean"),
        ({"Nested"}, "array" if getattr(field, "many", False) else "object"),
        ({"List", "Tuple", "DelimitedList"}, "array"),
        ({"Mapping", "Dict"}, "object"),
    ):
        if kinds & names:
            return told
    said = (getattr(field, "metadata", None) or {}).get("type")
    return said if said in {"integer", "number", "boolean", "array", "object"} else "string"


def _default(field: Any) -> Any:
    # Marshmallow before 3.13 calls it `missing`; after it, reading that is a warning.
    default = field.load_default if hasattr(field, "load_default") else getattr(field, "missing", None)
    if type(default).__name__ == "_Missing":
        return None
    return default() if callable(default) else default


def _choices(field: Any) -> dict[str, Any]:
    for validator in getattr(field, "validators", ()):
        if type(validator).__name__ == "OneOf":
            return {"choices": list(validator.choices)}
    given = (getattr(field, "metadata", None) or {}).get("enum")
    return {"choices": list(given)} if isinstance(given, (list, tuple)) and given else {}


def _nested(field: Any) -> list[dict[str, Any]]:
    schema = getattr(field, "schema", None)
    fields = getattr(schema, "fields", None) or {}
    return describe_fields(dict(fields))


def _limits(validator: Any, *, many: bool) -> dict[str, Any]:
    kind = type(validator).__name__
    low, high = getattr(validator, "min", None), getattr(validator, "max", None)
    if kind == "Length":
        what = "items" if many else "length"
        equal = getattr(validator, "equal", None)
        limits = {
            "minimum_" + what: low if equal is None else equal,
            "maximum_" + what: high if equal is None else equal,
        }
    elif kind == "Range":
        lower = "minimum" if getattr(validator, "min_inclusive", True) else "exclusive_minimum"
        upper = "maximum" if getattr(validator, "max_inclusive", True) else "exclusive_maximum"
        limits = {lower: low, upper: high}
    else:
        return {}
    return {name: value for name, value in limits.items() if value is not None}


def _takes_data(entry: dict[str, Any]) -> str:
    """Return ``file`` or ``path`` for an argument that takes files of a dataset; else ""."""
    kind = entry["items"] if entry["type"] == "array" else entry["type"]
    if kind == "file":
        return "file"
    if entry["type"] != "string" or entry.get("choices"):
        return ""
    if entry.get("format") in _PATH_FORMATS:
        return "path"
    words = {word for word in re.split(r"[^a-z0-9]+", entry["name"].lower()) if word}
    about = words & _DATA
    return "path" if about and not words & _OTHER and (words == about or words & _PATH) else ""


def _plain(value: Any) -> Any:
    """Return what JSON can hold; a default may be any object."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(each) for each in _ordered(value)]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else None
    return str(value)


def _ordered(values: Iterable[Any]) -> list[Any]:
    return sorted(values, key=str) if isinstance(values, (set, frozenset)) else list(values)
