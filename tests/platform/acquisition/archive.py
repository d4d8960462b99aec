"""A server of spectra that can misbehave: an index, files, VOTables, and whatever a test adds."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def spectrum(number: int = 0, points: int = 40) -> bytes:
    """Return a small spectrum as CSV."""
    lines = [f"{6500 + i},{1 + 0.01 * ((i + number) % 7)}" for i in range(points)]
    return ("wavelength,flux\n" + "\n".join(lines) + "\n").encode()


@dataclass
class Archive:
    """What is served.

    Attributes
    ----------
    files : dict
        Path to content, below ``/files/``.
    special : dict
        Path to a handler that answers in place of a file.
    asked : Counter
        How often each path was asked for.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    special: dict[str, Handler] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    at_once: int = 0
    most_at_once: int = 0
    delay_s: float = 0.0
    address: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        self.asked[path] += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            if path in self.special:
                return await self.special[path](request)
            if path.endswith("/") or not path:
                return self._index(path)
            if path in self.files:
                return web.Response(body=self.files[path], headers={"ETag": '"1"'})
            raise web.HTTPNotFound
        finally:
            self.at_once -= 1

    def _index(self, folder: str) -> web.Response:
        below = {path[len(folder) :] for path in [*self.files, *self.special] if path.startswith(folder)}
        names = sorted({name.partition("/")[0] + ("/" if "/" in name else "") for name in below if name})
        links = "".join(f'<a href="{quote(name)}">{escape(name)}</a>\n' for name in names)
        page = f'<html><body><a href="../">../</a>\n{links}</body></html>'
        return web.Response(text=page, content_type="text/html")


@asynccontextmanager
async def open_archive(host: str = "127.0.0.1") -> AsyncIterator[Archive]:
    """Serve an archive on a free port."""
    archive = Archive()
    application = web.Application()
    application.router.add_route("*", "/files/{path:.*}", archive.answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, 0).start()
        archive.address = f"http://{host}:{runner.addresses[0][1]}/files/"
        yield archive
    finally:
        await runner.cleanup()
