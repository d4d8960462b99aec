"""Calls of deployments from pages of other sites, at a gateway."""

from __future__ import annotations

from collections.abc import Iterable

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from multidict import CIMultiDict

from deploy.application import create_application
from deploy.gateway.cross_origin import CrossOrigin
from tests.platform.deploy.world import DeployWorld, deployment

AWAY = "https://app.example.org"
ALLOWED = "Access-Control-Allow-Origin"


@pytest.fixture(autouse=True)
async def deployed(world: DeployWorld) -> None:
    await world.service.create(deployment())
    await world.ready()


async def ask(
    world: DeployWorld, method: str, path: str, origin: str | None = AWAY, origins: Iterable[str] = ("*",)
) -> tuple[int, CIMultiDict[str]]:
    headers = {} if origin is None else {"Origin": origin}
    if method == "OPTIONS":
        headers |= {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    async with (
        TestServer(create_application(world.service, origins)) as server,
        aiohttp.ClientSession() as session,
        session.request(method, server.make_url(path), headers=headers) as answer,
    ):
        return answer.status, answer.headers.copy()


@pytest.mark.parametrize(
    "path",
    [
        "/predict/be-stars",
        "/deployments/be-stars/v2/models/rdf/predict/",
        "/deployments/be-stars/predictions",
    ],
)
async def test_a_preflight_lets_a_page_send_what_calls_need(world: DeployWorld, path: str) -> None:
    status, headers = await ask(world, "OPTIONS", path)
    assert (status, headers[ALLOWED]) == (204, "*")
    assert "POST" in headers["Access-Control-Allow-Methods"]
    assert "Authorization" in headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in headers
    assert all(not replica.got for replica in world.replicas.values())  # it is no call


async def test_answers_and_errors_can_be_read_by_the_page(world: DeployWorld) -> None:
    for method, path, expected in (
        ("POST", "/predict/be-stars", 200),
        ("POST", "/predict/no-such", 404),
        ("GET", "/deployments/be-stars/v2/models/rdf/train/", 401),
    ):
        status, headers = await ask(world, method, path)
        assert (status, headers[ALLOWED]) == (expected, "*")
        assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "X-Request-Id" in headers["Access-Control-Expose-Headers"]


async def test_only_named_origins_are_told(world: DeployWorld) -> None:
    for origin, named in ((AWAY, AWAY), ("https://other.example.org", None), (None, None), ("null", None)):
        for method in ("OPTIONS", "POST"):
            _, headers = await ask(world, method, "/predict/be-stars", origin, [AWAY])
            assert headers.get(ALLOWED) == named
            assert headers.get("Vary") == (None if origin is None else "Origin")
    _, headers = await ask(world, "OPTIONS", "/predict/be-stars", AWAY, [])
    assert ALLOWED not in headers


async def test_other_pages_of_a_gateway_are_for_nobody_else(world: DeployWorld) -> None:
    for path in ("/deployments", "/metrics", "/health"):
        _, headers = await ask(world, "GET", path)
        assert ALLOWED not in headers


@pytest.mark.parametrize(
    "origin", ["app.example.org", "https://app.example.org/", "https://A.org", "", "null"]
)
def test_what_is_no_origin_is_an_error(origin: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        CrossOrigin([origin], [])


async def test_a_method_that_is_rejected_says_which_are_not(world: DeployWorld) -> None:
    status, headers = await ask(world, "PUT", "/predict/be-stars")
    assert (status, headers["Allow"]) == (405, "OPTIONS,POST")
