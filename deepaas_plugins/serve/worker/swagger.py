"""The Swagger 2.0 document, made of the module's fields as upstream makes it (with apispec).

Made in a worker when it is first asked for: the fields live there, and apispec takes a while to import.
"""

from __future__ import annotations

import copy
import warnings
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_cls, resolve_schema_instance
from marshmallow import Schema, fields, validate

from deepaas_plugins.serve.formats.media_types import CSV_TYPE, RAW_TYPES, VOTABLE_TYPE
from deepaas_plugins.serve.worker.plain_module import PlainModule

Json = dict[str, Any]

#: The version of upstream whose API this is.
API_VERSION = "2.6.0"

_DESCRIPTION = """This is a REST API to a machine learning model, as DEEPaaS defines it, served by Huggins.

You are looking at the [Swagger UI](https://swagger.io/tools/swagger-ui/) of this API: it shows what can be
called and lets you try it."""


class Location(Schema):
    """A link."""

    rel = fields.Str(required=True)
    href = fields.Url(required=True)
    type = fields.Str(required=True)


class Version(Schema):
    """A version of the API."""

    version = fields.Str(required=True)
    id = fields.Str(required=True)
    links = fields.Nested(Location)
    type = fields.Str()


class Versions(Schema):
    """All versions."""

    versions = fields.List(fields.Nested(Version))


def _text(description: str, *, required: bool = True, **more: Any) -> fields.Str:
    return fields.Str(
        required=required, metadata={"description": description, **more.pop("metadata", {})}, **more
    )


class Failure(Schema):
    """An error."""

    message = _text("Failure message")


class Prediction(Schema):
    """An answer of a module without a response schema."""

    status = _text("Response status message")
    predictions = _text("String containing predictions")


class ModelMeta(Schema):
    """A module's metadata."""

    id = _text("Model identifier")
    name = _text("Model name")
    description = _text("Model description")
    license = _text("Model license", required=False)
    author = _text("Model author", required=False)
    version = _text("Model version", required=False)
    url = _text("Model url", required=False)
    links = fields.List(fields.Nested(Location))


_STATES = ["running", "error", "completed", "cancelled"]


class Training(Schema):
    """A training."""

    uuid = fields.UUID(required=True, metadata={"description": "Training identifier"})
    date = fields.DateTime(required=True, metadata={"description": "Training start time"})
    status = _text("Training status", metadata={"enum": _STATES}, validate=validate.OneOf(_STATES))
    message = _text("Optional message explaining status", required=False)


class TrainingList(Schema):
    """All trainings."""

    trainings = fields.List(fields.Nested(Training))


def describe(module: PlainModule, enabled: Json) -> Json:
    """Return the document.

    Parameters
    ----------
    enabled
        ``{"base": path before all routes, "train": bool, "predict": bool}``.
    """
    plugin = MarshmallowPlugin(schema_name_resolver=_name)
    spec = APISpec(
        title="DEEP as a Service API endpoint",
        version=API_VERSION,
        openapi_version="2.0",
        plugins=[plugin],
        info={"description": _DESCRIPTION},
        externalDocs={"description": "API documentation", "url": "https://deepaas.readthedocs.org/"},
    )
    with warnings.catch_warnings():
        # apispec warns where a module gives several schemas of one name; upstream's names are kept.
        warnings.simplefilter("ignore")
        _Paths(spec, plugin, enabled["base"]).add(module, enabled)
    document: Json = spec.to_dict()
    return document


def _name(schema: Any) -> str:
    instance = resolve_schema_instance(schema)
    kind = resolve_schema_cls(schema)
    name = ("Partial-" if instance.partial else "") + getattr(kind, "__name__", "Schema")
    return name.removesuffix("Schema") or name


class _Paths:
    """Writes the paths of one module."""

    def __init__(self, spec: APISpec, plugin: MarshmallowPlugin, base: str) -> None:
        self._spec, self._plugin, self._base = spec, plugin, base

    def add(self, module: PlainModule, enabled: Json) -> None:
        base = f"{self._base}/v2"
        model = f"{base}/models/{module.name}"
        failure: Json = {"400": Failure}
        self._path(self._base or "/", "get", "Get available API versions", {"200": Versions} | failure)
        self._path(f"{base}/", "get", "Get V2 API version information", {"200": Version} | failure)
        self._debug(f"{base}/debug/")
        about = (
            "DEEPaaS can load several models and server them on the same endpoint, making a call to the root "
            "of the models namespace will return the loaded models, as long as their basic metadata."
        )
        title = "Return loaded models and its information"
        self._path(f"{base}/models/", "get", title, {"200": ModelMeta}, description=about)
        self._path(f"{model}/", "get", "Return model's metadata", {"200": ModelMeta})
        if enabled["train"]:
            self._trainings(module, f"{model}/train/")
        if enabled["predict"]:
            self._predict(module, f"{model}/predict/")

    def _debug(self, path: str) -> None:
        text = "Return debug information if enabled by API."
        answers = {
            "200": {"description": "Debug information if debug endpoint is enabled"},
            "204": {"description": "Debug endpoint not enabled"},
        }
        operation = {"tags": ["debug"], "summary": text, "description": text, "produces": ["text/plain"]}
        self._spec.path(path=path, operations={"get": operation | {"parameters": [], "responses": answers}})

    def _trainings(self, module: PlainModule, path: str) -> None:
        title = "Get a list of trainings (running or completed)"
        self._path(path, "get", title, {"200": TrainingList})
        self._path(path, "post", "Retrain model with available data", {}, arguments=module.train_schema)
        one = f"{path}{{uuid}}"
        self._path(one, "get", "Get status of a training", {"200": Training})
        self._path(one, "delete", "Cancel a running training", {})

    def _predict(self, module: PlainModule, path: str) -> None:
        more: Json = {}
        if choices := getattr(getattr(module.accept, "validate", None), "choices", None):
            more["produces"] = list(choices)
        elif module.describe()["batches"]:
            more["produces"] = ["application/json", CSV_TYPE, VOTABLE_TYPE]
            more["consumes"] = ["multipart/form-data", "application/json", *RAW_TYPES]
        answers: Json = {"200": module.response_schema or Prediction, "400": Failure}
        title = "Make a prediction given the input data"
        self._path(path, "post", title, answers, arguments=module.predict_schema, **more)

    def _path(
        self,
        path: str,
        method: str,
        summary: str,
        answers: Json,
        arguments: Schema | None = None,
        **more: Any,
    ) -> None:
        operation: Json = {
            "tags": ["models" if "/models/" in path else "versions"],
            "summary": summary,
            "produces": ["application/json"],
            "parameters": [],
        } | more
        if arguments is not None:
            operation["parameters"] += self._plugin.converter.schema2parameters(
                arguments, default_in="query", required=False
            )
        if "{uuid}" in path:
            operation["parameters"].append({"in": "path", "name": "uuid", "required": True, "type": "string"})
        operation["responses"] = {code: {"schema": kind, "description": ""} for code, kind in answers.items()}
        self._spec.path(path=path, operations={method: copy.deepcopy(operation)})
