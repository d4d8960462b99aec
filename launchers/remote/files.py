"""The files of launches on another machine: copies mounts there and fetches results.

`launchers.remote.records` keeps where results belong on this host.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from launchers.base import LaunchSpec, Mount
from launchers.remote.connection import AgentConnection
from launchers.remote.framing import fingerprint, regular_files
from launchers.remote.records import Record, Records


class CopiedFiles:
    """Copies files to an agent's machine and fetches results.

    Parameters
    ----------
    agent : AgentConnection
        The connection to the agent.
    folder : Path
        Folder of the records on this host.
    shared : sequence of str
        Folders that the other machine has under the same path.
    """

    def __init__(self, agent: AgentConnection, folder: Path, shared: Sequence[str]) -> None:
        self._agent = agent
        self._records = Records(folder)
        self._shared = tuple(Path(place) for place in shared)

    async def place(self, spec: LaunchSpec) -> tuple[Mount, ...]:
        """Copy mounts that are not in a shared folder; return the mounts with their paths there."""
        mounts: list[Mount] = []
        places: dict[str, str] = {}
        wanted: dict[str, Path] = {}
        for number, mount in enumerate(spec.mounts):
            if any(mount.source.is_relative_to(place) for place in self._shared):
                mounts.append(mount)
                continue
            if mount.read_only:
                place = f"data/{await asyncio.to_thread(fingerprint, mount.source)}"
            else:
                place = f"files/{spec.name}/{number}"
                places[str(number)] = str(mount.source)
            wanted[place] = mount.source
            mounts.append(replace(mount, source=Path(self._agent.state, place)))
        for place in await self._agent.ask("absent", places=[*wanted]) if wanted else ():
            await self._agent.put(wanted[place], place)
        await asyncio.to_thread(self._records.write, spec.name, Record(places))
        return tuple(mounts)

    async def bring(self, names: Sequence[str], *, ended: bool = False) -> None:
        """Fetch new results of launches; of launches that have ended all results, once."""
        requests: dict[str, Any] = {}
        targets: dict[tuple[str, str], Path] = {}
        done: list[tuple[str, Record]] = []
        for name in names:
            record = await asyncio.to_thread(self._records.read, name)
            if record is None or not record.places or record.whole:
                continue
            have = await asyncio.to_thread(_have, record.places)
            requests[name] = {"ended": ended, "have": have}
            targets |= {(name, place): Path(source) for place, source in record.places.items()}
            done.append((name, record))
        if requests:
            await self._agent.follow(requests, targets)
        if ended:
            for name, record in done:
                await asyncio.to_thread(self._records.write, name, replace(record, whole=True))

    def forget(self, name: str) -> None:
        """Forget a launch; what came back stays."""
        self._records.forget(name)


def _have(places: Mapping[str, str]) -> dict[str, dict[str, list[int]]]:
    return {
        place: {path: [stat.st_size, stat.st_mtime_ns] for path, stat in regular_files(Path(source))}
        for place, source in places.items()
    }
