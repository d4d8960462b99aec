"""The agent on a machine where udocker is used over SSH: answers one request, then ends.

Run as ``python -m launchers.udocker.agent STATE``; see `launchers.remote.agent`. It calls the udocker
launcher of that machine. The standard library only.
"""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jobfolder.json_file import read_json
from launchers.base import Handle, LaunchSpec
from launchers.remote.agent import Agent, run
from launchers.remote.framing import confined
from launchers.udocker.launcher import UdockerLauncher
from launchers.udocker.options import UdockerOptions
from launchers.udocker.store import UdockerStore

#: Days after which copied inputs that no launch uses are removed.
KEPT_DAYS = 7


class UdockerAgent(Agent):
    """Answers requests about launches; see `launchers.remote.agent.Agent` for the others."""

    def __init__(self, state: Path) -> None:
        super().__init__(state, UdockerStore(state))
        self.launcher = UdockerLauncher(state, UdockerOptions(gpus=int(os.environ.get("HUGGINS_GPUS", "0"))))

    def answers(self) -> dict[str, Callable[..., Any]]:
        """See `launchers.remote.agent.Agent.answers`."""
        return {
            **super().answers(),
            "probe": lambda: asdict(asyncio.run(self.launcher.probe())),
            "start": self._start,
            "find": self._find,
            "statuses": self._statuses,
            "stop": self._stop,
            "forget": self._forget,
            "logs": self._logs,
        }

    def _start(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        return asyncio.run(self.launcher.start(LaunchSpec.from_json(spec))).to_json()

    def _find(self, name: str) -> dict[str, Any] | None:
        found = asyncio.run(self.launcher.find(name))
        return found.to_json() if found else None

    def _statuses(self) -> dict[str, Any]:
        """Return the status of every launch."""
        return asyncio.run(self._all())

    async def _all(self) -> dict[str, Any]:
        seen = {}
        for path in self.launcher.folder.glob("[!.]*/launch.json"):
            launch = read_json(path)
            if launch is None:
                continue  # removed meanwhile
            status = await self.launcher.status(Handle.from_json(launch["handle"]))
            told = {"handle": launch["handle"], "owner": launch["owner"]}
            seen[path.parent.name] = {**status.to_json(), **told}
        return seen

    def _stop(self, handle: Mapping[str, Any], grace_s: float) -> None:
        asyncio.run(self.launcher.stop(Handle.from_json(handle), grace_s))

    def _forget(self, name: str) -> None:
        """Remove a launch with its copied files, and inputs that were not used for `KEPT_DAYS`."""
        shutil.rmtree(self.state / "files" / confined(name), ignore_errors=True)
        launch = read_json(self.launcher.folder / name / "launch.json")
        if launch is not None:
            asyncio.run(self.launcher.remove(Handle.from_json(launch["handle"])))
        used = "".join(
            path.read_text(encoding="utf-8") for path in self.launcher.folder.glob("*/launch.json")
        )
        for place in (self.state / "data").glob("*"):
            if place.name not in used and time.time() - place.stat().st_mtime > KEPT_DAYS * 86400:
                shutil.rmtree(place, ignore_errors=True)

    def _logs(self, name: str, tail: int | None) -> str:
        launch = read_json(self.launcher.folder / confined(name) / "launch.json")
        if launch is None:
            return ""
        data = asyncio.run(self.launcher.logs(Handle.from_json(launch["handle"]), tail))
        return base64.b64encode(data).decode("ascii")


if __name__ == "__main__":
    run(UdockerAgent(Path(sys.argv[1])))
