"""Over the whole route table of a gateway: HEAD answers wherever GET does, and 405 says what is taken."""

from __future__ import annotations

from aiohttp.test_utils import TestClient, TestServer

from deploy.application import create_application
from tests.methods_of_http import assert_405_is_true, assert_head_is_get
from tests.platform.deploy.world import DeployWorld, deployment

VALUES = {"name": "be-stars", "tail": ""}
HEADERS = {"Accept": "application/json"}


async def test_methods_are_those_of_the_route_table(world: DeployWorld) -> None:
    await world.service.create(deployment())
    await world.ready()
    application = create_application(world.service)
    async with TestClient(TestServer(application)) as client:
        await assert_405_is_true(client, application, VALUES, HEADERS)
        good = await assert_head_is_get(client, application, VALUES, HEADERS)
        assert good >= {"/deployments", "/deployments.txt", "/health", "/metrics"}
        for path, taken in (
            ("/predict/be-stars", "OPTIONS, POST"),
            ("/deployments/be-stars/predictions", "GET, HEAD, OPTIONS, POST"),
        ):
            answer = await client.options(path)
            assert (answer.status, answer.headers["Allow"]) == (204, taken)
