"""The OpenAPI 3.1 document, made from the tables of endpoints."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from dashboard.web.app.endpoints import Endpoint
from dashboard.web.schemas import SCHEMAS

PATH_VARIABLE = re.compile(r"\{(\w+)(?::([^}]*))?\}")
WHOLE = r"\d+"  # how a route says that a variable is a number
OF_PROBLEM: dict[str, Any] = {
    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
}
PROBLEM = {"description": "What went wrong, where, and what to do", "content": OF_PROBLEM}
ANY = "*/*"
FOREIGN = {"description": "As the module's server says it, or a problem", "content": {ANY: {}}}


def openapi_path(path: str) -> str:
    """Return aiohttp's ``{path:.+}`` as OpenAPI's ``{path}``."""
    return PATH_VARIABLE.sub(r"{\1}", path)


def document(endpoints: Iterable[Endpoint], version: str) -> dict[str, Any]:
    """Return the document of all `endpoints`."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        methods = ["get", "post", "put", "delete"] if endpoint.method == "*" else [endpoint.method.lower()]
        for method in methods:
            name = endpoint.name if endpoint.method != "*" else f"{endpoint.name}_{method}"
            paths.setdefault(openapi_path(endpoint.path), {})[method] = _operation(endpoint, name)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Huggins",
            "version": version,
            "description": "Every page of the dashboard is also an answer of this API: ask with "
            "`Accept: application/json` (or `?format=json`).",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "huggins_session"},
            },
        },
    }


def _operation(endpoint: Endpoint, name: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint)],
        "responses": {
            str(endpoint.status): _response(endpoint),
            "default": FOREIGN if endpoint.answer_type == ANY else PROBLEM,
        },
    }
    for status, schema in endpoint.refusals.items():
        content = {**OF_PROBLEM, "application/json": {"schema": dict(schema)}}
        operation["responses"][str(status)] = {"description": FOREIGN["description"], "content": content}
    if endpoint.body is not None:
        content = {endpoint.body_type: {"schema": endpoint.body}}
        operation["requestBody"] = {"required": True, "content": content}
    if endpoint.public:
        operation["security"] = []
    return operation


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer", "minimum": 0} if pattern == WHOLE else {"type": "string"},
        }
        for name, pattern in PATH_VARIABLE.findall(endpoint.path)
    ]


def _query_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    parameters = []
    for query in endpoint.queries:
        schema: dict[str, Any] = {"type": query.kind}
        if query.choices:
            schema["enum"] = list(query.choices)
        parameters.append({"name": query.name, "in": "query", "description": query.help, "schema": schema})
    return parameters


def _response(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.answer is None:
        return {"description": "Done; nothing to say"}
    return {"description": endpoint.summary, "content": {endpoint.answer_type: {"schema": endpoint.answer}}}
