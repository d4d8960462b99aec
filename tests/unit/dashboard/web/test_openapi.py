"""The API's document."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from dashboard.web.app.application import all_endpoints
from dashboard.web.app.endpoints import BYTES, TEXT
from dashboard.web.app.openapi import document, openapi_path

ROOT = Path(__file__).resolve().parents[4]
METHODS = {"get", "post", "put", "delete"}


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return json.loads(json.dumps(document(all_endpoints(), "1.2.3")))


def test_the_document_is_valid_openapi_3_1(described: dict[str, Any]) -> None:
    assert described["openapi"] == "3.1.0"
    validate(described)


def test_every_route_is_documented_with_a_summary(described: dict[str, Any]) -> None:
    for endpoint in all_endpoints():
        operations = described["paths"][openapi_path(endpoint.path)]
        wanted = METHODS if endpoint.method == "*" else {endpoint.method.lower()}
        assert wanted <= operations.keys(), endpoint.path
        assert all(operations[method]["summary"] for method in wanted)


def test_operations_have_names_of_their_own(described: dict[str, Any]) -> None:
    names = [operation["operationId"] for path in described["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))


def test_every_change_documents_its_response() -> None:
    silent = [e.path for e in all_endpoints() if e.answer is None and e.status not in {204, 303}]
    assert silent == []


def test_only_what_must_be_open_is_open() -> None:
    public = {(e.method, e.path) for e in all_endpoints() if e.public}
    assert public == {
        ("GET", "/enter"),
        ("POST", "/leave"),
        ("GET", "/sign-in"),
        ("POST", "/sign-in"),
        ("GET", "/invitation"),
        ("POST", "/invitation"),
        ("POST", "/second-factor"),
        ("GET", "/forgotten-password"),
        ("POST", "/forgotten-password"),
        ("GET", "/register"),
        ("POST", "/register"),
        ("GET", "/register/confirm"),
        ("POST", "/register/confirm"),
        ("GET", "/email-confirmation"),
        ("POST", "/email-confirmation"),
        ("GET", "/sign-in/{provider}"),
        ("GET", "/sign-in/{provider}/callback"),
        ("POST", "/sign-in/{provider}/logout"),  # the provider itself calls: its signature is what counts
        ("GET", "/signed-out"),
        ("GET", "/openapi.json"),
        ("GET", "/health"),
        ("GET", "/vo/availability"),
        ("GET", "/vo/capabilities"),
        ("GET", "/favicon.ico"),
        ("GET", "/huggins_client.py"),
        ("GET", "/deployments/{deployment}"),  # a stranger sees those that anyone may call
        ("GET", "/predict/{deployment}"),  # as its page
        ("POST", "/predict/{deployment}"),
        ("*", "/deployments/{deployment}/v2/{tail:.*}"),  # these ask the deployment's own access
        ("GET", "/deployments/{deployment}/swagger.json"),
        ("GET", "/deployments/{deployment}/predictions"),
        ("POST", "/deployments/{deployment}/predictions"),
        ("GET", "/deployments/{deployment}/predictions/{prediction}"),
        ("DELETE", "/deployments/{deployment}/predictions/{prediction}"),
        ("GET", "/deployments/{deployment}/predictions/{prediction}/result"),
    }


def test_the_routes_of_the_guide_are_there() -> None:
    guide = (ROOT / "docs" / "dashboard.md").read_text("utf-8")
    there = {re.sub(r"\{[^}]*\}", "{}", openapi_path(endpoint.path)) for endpoint in all_endpoints()}
    named = set(re.findall(r"(?:GET|POST|PUT|DELETE) (/[\w{}/.-]*)", guide.partition("## Jobs")[0]))
    missing = {path for path in named if re.sub(r"\{[^}]*\}", "{}", path) not in there}
    assert missing == set()


#: Files that are not private data: what belongs to everybody or to the platform, what a page shows as it is
#: read, and calls, which the log of their deployment counts.
NOT_AUDITED = frozenset(
    {
        "/catalog.ttl",
        "/modules/{module}/metadata.ttl",
        "/modules/{module}/files/{path:.+}",
        "/docs/images/{picture}",
        "/docs/monitoring/{file}",
        "/live",
        "/huggins_client.py",
        "/metrics",
        "/models/{model}/card.md",
        "/deployments.txt",
        "/deployments/{deployment}/log",
        "/deployments/{deployment}/v2/{tail:.*}",
        "/sign-in/{provider}/callback",
    }
)
#: Recorded by their handlers: one entry for each run, or only where it is a download.
RECORDED = frozenset({"/compare/table", "/audit.csv"})


def test_every_download_is_in_the_audit_log() -> None:
    files = {
        one.path: one for one in all_endpoints() if one.answer in (BYTES, TEXT) and one.method != "DELETE"
    }
    uws = [path for path in files if path.startswith("/uws/") and "{path" not in path]  # XML of its state
    vo = [path for path in files if path.startswith("/vo/") and path != "/vo/soda"]  # what there is, not it
    files = {path: one for path, one in files.items() if path not in (*uws, *vo)}
    assert {path for path, one in files.items() if not one.audited} == NOT_AUDITED | RECORDED
