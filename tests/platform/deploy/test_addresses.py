"""Addresses of a replica as its callers see them: below the deployment, and not at the root."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from deploy.application import create_application
from deploy.gateway.addresses import below, document_below
from tests.platform.deploy.world import DeployWorld, deployment

PREFIX, REPLICA = "/deployments/be-stars", "http://127.0.0.1:4711"

SWAGGER = {"swagger": "2.0", "host": "127.0.0.1:4711", "paths": {"/v2/": {"get": {}}}}
LINKS = {"id": "rdf", "links": [{"rel": "self", "href": "/v2/models/rdf"}], "href": "a value of the module"}


@pytest.fixture(autouse=True)
async def deployed(world: DeployWorld) -> None:
    await world.service.create(deployment())
    await world.ready()
    for replica in world.replicas.values():
        replica.documents |= {"/swagger.json": SWAGGER, "/v2/models/rdf/": LINKS | {"text": "x" * 100_000}}


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("/v2/", PREFIX + "/v2/"),
        (REPLICA + "/v2/?a=1", PREFIX + "/v2/?a=1"),
        (REPLICA, PREFIX + "/"),
        ("predict/", "predict/"),
        ("https://example.org/v2/", "https://example.org/v2/"),
        ("//example.org/", "//example.org/"),
    ],
)
def test_an_address_of_the_replica_is_below_the_deployment(address: str, seen: str) -> None:
    assert below(address, PREFIX, REPLICA) == seen


def test_lists_of_models_and_versions_have_their_links_below_too() -> None:
    listed = {"models": [LINKS], "versions": [{"links": [{"href": "/v2/"}]}]}
    found = json.loads(document_below(json.dumps(listed).encode(), PREFIX, REPLICA))
    assert found["models"][0]["links"][0]["href"] == PREFIX + "/v2/models/rdf"
    assert found["versions"][0]["links"][0]["href"] == PREFIX + "/v2/"
    assert found["models"][0]["href"] == "a value of the module"


@pytest.mark.parametrize("content", [b"", b"no JSON", b"[1]", b'{"links": 1}'])
def test_what_is_no_document_stays_as_it_is(content: bytes) -> None:
    assert json_or_text(document_below(content, PREFIX, REPLICA)) == json_or_text(content)


def json_or_text(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content


async def test_the_documents_of_a_replica_name_addresses_that_are_served(world: DeployWorld) -> None:
    _, document, _ = await world.call("swagger.json", method="GET")
    assert (document["basePath"], document["paths"], "host" in document) == (PREFIX, SWAGGER["paths"], False)
    _, model, _ = await world.call("v2/models/rdf/", method="GET")
    assert model["links"] == [{"rel": "self", "href": PREFIX + "/v2/models/rdf"}]
    assert len(model["text"]) == 100_000


async def test_a_redirect_stays_below_the_deployment(world: DeployWorld) -> None:
    assert world.session
    async with world.session.get(world.url("v2"), allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (308, PREFIX + "/v2/")


async def test_a_slash_more_or_less_is_understood(world: DeployWorld) -> None:
    async with TestServer(create_application(world.service)) as server, aiohttp.ClientSession() as session:
        async with session.post(server.make_url("/predict/be-stars/"), data=b"x") as answer:
            assert answer.status == 200
        async with session.get(server.make_url(f"{PREFIX}/v2"), allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (308, PREFIX + "/v2/")
