"""What runs on a machine where udocker is used over SSH: answers one request, then ends.

Run as ``python -m launchers.udocker_agent STATE``; see `launchers.agent`. It is the udocker launcher of that
machine, asked by messages. The standard library only.
"""

from __future__ import annotations

import asyncio
import base64
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from launchers import supervisor
from launchers.agent import Agent, run
from launchers.base import Handle, LaunchSpec
from launchers.framing import confined
from launchers.udocker import UdockerLauncher

#: Days after which copied inputs that no launch uses are removed.
KEPT_DAYS = 7


class UdockerAgent(Agent):
    """Answers requests about launches; see `launchers.agent.Agent` for the others."""

    def __init__(self, state: Path) -> None:
        super().__init__(state)
        self.launcher = UdockerLauncher(state)

    def answers(self) -> dict[str, Callable[..., Any]]:
        """See `launchers.agent.Agent.answers`."""
        return {
            **super().answers(),
            "probe": lambda: asdict(asyncio.run(self.launcher.probe())),
            "start": self._start,
            "find": self._find,
            "look": self._look,
            "stop": self._stop,
            "remove": self._remove,
            "logs": self._logs,
        }

    def _start(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        return asyncio.run(self.launcher.start(LaunchSpec.from_json(spec))).to_json()

    def _find(self, name: str) -> dict[str, Any] | None:
        found = asyncio.run(self.launcher.find(name))
        return found.to_json() if found else None

    def _look(self) -> dict[str, Any]:
        """Return every launch and where it stands."""

        async def look() -> dict[str, Any]:
            seen = {}
            for path in self.launcher.folder.glob("[!.]*/launch.json"):
                if (launch := supervisor.read(path)) is not None:
                    status = await self.launcher.status(Handle.from_json(launch["handle"]))
                    seen[path.parent.name] = {
                        **asdict(status),
                        "handle": launch["handle"],
                        "owner": launch["owner"],
                    }
            return seen

        return asyncio.run(look())

    def _stop(self, handle: Mapping[str, Any], grace_s: float) -> None:
        asyncio.run(self.launcher.stop(Handle.from_json(handle), grace_s))

    def _remove(self, handle: Mapping[str, Any]) -> None:
        """Remove a launch with its copied files, and inputs that nobody has used for long."""
        gone = Handle.from_json(handle)
        if asyncio.run(self.launcher.find(gone.name)) not in {None, gone}:
            return
        asyncio.run(self.launcher.remove(gone))
        shutil.rmtree(self.state / "files" / confined(gone.name), ignore_errors=True)
        used = "".join(
            path.read_text(encoding="utf-8") for path in self.launcher.folder.glob("*/launch.json")
        )
        for place in (self.state / "data").glob("*"):
            if place.name not in used and time.time() - place.stat().st_mtime > KEPT_DAYS * 86400:
                shutil.rmtree(place, ignore_errors=True)

    def _logs(self, handle: Mapping[str, Any], tail: int | None) -> str:
        data = asyncio.run(self.launcher.logs(Handle.from_json(handle), tail))
        return base64.b64encode(data).decode("ascii")


if __name__ == "__main__":
    run(UdockerAgent(Path(sys.argv[1])))
