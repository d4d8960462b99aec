"""A platform that fetches everything of an index page, to be killed: ``python -m … HOME ADDRESS``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from dashboard.auth.identity import OWNER
from dashboard.platform import Platform
from dashboard.settings import NodeSettings, Settings, SourceSettings


def settings_of(home: Path) -> Settings:
    """Return the settings of both lives."""
    return Settings(
        home=home,
        sources=SourceSettings(networks=("127.0.0.1/32",), retry_s=0.05),
        nodes={"local": NodeSettings(kind="process")},
    )


async def main(home: Path, address: str) -> None:
    platform = Platform(settings_of(home))
    await platform.start(supervise=False)
    service = platform.acquisitions
    given = {"name": "a", "kind": "http-index", "values": {"address": address}}
    source = await service.sources.create(given, OWNER)
    made = await service.create(source.id, OWNER, auto=True)
    (home / "acquisition").write_text(made.id)
    await service.runner.ended(made.id)
    await platform.stop()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
