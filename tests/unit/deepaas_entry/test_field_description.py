"""Arguments of third-party modules as descriptions of parameters."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest
from marshmallow import Schema, fields, validate

from deepaas_entry.field_description import describe_field, describe_fields


def file_field() -> fields.Field:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fields.Field(required=True, metadata={"type": "file", "location": "form"})


def test_names_choices_formats_and_limits_are_those_of_the_wire() -> None:
    described = describe_fields(
        {
            "files": fields.List(file_field(), data_key="data"),
            "mode": fields.Str(metadata={"enum": ["a", "b"]}, load_default="a"),
            "secret": fields.Str(metadata={"format": "password", "description": "Not shown."}),
            "rate": fields.Float(validate=validate.Range(min=0, min_inclusive=False, max=1)),
            "names": fields.List(
                fields.Str(validate=validate.OneOf(["x", "y"])), validate=validate.Length(max=3)
            ),
        }
    )
    data, mode, secret, rate, names = described
    assert (data["name"], data["type"], data["items"]) == ("data", "array", "file")
    assert (mode["choices"], mode["default"]) == (["a", "b"], "a")
    assert (secret["format"], secret["help"]) == ("password", "Not shown.")
    assert (rate["exclusive_minimum"], rate["maximum"]) == (0, 1)
    assert (names["choices"], names["maximum_items"]) == (["x", "y"], 3)


def test_fields_within_fields_are_described() -> None:
    inner = Schema.from_dict({"rate": fields.Float(load_default=0.1), "name": fields.Str(required=True)})
    one, many = describe_fields(
        {"options": fields.Nested(inner), "layers": fields.List(fields.Nested(inner))}
    )
    assert [each["name"] for each in one["properties"]] == ["rate", "name"]
    assert (many["type"], many["items"], many["properties"][1]["required"]) == ("array", "object", True)


@pytest.mark.parametrize("default", [object(), {1, 2}, float("nan"), lambda: 3])
def test_any_default_becomes_json(default: Any) -> None:
    json.dumps(describe_field("x", fields.Raw(load_default=default)), allow_nan=False)


@pytest.mark.parametrize(
    ("name", "field", "kind"),
    [
        ("training_set", file_field(), "file"),
        ("images_directory", fields.Str(), "path"),
        ("data", fields.Str(), "path"),
        ("dataset_path", fields.Str(), "path"),
        ("source", fields.Str(metadata={"format": "folder"}), "path"),
        ("data_type", fields.Str(), ""),
        ("image_size", fields.Int(), ""),
        ("output_dir", fields.Str(), ""),
        ("weights_path", fields.Str(), ""),
        ("dataset", fields.Str(validate=validate.OneOf(["coco", "voc"])), ""),
        ("epochs", fields.Int(), ""),
    ],
)
def test_which_arguments_take_a_dataset(name: str, field: fields.Field, kind: str) -> None:
    [found] = describe_fields({name: field}, data=True)
    assert found.get("data", "") == kind
