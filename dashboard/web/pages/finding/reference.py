"""The OpenAPI document as what a person reads: operations in groups, with their parameters and fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")


def operations(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the operations of a document by their tags.

    Parameters
    ----------
    document : mapping
        OpenAPI 3.1.

    Returns
    -------
    list of dict
        ``{"title", "operations": [{"method", "path", "summary", "parameters", "fields", "answers"}]}``; the
        parameters and fields are rows of ``{"name", "where", "kind", "required", "help"}``.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    schemas = document.get("components", {}).get("schemas", {})
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method not in methods:
                continue
            operation = methods[method]
            parameters = [*methods.get("parameters", ()), *operation.get("parameters", ())]
            [tag] = operation.get("tags") or ["Other"]
            groups.setdefault(tag, []).append(
                {
                    "method": method.upper(),
                    "path": path,
                    "summary": operation.get("summary", ""),
                    "parameters": [_parameter(_resolved(one, document)) for one in parameters],
                    "fields": list(_fields(operation, schemas)),
                    "answers": sorted(operation.get("responses", {})),
                }
            )
    return [{"title": title, "operations": found} for title, found in groups.items()]


def _parameter(parameter: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": parameter["name"],
        "where": parameter["in"],
        "kind": kind_of(parameter.get("schema", {})),
        "required": bool(parameter.get("required")),
        "help": parameter.get("description", ""),
    }


def _fields(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the fields of the JSON body of a request."""
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    if "$ref" in schema:
        schema = schemas.get(_last(schema["$ref"]), {})
    required = set(schema.get("required", ()))
    for name, field in schema.get("properties", {}).items():
        yield {
            "name": name,
            "where": "body",
            "kind": kind_of(field),
            "required": name in required,
            "help": field.get("description", ""),
        }


def _resolved(value: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in value:
        return value
    found: Any = document
    for part in value["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def kind_of(schema: Mapping[str, Any]) -> str:
    """Return the type of a value in words, such as ``list of string``.

    Parameters
    ----------
    schema : mapping
        A JSON schema.
    """
    if "$ref" in schema:
        return _last(schema["$ref"])
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"] if one not in (None, ""))
    for name in ("anyOf", "oneOf", "allOf"):
        if name in schema:
            return " or ".join(dict.fromkeys(kind_of(one) for one in schema[name]))
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _last(reference: str) -> str:
    return reference.rpartition("/")[2]
