"""The processes that `benchmarks.gateway` measures.

``python -m benchmarks.gateway.server fixed PORT`` answers every request at once, always the same;
``… gateway PORT BEHIND FOLDER`` is our gateway before what listens on port BEHIND.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import cast

import uvloop
from aiohttp import web

from dashboard.database.engine import Database
from deploy.application import create_application
from deploy.model.deployment import Access, Deployment, Version, now
from deploy.service import DeployService
from launchers.base import Handle, LaunchSpec
from launchers.fake import FakeLauncher

TOKEN_FILE = "token"
BODY = (
    b'{"status":"OK","predictions":{"results":[{"name":"a","label":"A","probabilities":{"A":0.9,"F":0.1}}]}}'
)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(BODY),
    BODY,
)


class Fixed(asyncio.Protocol):
    """Reads requests with a known length, answers each with `ANSWER`."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        """Answer when a request is whole."""
        if self._missing:
            self._missing -= len(data)
        else:
            self._buffer += data
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._buffer[:end]).lower()
            place = head.find(b"content-length:")
            length = int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
            self._missing = end + 4 + length - len(self._buffer)
            self._buffer.clear()
        if self._missing <= 0:
            self._missing = 0
            self._transport.write(ANSWER)


class Standing(FakeLauncher):
    """Starts nothing: everything it is asked for is what listens already."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._address = f"http://127.0.0.1:{port}"

    async def start(self, spec: LaunchSpec) -> Handle:
        """Return the handle of what listens."""
        return replace(await super().start(spec), address=self._address)


async def fixed(port: int) -> None:
    """Answer until the process ends."""
    server = await asyncio.get_running_loop().create_server(Fixed, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


async def gateway(port: int, behind: int, folder: Path) -> None:
    """Run a gateway with one deployment until the process ends.

    Parameters
    ----------
    port : int
        Port of the gateway.
    behind : int
        Port of the replica that is running already.
    folder : Path
        Where the database and the token for the load generator are written.
    """
    database = Database(f"sqlite:///{folder / 'gateway.sqlite'}")
    await database.migrate()
    launcher = Standing(behind)
    service = DeployService(database, lambda _node: launcher, folder)
    await service.start()
    version = Version(1, "rdf", "1", "image", now())
    await service.create(Deployment("bench", ("local",), now(), (version,), access=Access.TOKENS))
    _, secret = await service.tokens.make("bench", "benchmark")
    await service.refresh()
    (folder / TOKEN_FILE).write_text(secret, "utf-8")
    await service.controller("bench").wait_for(60)
    application = create_application(service)
    application.router.add_get("/predict-ready", _ready)
    runner = web.AppRunner(application, access_log=None, auto_decompress=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await asyncio.Event().wait()


async def _ready(_request: web.Request) -> web.Response:
    return web.Response()


if __name__ == "__main__":
    if sys.argv[1] == "fixed":
        uvloop.run(fixed(int(sys.argv[2])))
    else:
        uvloop.run(gateway(int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])))
