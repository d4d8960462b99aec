"""A module's server answers as its Swagger document says, asked directly and through the gateway.

The document is upstream's word by word (`tests/contract/deepaas`), and upstream's is wrong about its own
answers in the places that `corrected` and `CORRECTED` name: there, and nowhere else, it is put right before
it is held against the answers (``docs/deepaas-compatibility.md`` lists the same).
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
import requests
from schemathesis import Case, Response

from deploy.control.replica_spec import GATEWAY_HEADER
from tests.contract.openapi.fuzzing import (
    METHODS,
    NEGATIVE,
    OTHER_THREAD,
    POSITIVE,
    can_be_wrong,
    fuzz,
    loaded,
)
from tests.contract.openapi.site import SERVED, Site

pytestmark = pytest.mark.filterwarnings(f"ignore:{OTHER_THREAD}")
MODEL = "/v2/models/rdf/"
TRAIN, PREDICT = f"{MODEL}train/", f"{MODEL}predict/"
OPERATIONS = [
    ("get", "/"),
    ("get", "/v2/"),
    ("get", "/v2/debug/"),
    ("get", "/v2/models/"),
    ("get", MODEL),
    ("get", TRAIN),
    ("post", TRAIN),
    ("get", f"{TRAIN}{{uuid}}"),
    ("delete", f"{TRAIN}{{uuid}}"),
    ("post", PREDICT),
]
STATES = ["running", "done", "error", "cancelled"]
TRAINING = {
    "type": "object",
    "required": ["uuid", "date", "status"],
    "properties": {
        "uuid": {"type": "string", "format": "uuid"},
        "date": {"type": "string"},  # "2026-11-20 19:35:00.000000": no date-time of RFC 3339
        "status": {"enum": STATES},  # not "completed"
    },
}
CORRECTED: dict[str, Any] = {
    "Prediction": {"required": ["status", "predictions"]},  # they are of any type, not a string
    "Location": {"type": "object", "required": ["rel", "href"]},  # links of models have no type
    "Version": {"type": "object", "required": ["id", "version"]},  # its links are a list
    "Versions": {
        "type": "object",
        "properties": {"versions": {"type": "array", "items": {"$ref": "#/definitions/Version"}}},
    },
    "Training": TRAINING,
    "TrainingList": {"type": "array", "items": {"$ref": "#/definitions/Training"}},  # not in an object
}
MODELS = {"type": "object", "properties": {"models": {"type": "array"}}, "required": ["models"]}
# Upstream documents none of its rejections but 400, which is of another form, and not what training answers.
REJECTED = {"description": "DEEPaaS' messages by field, or a problem", "schema": {"type": "object"}}
PROBLEM_TYPE = "application/problem+json"


def corrected(document: dict[str, Any]) -> dict[str, Any]:
    """Return upstream's document with what is wrong in it put right."""
    found = copy.deepcopy(document)
    found["definitions"] |= CORRECTED
    paths = found["paths"]
    paths["/v2/models/"]["get"]["responses"]["200"]["schema"] = MODELS
    for method, path in (("post", TRAIN), ("delete", f"{TRAIN}{{uuid}}")):
        paths[path][method]["responses"]["200"] = {"description": "", "schema": TRAINING}
    for entries in paths.values():
        for operation in (entries[method] for method in METHODS if method in entries):
            operation["responses"].pop("400", None)
            operation["responses"]["default"] = REJECTED
            operation["produces"] = [*operation.get("produces", ["application/json"]), PROBLEM_TYPE]
    paths["/v2/debug/"]["get"].pop("produces")  # 204 says nothing, in no format
    return found


def said(method: str, address: str, **headers: str) -> Any:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.request(method, address, headers=headers, timeout=60)
    answer.raise_for_status()
    return answer.json()


@pytest.fixture(scope="module")
def document(site: Site) -> dict[str, Any]:
    address, headers = site.replica()
    found: dict[str, Any] = said("GET", f"{address}/swagger.json", **headers)
    there = {(method, path) for path, entries in found["paths"].items() for method in entries}
    assert there == set(OPERATIONS)
    return corrected(found)


@pytest.fixture(scope="module")
def known(site: Site) -> dict[str, list[str]]:
    """Return a training that there is; it ends at once, for there is nothing to learn from."""
    address, headers = site.replica()
    return {"uuid": [said("POST", f"{address}{TRAIN}?input=nowhere", **headers)["uuid"]]}


def cancel(case: Case, answer: Response) -> None:
    """Cancel a training that was begun: there is room for eight at once, then 503 is the right answer."""
    if answer.status_code == 200 and (case.method, case.path) == ("POST", TRAIN):
        assert answer.request.url
        address = answer.request.url.partition("?")[0] + answer.json()["uuid"]
        sent = answer.request.headers
        headers = {name: sent[name] for name in ("Authorization", GATEWAY_HEADER) if name in sent}
        said("DELETE", address, **headers)


def named(operation: tuple[str, str]) -> str:
    return " ".join(operation)


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_a_server_answers_as_its_document_says(
    site: Site, document: dict[str, Any], known: dict[str, list[str]], operation: tuple[str, str]
) -> None:
    address, headers = site.replica()
    schema = loaded(document, address)
    for mode in (POSITIVE, NEGATIVE)[: 1 + can_be_wrong(document, operation)]:
        fuzz(schema, operation, mode, headers=headers, known=known, seen=cancel)


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one[1].startswith("/v2/")], ids=named)
def test_the_gateway_answers_as_the_document_of_the_server_behind_it_says(
    site: Site, document: dict[str, Any], known: dict[str, list[str]], operation: tuple[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {site.token}"}  # the owner's: training needs it
    schema = loaded(document, f"{site.address}/deployments/{SERVED}")
    for mode in (POSITIVE, NEGATIVE)[: 1 + can_be_wrong(document, operation)]:
        fuzz(schema, operation, mode, headers=headers, known=known, seen=cancel)


@pytest.mark.parametrize("operation", [("post", PREDICT), ("post", TRAIN), ("get", MODEL)], ids=named)
def test_the_gateway_alone_answers_strangers_with_the_servers_answer_or_a_problem(
    site: Site, document: dict[str, Any], operation: tuple[str, str]
) -> None:
    fuzz(loaded(document, f"{site.address}/deployments/{SERVED}"), operation, POSITIVE)
