"""The API reference says what the OpenAPI document says."""

from __future__ import annotations

import pytest

from dashboard.web.app.application import all_endpoints
from dashboard.web.app.openapi import document
from dashboard.web.pages.finding.reference import kind_of, operations


def test_every_operation_of_the_document_is_shown() -> None:
    made = document(all_endpoints(), "1")
    groups = operations(made)
    shown = {(one["method"].lower(), one["path"]) for group in groups for one in group["operations"]}
    written = {
        (method, path)
        for path, methods in made["paths"].items()
        for method in methods
        if method in {"get", "post", "put", "patch", "delete"}
    }
    assert shown == written


def test_parameters_and_fields_stand_with_their_types() -> None:
    made = document(all_endpoints(), "1")
    [tokens] = [
        one
        for group in operations(made)
        for one in group["operations"]
        if (one["method"], one["path"]) == ("POST", "/models/{model}/predictions")
    ]
    rows = {row["name"]: row for row in [*tokens["parameters"], *tokens["fields"]]}
    assert rows["model"] == {
        "name": "model",
        "where": "path",
        "kind": "string",
        "required": True,
        "help": "Id of a model",
    }
    assert rows["dataset"]["where"] == "body"


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string"}, "string"),
        ({"type": ["string", "null"]}, "string or null"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Job"}}, "list of Job"),
        ({"enum": ["a", "b", None]}, "a | b"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer or null"),
        ({}, "any"),
    ],
)
def test_types_are_said_in_words(schema: dict[str, object], words: str) -> None:
    assert kind_of(schema) == words
