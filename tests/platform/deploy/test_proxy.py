"""What goes through the gateway, and what does not."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import logging
import re
from collections.abc import AsyncIterator

import pytest

from deploy.access.authorization import CallerRole
from deploy.gateway.request_body import BUFFERED
from tests.platform.deploy.world import DeployWorld, deployment, until


@pytest.fixture(autouse=True)
async def deployed(world: DeployWorld) -> None:
    await world.service.create(deployment())
    await world.ready()


async def test_cookies_credentials_and_what_belongs_to_a_connection_never_reach_a_replica(
    world: DeployWorld,
) -> None:
    sent = {
        "Cookie": "session=1",
        "Authorization": "Bearer t",
        "Connection": "X-Hop",
        "X-Hop": "1",
        "X-Kept": "1",
        "X-Forwarded-For": "6.6.6.6",
        "Forwarded": "for=6.6.6.6",
    }
    _, body, headers = await world.call("v2/models/x/predict", data=b"", headers=sent)
    seen = body["headers"]
    assert not {"cookie", "authorization", "x-hop", "forwarded"} & seen.keys()
    assert (seen["x-kept"], seen["x-forwarded-for"]) == ("1", "127.0.0.1")
    assert "Set-Cookie" not in headers


async def test_the_request_id_goes_through_and_nonsense_is_replaced(world: DeployWorld) -> None:
    _, body, headers = await world.call(headers={"X-Request-Id": "abc-123-def"})
    assert headers["X-Request-Id"] == body["headers"]["x-request-id"] == "abc-123-def"
    _, body, headers = await world.call(headers={"X-Request-Id": "a b/c" * 100})
    assert re.fullmatch("[0-9a-f]{16}", headers["X-Request-Id"])
    assert body["headers"]["x-request-id"] == headers["X-Request-Id"]


async def test_a_path_reaches_the_replica_as_it_was_quoted(world: DeployWorld) -> None:
    world.caller = CallerRole.OWNER
    _, body, _ = await world.call("v2/a%2Fb%20c/?q=1%2F2", method="GET")
    assert body["path"] == "/v2/a%2Fb%20c/?q=1%2F2"


async def test_a_large_body_and_a_chunked_one_are_streamed_whole(world: DeployWorld) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"c" * 1000

    assert (await world.call(data=io.BytesIO(b"x" * (3 * BUFFERED))))[1]["length"] == 3 * BUFFERED
    assert (await world.call(data=chunks()))[1]["length"] == 100_000


async def test_a_packed_body_passes_as_it_is(world: DeployWorld) -> None:
    packed = gzip.compress(b"x" * 100_000)
    _, body, _ = await world.call(data=packed, headers={"Content-Encoding": "gzip"})
    assert (body["length"], body["headers"]["content-encoding"]) == (len(packed), "gzip")


async def test_a_replica_is_let_off_when_its_caller_leaves(
    world: DeployWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.gateway.connection.CHECK_EVERY_S", 0.01)
    [replica] = world.replicas.values()
    replica.hold.clear()
    call = asyncio.create_task(world.call())
    await asyncio.wait_for(replica.arrived.wait(), 10)
    assert [one.outstanding for one in world.status().replicas] == [1]
    call.cancel()
    await until(lambda: [one.outstanding for one in world.status().replicas] == [0])


async def test_a_large_answer_comes_whole(world: DeployWorld) -> None:
    assert world.session
    async with world.session.get(world.url("v2/?large")) as answer:
        assert len(await answer.read()) == 1_000_000


async def test_a_head_has_headers_and_no_body(world: DeployWorld) -> None:
    assert world.session
    async with world.session.head(world.url("v2/")) as answer:
        assert (answer.status, answer.headers["X-From"], await answer.read()) == (200, "replica", b"")


async def test_websockets_pass(world: DeployWorld) -> None:
    assert world.session
    world.caller = CallerRole.OWNER
    async with world.session.ws_connect(world.url("v2/socket")) as socket:
        await socket.send_str("there and")
        assert await socket.receive_str(timeout=5) == "there and back"


async def test_what_is_held_of_bodies_is_let_go(world: DeployWorld) -> None:
    await asyncio.gather(*(world.call(data=b"x" * 50_000) for _ in range(8)))
    assert world.service.proxy.buffered == 0


async def test_every_call_has_its_line_in_the_access_log(
    world: DeployWorld, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "huggins.access"):
        await world.call(headers={"X-Request-Id": "abc-123-def"})
    [line] = [json.loads(record.message) for record in caplog.records if record.name == "huggins.access"]
    assert (line["id"], line["status"], line["version"], line["spectra"]) == ("abc-123-def", 200, 1, 2)
    assert line["replica"] == deployment().replica(1, 0, "me")
