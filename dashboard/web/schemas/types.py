"""What the named schemas are made of: plain types, and how they are put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TEXT = {"type": "string"}
NUMBER = {"type": "number"}
INTEGER = {"type": "integer"}
BOOLEAN = {"type": "boolean"}
ANY_OBJECT = {"type": "object", "additionalProperties": True}
TIME = {"type": "string", "format": "date-time", "description": "ISO 8601, UTC"}


def maybe(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema that also takes null."""
    return {**schema, "type": [schema["type"], "null"]}


def listed(items: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def thing(description: str, properties: Mapping[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the schema of an object that may have more than is said."""
    return {
        "type": "object",
        "description": description,
        "properties": dict(properties),
        "required": list(required),
    }


RESOURCES = thing(
    "What a job needs of a node",
    {"cpus": NUMBER, "memory_mb": INTEGER, "gpus": INTEGER, "walltime_s": maybe(INTEGER), "parts": INTEGER},
)
FIELD_ERROR = thing("What is wrong with one field", {"field": TEXT, "message": TEXT}, ("field", "message"))
