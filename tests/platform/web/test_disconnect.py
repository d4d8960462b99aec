"""Callers who leave, and callers who speak no HTTP: a line in the log, no traceback."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from dashboard.web.app.application import create_application
from dashboard.web.app.disconnect import server_logger
from tests.platform.web.conftest import Site


@pytest.fixture
async def port(site: Site) -> AsyncIterator[int]:
    """Serve as the command line does: aiohttp's test server cancels handlers of lost connections."""
    runner = web.AppRunner(create_application(site.platform), access_log=None, logger=server_logger())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def leave(site: Site, port: int, head: str, body: str = "") -> None:
    """Send a request, or a part of one, and reset the connection."""
    headers = "".join(f"{name}: {value}\r\n" for name, value in site.json.items())
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{head}\r\n{headers}Host: 127.0.0.1:{port}\r\n{body}".encode())
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()


async def logged(caplog: pytest.LogCaptureFixture, text: str) -> None:
    async with asyncio.timeout(10):
        while text not in caplog.text:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("path", ["/data", "/modules/toy/check", "/preview"])
async def test_a_caller_who_leaves_is_one_line_of_information(
    site: Site, port: int, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    caplog.set_level(logging.INFO, "dashboard.web")
    body = "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    await leave(site, port, f"POST {path} HTTP/1.1", body)
    await logged(caplog, f"POST {path}: the caller left")
    assert [(record.levelno, record.exc_info) for record in caplog.records] == [(logging.INFO, None)]


async def test_an_error_of_ours_is_logged_though_the_caller_left(
    site: Site, port: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def search(*_: object, **__: object) -> None:
        await asyncio.sleep(0.3)
        raise RuntimeError("ours")

    monkeypatch.setattr(site.platform.data.store, "search", search)
    await leave(site, port, "GET /data HTTP/1.1", "\r\n")
    await logged(caplog, "ours")
    assert caplog.records[-1].levelno == logging.ERROR


async def test_what_is_no_http_leaves_no_traceback(
    site: Site, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await leave(site, port, "POST /data HTTP/1.1", "Transfer-Encoding: chunked\r\n\r\nzz\r\n")
    await logged(caplog, "chunk size")
    assert "Traceback" not in caplog.text
    assert max(record.levelno for record in caplog.records) == logging.INFO
