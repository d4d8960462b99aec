"""Connections that send no complete head are closed; those that are answered are not."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from wire.slow_heads import BodyPaused, ConnectionLimits, heads_in_time, limits_of


async def _slow(_request: web.Request) -> web.Response:
    await asyncio.sleep(1.5)
    return web.Response(text="done")


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\nX: "])
async def test_half_a_head_is_closed_and_a_slow_answer_is_not(sent: bytes) -> None:
    application = web.Application()
    application.router.add_get("/", _slow)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with heads_in_time(runner.server, 0.5):
        whole_reader, whole = await asyncio.open_connection("127.0.0.1", port)
        whole.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        half_reader, half = await asyncio.open_connection("127.0.0.1", port)
        half.write(sent)
        async with asyncio.timeout(20):
            assert await half_reader.read() == b""
            assert (await whole_reader.read()).endswith(b"done")
        for writer in (whole, half):
            writer.close()
    await runner.cleanup()


@contextlib.asynccontextmanager
async def watched(application: web.Application, limits: ConnectionLimits) -> AsyncIterator[int]:
    """Serve an application within limits; yield its port."""
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with heads_in_time(runner.server, limits=limits):
            yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _length(request: web.Request) -> web.Response:
    try:
        return web.Response(text=str(len(await request.read())))
    except BodyPaused:
        return web.Response(status=408, text="paused")


async def _late(request: web.Request) -> web.Response:
    await asyncio.sleep(1.5)  # the sender waits for this side, which is no fault of it
    return await _length(request)


@pytest.mark.parametrize("framing", ["Content-Length: 5000", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("drip", [False, True])
async def test_a_pause_in_a_body_is_given_up(framing: str, drip: bool) -> None:
    application = web.Application()
    application.router.add_post("/", _length)
    async with watched(application, ConnectionLimits(pause_s=0.5)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        part = b"x" * 10 if "Length" in framing else b"A\r\nxxxxxxxxxx\r\n"
        writer.write(f"POST / HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n".encode() + part)

        async def go_on() -> None:
            while drip:
                await asyncio.sleep(0.1)
                writer.write(part)  # a little is a pause too

        more = asyncio.create_task(go_on())
        async with asyncio.timeout(20):
            assert b"408" in await reader.readline()
            with contextlib.suppress(ConnectionError):
                await reader.read()  # and the connection is closed
        more.cancel()
        writer.close()


async def test_a_body_that_goes_on_is_read_however_long_it_takes() -> None:
    application = web.Application(client_max_size=0)
    application.router.add_post("/", _length)
    application.router.add_post("/late", _late)
    async with watched(application, ConnectionLimits(pause_s=0.6)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n")
        for _ in range(20):
            await asyncio.sleep(0.1)
            writer.write(b"x" * 2000)
        assert b"200" in await reader.readline()
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        size = 4 * 2**20  # more than is held before it is read
        writer.write(b"POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size)
        writer.write(b"x" * size)
        assert b"200" in await reader.readline()
        writer.close()


async def test_a_connection_that_is_used_again_and_again_stays_open() -> None:
    application = web.Application()
    application.router.add_post("/", _length)
    async with watched(application, ConnectionLimits(head_s=0.4)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(25):  # no request is being answered at most times
            writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab")
            async with asyncio.timeout(20):
                assert b"200" in await reader.readline()
                await reader.readuntil(b"\r\n\r\n2")
            await asyncio.sleep(0.1)
        async with asyncio.timeout(20):
            assert await reader.read() == b""  # unused, it is closed
        writer.close()


async def test_one_address_holds_a_bounded_number_of_connections() -> None:
    application = web.Application()
    application.router.add_get("/", _slow)
    async with watched(application, ConnectionLimits(per_address=5)) as port:
        working_reader, working = await asyncio.open_connection("127.0.0.1", port)
        working.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        half = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        for _, writer in half:
            writer.write(b"GET / HTTP/1.1\r\n")
        async with asyncio.timeout(20):
            for reader, _ in half[:16]:
                assert await reader.read() == b""
            assert (await working_reader.read()).endswith(b"done")  # what is being answered is not closed
        for _, writer in [*half, (None, working)]:
            writer.close()


async def test_a_proxy_holds_as_many_as_it_needs() -> None:
    application = web.Application()
    application.router.add_get("/", _slow)
    limits = ConnectionLimits(per_address=1, exempt=lambda address: address == "127.0.0.1")
    async with watched(application, limits) as port:
        many = [await asyncio.open_connection("127.0.0.1", port) for _ in range(10)]
        await asyncio.sleep(2.2)  # two looks
        for _, writer in many:
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        for reader, writer in many:
            assert (await reader.read()).endswith(b"done")
            writer.close()


def test_few_descriptors_mean_fewer_connections_of_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (256, 256))
    assert limits_of(1000, lambda _: False).per_address == 64
    assert limits_of(10, lambda _: False).per_address == 10
    raised: list[tuple[int, int]] = []
    monkeypatch.setattr("resource.getrlimit", lambda _: (256, 8192))
    monkeypatch.setattr("resource.setrlimit", lambda _, both: raised.append(both))
    assert limits_of(1000, lambda _: False).per_address == 1000
    assert raised == [(8192, 8192)]


async def test_a_failure_of_accepting_that_repeats_is_logged_once_a_while(
    caplog: pytest.LogCaptureFixture,
) -> None:
    runner = web.ServerRunner(web.Server(lambda _: web.Response()))
    await runner.setup()
    async with heads_in_time(runner.server):
        for number in range(100):
            asyncio.get_running_loop().call_exception_handler(
                {"message": "socket.accept() out of system resource", "socket": f"<socket {number}>"}
            )
            logging.getLogger("asyncio").error("another")
    await runner.cleanup()
    assert [line.partition("\n")[0] for line in caplog.messages] == [
        "socket.accept() out of system resource",
        "another",
    ]
