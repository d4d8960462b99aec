"""The OpenAPI 3.1 document, made by apispec from the tables of endpoints and their marshmallow schemas."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import marshmallow

from dashboard.web.app.endpoints import JSON, Described, Endpoint
from dashboard.web.schemas.fields import LARGEST
from dashboard.web.schemas.path import PathSchema
from dashboard.web.schemas.problem import ProblemSchema
from dashboard.web.schemas.schema import BodySchema

with warnings.catch_warnings():  # apispec 3, which DEEPaaS pins, imports distutils
    warnings.simplefilter("ignore", DeprecationWarning)
    from apispec import APISpec
    from apispec.ext.marshmallow import MarshmallowPlugin, OpenAPIConverter

VERSION = "3.1.0"
PATH_VARIABLE = re.compile(r"\{(\w+)(?::([^}]*))?\}")
ANY = "*/*"
PROBLEM_JSON = "application/problem+json"
DESCRIPTION = (
    "Every page of the dashboard is also an answer of this API: ask with `Accept: application/json` "
    "(or `?format=json`). Errors are problem documents (RFC 9457)."
)


class _Converter(OpenAPIConverter):  # type: ignore[misc]  # apispec has no annotations
    """Makes JSON Schema 2020-12, which OpenAPI 3.1 has, of what apispec makes for OpenAPI 3.0."""

    def field2default(self, field: marshmallow.fields.Field, **_more: Any) -> dict[str, Any]:
        """Return the default if it is a value; apispec 3 reads it by a name that marshmallow deprecates."""
        default = field.load_default
        nothing = default is marshmallow.missing or callable(default) or default in (None, "", [], {})
        return {} if nothing else {"default": default}

    def field2nullable(self, *_fields: Any, **_more: Any) -> dict[str, Any]:
        """Return nothing: `field2property` adds the type null."""
        return {}

    def field2property(self, field: marshmallow.fields.Field) -> dict[str, Any]:
        """Return the JSON schema of a field."""
        described: dict[str, Any] = super().field2property(field)
        unsaid = {"format": ("int32", "float"), "minimum": (-LARGEST,), "maximum": (LARGEST,)}
        for member in [name for name, values in unsaid.items() if described.get(name) in values]:
            del described[member]
        if not field.allow_none:
            return described
        if isinstance(described.get("type"), str):
            described["type"] = [described["type"], "null"]
            if "enum" in described:
                described["enum"] = [*described["enum"], None]
        elif "allOf" in described or "$ref" in described:
            parts = described.pop("allOf", None) or [{"$ref": described.pop("$ref")}]
            described["anyOf"] = [*parts, {"type": "null"}]
        return described

    def schema2jsonschema(self, schema: marshmallow.Schema) -> dict[str, Any]:
        """Return the JSON schema of an object; the first line of the docstring describes it."""
        described: dict[str, Any] = super().schema2jsonschema(schema)
        if text := (type(schema).__doc__ or "").strip().partition("\n")[0]:
            described["description"] = text
        if isinstance(schema, BodySchema):
            described["additionalProperties"] = False
        return described


class _Plugin(MarshmallowPlugin):  # type: ignore[misc]  # as above
    def init_spec(self, spec: APISpec) -> None:
        """Use our converter."""
        super().init_spec(spec)
        self.converter = _Converter(spec.openapi_version, self.schema_name_resolver, spec)
        if hasattr(self, "resolver"):
            self.resolver.converter = self.converter


def _component(schema: Any) -> str:
    named = schema if isinstance(schema, type) else type(schema)
    return named.__name__.removesuffix("Schema")


def openapi_path(path: str) -> str:
    """Return aiohttp's ``{path:.+}`` as OpenAPI's ``{path}``."""
    return PATH_VARIABLE.sub(r"{\1}", path)


def document(endpoints: Iterable[Endpoint], version: str) -> dict[str, Any]:
    """Return the document.

    Parameters
    ----------
    endpoints : iterable of Endpoint
        All that the application has.
    version : str
        Of the platform.
    """
    with warnings.catch_warnings():  # it compares versions by distutils, too
        warnings.simplefilter("ignore", DeprecationWarning)
        spec = APISpec(
            title="Huggins",
            version=version,
            openapi_version=VERSION,
            plugins=[_Plugin(schema_name_resolver=_component)],
            info={
                "description": DESCRIPTION,
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            security=[{"token": []}, {"session": []}],
        )
    for scheme, described in {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "huggins_session"},
    }.items():
        spec.components.security_scheme(scheme, described)
    for endpoint in endpoints:
        methods = ["get", "post", "put", "delete"] if endpoint.method == "*" else [endpoint.method.lower()]
        for method in methods:
            name = endpoint.name if endpoint.method != "*" else f"{endpoint.name}_{method}"
            spec.path(path=openapi_path(endpoint.path), operations={method: _operation(endpoint, name)})
    made: dict[str, Any] = spec.to_dict()
    return made


def _operation(endpoint: Endpoint, name: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "parameters": _parameters(endpoint),
        "responses": {str(endpoint.status): _response(endpoint), "default": _errors(endpoint)},
    }
    for status, schema in endpoint.errors.items():
        operation["responses"][str(status)] = {
            "description": "As the module's server says it, or a problem",
            "content": {PROBLEM_JSON: {"schema": ProblemSchema}, JSON: {"schema": _described(schema)}},
        }
    if endpoint.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {endpoint.body_type: {"schema": _described(endpoint.body)}},
        }
    if endpoint.public:
        operation["security"] = []
    return operation


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    variables = [name for name, _ in PATH_VARIABLE.findall(endpoint.path)]
    parameters: list[dict[str, Any]] = []
    if variables:
        parameters.append({"in": "path", "schema": PathSchema(only=variables)})
    if endpoint.query is not None:
        parameters.append({"in": "query", "schema": endpoint.query})
    return parameters


def _response(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.answer is None:
        return {"description": "Done; the answer has no body"}
    content = {endpoint.answer_type: {"schema": _described(endpoint.answer)}}
    return {"description": endpoint.summary, "content": content}


def _errors(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.answer_type == ANY:
        return {"description": "As the module's server says it, or a problem", "content": {ANY: {}}}
    content: dict[str, Any] = {PROBLEM_JSON: {"schema": ProblemSchema}}
    if endpoint.nameless:  # for clients of the Virtual Observatory: DALI 1.1, section 4.2
        content["text/plain"] = {"schema": {"type": "string"}}
    return {"description": "What is wrong, in which field, and what to do", "content": content}


def _described(schema: Described) -> Any:
    return dict(schema) if isinstance(schema, Mapping) else schema
