"""What a gateway tells those who may not know, and what of a replica's answer reaches a caller."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from deploy.application import OTHERS, create_application
from deploy.gateway import proxy
from deploy.gateway.headers import answered
from deploy.model.deployment import Access
from tests.platform.deploy.world import DeployWorld, deployment
from wire.slow_heads import ConnectionLimits, heads_in_time


async def test_metrics_name_no_deployment_that_a_caller_may_not_know(world: DeployWorld) -> None:
    await world.service.create(deployment())
    await world.service.create(replace(deployment(), name="secret-survey", access=Access.TOKENS))
    await world.service.create(replace(deployment(), name="inner-survey", access=Access.USERS))
    await world.ready()
    _, secret = await world.service.tokens.make("secret-survey", "a program")
    _, other = await world.service.tokens.make("be-stars", "a program")
    await world.service.refresh()
    async with TestServer(create_application(world.service)) as server, aiohttp.ClientSession() as session:

        async def told(token: str = "") -> str:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            async with session.get(server.make_url("/metrics"), headers=headers) as answer:
                assert answer.status == 200
                return await answer.text()

        for text in (await told(), await told(other), await told("hgd_nothing_x")):
            assert 'deployment="be-stars"' in text
            assert "survey" not in text
            assert f'huggins_waiting{{deployment="{OTHERS}"}} 0' in text
        assert 'deployment="secret-survey"' in await told(secret)
        assert "inner-survey" not in await told(secret)


@pytest.mark.parametrize(
    "name",
    [
        "Set-Cookie",
        "Refresh",
        "Clear-Site-Data",
        "Strict-Transport-Security",
        "Content-Security-Policy",
        "Service-Worker-Allowed",
        "Access-Control-Allow-Origin",
        "Access-Control-Allow-Credentials",
        "Alt-Svc",
        "Server",
        "Via",
        "X-Frame-Options",
        "X-Accel-Redirect",
        "X-Sendfile",
        "X-Huggins-Secret",
        "Connection",
        "Transfer-Encoding",
        "NEL",
        "Report-To",
    ],
)
def test_a_replica_does_not_speak_for_the_gateway(name: str) -> None:
    for written in (name, name.lower(), name.upper()):
        assert answered([(written.encode(), b"x")]) == []


@pytest.mark.parametrize(
    "name",
    ["Content-Type", "content-disposition", "ETag", "Location", "Retry-After", "X-Huggins-Spectra", "X-Own"],
)
def test_what_an_answer_is_reaches_the_caller(name: str) -> None:
    assert answered([(name.encode(), b"x")]) == [(name.encode(), b"x")]


async def test_a_pause_in_a_body_that_is_streamed_to_a_replica_is_408(world: DeployWorld) -> None:
    await world.service.create(deployment())
    await world.ready()
    runner = web.AppRunner(create_application(world.service), auto_decompress=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with heads_in_time(runner.server, limits=ConnectionLimits(pause_s=0.5)):
        for framing in ("Content-Length: 5000000", "Transfer-Encoding: chunked", "Content-Length: 100"):
            reader, writer = await asyncio.open_connection(*runner.addresses[0])
            head = f"POST /predict/be-stars HTTP/1.1\r\nHost: localhost\r\n{framing}\r\n\r\n"
            writer.write(head.encode() + b"A\r\nxxxxxxxxxx\r\n")
            async with asyncio.timeout(20):
                assert b" 408 " in await reader.readline()
            writer.close()
        assert all(one.outstanding == 0 for one in world.status().replicas)
        assert (await world.call("v2/models/x/predict", data=b""))[0] == 200
    await runner.cleanup()


UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("upgrade", [{}, UPGRADE])
async def test_no_failure_tells_where_replicas_listen_or_what_they_logged(
    world: DeployWorld, monkeypatch: pytest.MonkeyPatch, closed: bool, upgrade: dict[str, str]
) -> None:
    monkeypatch.setattr(proxy, "WAIT_S", 0.2)
    await world.service.create(deployment())
    await world.ready()
    addresses = [address for launcher in world.launchers.values() for address in launcher.addresses.values()]
    if closed:
        for launcher in world.launchers.values():
            await launcher.close_servers()
    async with TestServer(create_application(world.service)) as server, aiohttp.ClientSession() as session:
        url = server.make_url("/deployments/be-stars/v2/")
        for _ in range(3):  # the connection breaks off; then no replica is ready
            async with session.get(url, headers=upgrade) as answer:
                text = await answer.text()
            assert answer.status in ({502, 503} if closed or upgrade else {200})
            if answer.status == 200:
                continue
            for address in addresses:
                assert address.rpartition(":")[2] not in text
            assert "127.0.0.1" not in text
    if upgrade and not closed:
        assert "it answered 200 to the request for a websocket" in text
