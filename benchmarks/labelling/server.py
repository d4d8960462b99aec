"""A platform without modules at a fixed port: ``python -m benchmarks.labelling.server HOME PORT``.

It writes a one-time link into ``HOME/../link``.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from aiohttp import web

from dashboard.platform import Platform
from dashboard.settings import ModulesSettings, NodeSettings, Settings
from dashboard.web.app.application import create_application

NODES = {"local": NodeSettings(kind="process")}


async def serve(home: Path, port: int) -> None:
    """Serve until the process ends."""
    modules = home.parent / "modules"
    modules.mkdir(parents=True, exist_ok=True)
    platform = Platform(Settings(home=home, modules=ModulesSettings(folder=str(modules)), nodes=NODES))
    await platform.start(supervise=False)
    runner = web.AppRunner(create_application(platform), auto_decompress=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
    link = f"http://127.0.0.1:{port}/enter?token={await platform.sessions.one_time_link()}"
    (home.parent / "link").write_text(link)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
