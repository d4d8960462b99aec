"""Predictions of both kinds over a real PostgreSQL (the fixture `world`)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from dashboard.auth.identity import OWNER
from dashboard.web.app.application import create_application
from tests.platform.jobs.test_predictions import (  # noqa: F401 - run here once more
    test_a_prediction_is_a_job_with_the_model_mounted_read_only,
    test_no_model_comes_of_a_prediction,
)
from tests.platform.web.conftest import Site
from tests.platform.web.test_deployments import ask, deployed
from tests.platform.web.test_predictions import (  # noqa: F401 - run here once more
    LATER,
    later,
    test_a_signed_in_person_asks_in_their_name_and_a_stranger_in_nobodys,
)
from tests.platform.world import World


@pytest.fixture
async def site(world: World) -> AsyncIterator[Site]:
    platform = await world.platform()
    token = await platform.sessions.redeem(await platform.sessions.one_time_link(OWNER))
    async with TestClient(TestServer(create_application(platform))) as client:
        yield Site(platform, world, client, token)


async def test_asynchronous_predictions_are_kept_and_listed_by_postgresql(site: Site) -> None:
    await deployed(site)
    predictions = site.platform.deployments.service.predictions
    address = await later(site, site.json)
    await ask(site, "POST", "/deployments/toy/disable")
    found = (await ask(site, "GET", f"{address}?wait=30"))["prediction"]
    assert (found["state"], found["ended"] is not None) == ("error", True)
    assert (await ask(site, "GET", LATER))["predictions"] == [found]
    assert await predictions._store.bytes_held() == 0  # what was sent is gone, and nothing was answered
    assert await predictions._store.seen(found["gateway"])
    folder = Path(site.platform.settings.home) / "predictions"
    assert await asyncio.to_thread(lambda: len(list(folder.rglob("body")))) == 0
    await ask(site, "DELETE", address, 204)
    await predictions._sweep()
    assert await predictions._store.held() == []
