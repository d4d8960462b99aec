"""Bodies and queries are validated by their schemas, with errors by field."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import Schema

from dashboard.base.errors import Invalid
from dashboard.web.app.application import all_endpoints
from dashboard.web.app.openapi import PATH_VARIABLE, document
from dashboard.web.schemas.curves import PlotQuery
from dashboard.web.schemas.data import DatasetCreateSchema
from dashboard.web.schemas.deployments import DeploymentCreateSchema, TokenCreateSchema
from dashboard.web.schemas.jobs import JobCreateSchema, JobQuery
from dashboard.web.schemas.path import PathSchema
from dashboard.web.schemas.schema import BodySchema, load


def errors_of(schema: type[Schema], sent: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        load(schema(), sent)
    return {error.field: error.message for error in caught.value.errors}


def test_an_unknown_field_is_an_error_that_names_the_nearest_one() -> None:
    with pytest.raises(Invalid) as caught:
        load(JobCreateSchema(), {"module": "som", "datset": "d"})
    assert [error.to_json() for error in caught.value.errors] == [
        {
            "field": "datset",
            "message": "unknown field 'datset', did you mean 'dataset'?",
            "nearest": "dataset",
        }
    ]


def test_an_unknown_field_within_an_object_has_its_path() -> None:
    said = errors_of(DeploymentCreateSchema, {"scaling": {"minimun": 1}})
    assert said == {"scaling.minimun": "unknown field 'minimun', did you mean 'minimum'?"}


@pytest.mark.parametrize(
    ("schema", "sent", "field", "message"),
    [
        (DatasetCreateSchema, {"name": 3}, "name", "must be text"),
        (DatasetCreateSchema, {}, "name", "is required"),
        (DatasetCreateSchema, {"name": "x", "kind": "y"}, "kind", "must be one of spectra, features, files"),
        (JobCreateSchema, {"resources": []}, "resources", "must be an object"),
        (JobCreateSchema, {"resources": {"cpus": "many"}}, "resources.cpus", "must be a number"),
        (JobCreateSchema, {"parameters": 1}, "parameters", "must be an object"),
        (DeploymentCreateSchema, {"nodes": "local"}, "nodes", "must be a list"),
        (
            JobCreateSchema,
            {"resources": {"memory_mb": "2048"}},
            "resources.memory_mb",
            "must be a whole number",
        ),
        (JobCreateSchema, {"resources": {"cpus": "2"}}, "resources.cpus", "must be a number"),
        (JobCreateSchema, {"resources": {"cpus": True}}, "resources.cpus", "must be a number"),
        (
            TokenCreateSchema,
            {"title": "x", "days": "7"},
            "days",
            "must be a whole number from 1 to 3650",
        ),
        (TokenCreateSchema, {"title": "x", "days": 0}, "days", "must be a whole number from 1 to 3650"),
        (JobQuery, {"size": "500"}, "size", "must be a whole number from 1 to 200"),
        (PlotQuery, {"numbers": "0-100000000000"}, "numbers", "at most 500 at once"),
    ],
)
def test_a_wrong_value_is_named_by_its_field(
    schema: type[Schema], sent: Any, field: str, message: str
) -> None:
    assert errors_of(schema, sent) == {field: message}


def test_a_form_sends_numbers_as_text() -> None:
    sent = {"title": "x", "days": "7"}
    assert load(TokenCreateSchema(), sent, is_from_text=True)["days"] == 7


def test_what_is_left_out_takes_its_default() -> None:
    assert load(JobQuery(), {"page": "", "q": "star"})["page"] == 1
    assert load(TokenCreateSchema(), {"title": "survey"}) == {"title": "survey", "scope": "predict"}
    assert load(PlotQuery(), {"numbers": "3,1-2"})["numbers"] == [3, 1, 2]


def test_null_is_the_same_as_left_out_but_for_a_recipe() -> None:
    assert load(JobCreateSchema(), {"label": None, "recipe": None, "node": "any"}) == {
        "recipe": None,
        "node": "any",
    }


def test_every_variable_of_a_path_is_described() -> None:
    variables = {name for one in all_endpoints() for name, _ in PATH_VARIABLE.findall(one.path)}
    assert variables == PathSchema().fields.keys()


def test_the_document_shows_the_schemas_that_validate() -> None:
    described = document(all_endpoints(), "1")["components"]["schemas"]
    for endpoint in all_endpoints():
        if isinstance(endpoint.body, type) and issubclass(endpoint.body, BodySchema):
            shown = described[endpoint.body.__name__.removesuffix("Schema")]
            assert shown["additionalProperties"] is False
            assert shown["properties"].keys() == endpoint.body().fields.keys(), endpoint.path
