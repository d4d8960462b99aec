"""A platform without modules at a fixed port: ``python -m benchmarks.labelling.server HOME PORT [NAME…]``.

It writes a one-time link into ``HOME/../link``, or for each person named into ``HOME/../link-NAME``; all of
them are members of the project `PROJECT`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from dashboard.auth.identity import OWNER, Identity, Role
from dashboard.platform import Platform
from dashboard.settings import ModulesSettings, NodeSettings, Settings
from dashboard.web.app.application import create_application

PROJECT = "stars"
NODES = {"local": NodeSettings(kind="process")}


async def serve(home: Path, port: int, people: Sequence[str]) -> None:
    """Serve until the process ends.

    Parameters
    ----------
    home : Path
        The home folder.
    port : int
        At which it listens.
    people : sequence of str
        Who has an account; none: the local owner.
    """
    modules = home.parent / "modules"
    modules.mkdir(parents=True, exist_ok=True)
    platform = Platform(Settings(home=home, modules=ModulesSettings(folder=str(modules)), nodes=NODES))
    await platform.start(supervise=False)
    runner = web.AppRunner(create_application(platform), auto_decompress=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
    address = f"http://127.0.0.1:{port}/enter?token="
    if not people:
        (home.parent / "link").write_text(address + await platform.sessions.one_time_link())
    for name in people:
        identity = await _member(platform, name)
        (home.parent / f"link-{name}").write_text(address + await platform.sessions.one_time_link(identity))
    await asyncio.Event().wait()


async def _member(platform: Platform, name: str) -> Identity:
    """Return somebody with an account, who is a member of the project."""
    await platform.accounts.create(name, OWNER, roles=[Role.USER])
    await platform.accounts.activate(name)
    if not await platform.projects.list(OWNER):
        await platform.projects.create(PROJECT, "", OWNER)
    await platform.projects.put_member(PROJECT, name, lead=True, identity=OWNER)
    return await platform.accounts.identity(name)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
