"""Values against a description: converted, completed, or rejected with what is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.base.parameter_values import validate_parameters

NUMBER = {"name": "x", "type": "number", "default": 1.0}
INTEGER = {"name": "x", "type": "integer", "default": 1, "minimum": 1, "maximum": 500}


@pytest.mark.parametrize(
    ("parameter", "given", "value"),
    [
        (INTEGER, 5, 5),
        (INTEGER, "5", 5),
        (INTEGER, 5.0, 5),
        (NUMBER, "0.5", 0.5),
        (NUMBER, 3, 3),
        ({"type": "boolean", "default": False}, "on", True),
        ({"type": "boolean", "default": False}, False, False),
        ({"type": "string", "default": "a", "choices": ["a", "b"]}, "b", "b"),
        ({"type": "array", "items": {"type": "integer"}, "default": []}, "1, 2", [1, 2]),
        ({"type": "array", "items": "number", "default": []}, [1, "2.5"], [1, 2.5]),
        ({"type": "object", "default": {}}, '{"a": 1}', {"a": 1}),
        ({"type": "integer", "default": 3, "nullable": True}, None, None),
        ({"type": "integer", "default": 3}, "", 3),
        ({"type": "string", "default": "x"}, "", ""),
    ],
)
def test_a_value_is_converted_to_its_type(parameter: dict[str, Any], given: Any, value: Any) -> None:
    assert validate_parameters([{"name": "x", **parameter}], {"x": given}) == ({"x": value}, [])


@pytest.mark.parametrize(
    ("parameter", "given", "message"),
    [
        (INTEGER, 501, "501 is out of range. Must be a whole number from 1 to 500."),
        (INTEGER, 1.5, "1.5 cannot be used. Must be a whole number from 1 to 500."),
        (INTEGER, True, "true cannot be used. Must be a whole number from 1 to 500."),
        (INTEGER, None, "Must not be empty. Must be a whole number from 1 to 500."),
        (NUMBER, "nan", "nan cannot be used. Must be a number."),
        (NUMBER, [1], "[1] cannot be used. Must be a number."),
        (
            {"type": "number", "default": 1, "exclusive_minimum": 0, "unit": "Å"},
            0,
            "0 is out of range. Must be a number greater than 0 (Å).",
        ),
        (
            {"type": "string", "default": "a", "choices": ["a", "b"]},
            "c",
            "c cannot be used. Must be one of a, b.",
        ),
        ({"type": "string", "default": "a"}, 3, "3 cannot be used. Must be a text."),
        ({"type": "boolean", "default": True}, "perhaps", "perhaps cannot be used. Must be true or false."),
        (
            {"type": "array", "items": {"type": "integer", "minimum": 1}, "default": []},
            [3, 0],
            "Entry 2: 0 is out of range. Must be a whole number at least 1.",
        ),
        ({"type": "object", "default": {}}, "[1]", "[1] cannot be used. Must be an object."),
    ],
)
def test_a_value_that_cannot_be_used_is_rejected_with_what_is_allowed(
    parameter: dict[str, Any], given: Any, message: str
) -> None:
    _, errors = validate_parameters([{"name": "x", **parameter}], {"x": given})
    assert [(error.field, error.message) for error in errors] == [("parameters.x", message)]


def test_what_is_left_out_takes_its_default_and_what_is_needed_is_asked_for() -> None:
    described = [INTEGER, {"name": "y", "type": "string", "required": True}]
    values, errors = validate_parameters(described, {})
    assert values == {"x": 1}
    assert [(error.field, error.message) for error in errors] == [
        ("parameters.y", "Is needed. Must be a text.")
    ]


def test_an_unknown_parameter_names_the_nearest() -> None:
    _, errors = validate_parameters([{"name": "epochs", "type": "integer"}], {"epoch": 1})
    assert errors[0].message == "There is no such parameter; did you mean epochs?"


def test_all_mistakes_are_told_at_once() -> None:
    described = [INTEGER, {**NUMBER, "name": "y"}]
    _, errors = validate_parameters(described, {"x": 0, "y": "?", "z": 1})
    assert sorted(error.field for error in errors) == ["parameters.x", "parameters.y", "parameters.z"]
