"""Connections that send no complete head are closed; those that are answered are not."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from wire.slow_heads import heads_in_time


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
