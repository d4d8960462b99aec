"""Fetches the results of launches on an engine of another host, through the engine's API.

While one runs: the files that the platform follows (`LIVE`, up to `LIVE_BYTES` each), for an engine can
neither list nor seek. After the end: all of it, ``exit.json`` last.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import requests

from launchers.base import LaunchError, NodeDown
from launchers.docker.archive import unpack
from launchers.docker.connection import KIND, DockerConnection
from launchers.docker.container import LABEL
from launchers.remote import framing
from launchers.remote.records import Record, Records

#: Files of a job folder (contracts.md, section 6) that are fetched while a launch runs.
LIVE = (
    "out/claim.json", "out/begin.json", "out/heartbeat", "out/progress.jsonl", "out/metrics.jsonl",
    "out/usage.jsonl", "out/log.txt", "out/summary.json", "out/report",
)  # fmt: skip

#: Bytes up to which a changing file is fetched while its launch runs; larger ones are fetched at the end.
LIVE_BYTES = 2**22

NOT_FOUND = 404

#: Names of copied files.
TOKEN = re.compile(r"[0-9a-f]{32}")


class DockerResults:
    """Fetches the results of an engine's launches.

    Parameters
    ----------
    records : Records
        Where results belong on this host.
    """

    def __init__(self, connection: DockerConnection, records: Records) -> None:
        self._connection = connection
        self._records = records
        self._seen: dict[tuple[str, str], str] = {}

    def bring(self, inspected: Mapping[str, Any], *, ended: bool) -> bool:
        """Fetch the new results of a launch from an engine on another machine.

        Parameters
        ----------
        inspected : mapping
            The container's inspection.
        ended : bool
            Whether the launch has ended: all files are fetched then, before only those that change as it
            runs.

        Returns
        -------
        bool
            Whether all results have been fetched.

        Raises
        ------
        NodeDown
            If the connection breaks.
        LaunchError
            If the results cannot be written here.
        """
        name = inspected["Config"]["Labels"].get(f"{LABEL}.files", "")
        record = self._records.read(name) if TOKEN.fullmatch(name) else None
        if record is None or record.whole:
            return True
        for target, source in record.places.items():
            root = Path(source)
            try:
                if ended:
                    self._bring_all(inspected["Id"], target, root, below(record.inputs, target))
                else:
                    self._bring_live(inspected["Id"], target, root)
            except (requests.RequestException, ConnectionError, TimeoutError):
                raise
            except tarfile.TarError as error:
                raise NodeDown(KIND, f"the connection broke while results came back: {error}") from error
            except (framing.Broken, OSError) as error:
                raise LaunchError(KIND, f"results cannot be written to {root}: {error}") from error
        if ended:
            self._records.write(name, Record(record.places, whole=True, inputs=record.inputs))
            self._seen = {key: value for key, value in self._seen.items() if key[0] != inspected["Id"]}
        return ended

    def _bring_live(self, identifier: str, target: str, root: Path) -> None:
        client = self._connection.client
        for path in LIVE:
            place = f"{target}/{path}"
            address, params = self._archive(identifier, place)
            asked = client.head(address, params=params, timeout=client.timeout)
            stat = asked.headers.get("X-Docker-Container-Path-Stat")
            if stat is None or self._seen.get((identifier, place)) == stat:
                continue  # missing or unchanged
            if json.loads(base64.b64decode(stat))["size"] > LIVE_BYTES:
                continue
            use = functools.partial(
                unpack, root=root, above=str(PurePosixPath(path).parent), limit=LIVE_BYTES
            )
            if self._take(identifier, place, use):
                self._seen[identifier, place] = stat

    def _bring_all(self, identifier: str, target: str, root: Path, left_out: Sequence[str]) -> None:
        self._take(identifier, target, functools.partial(unpack, root=root, left_out=left_out))

    def _take(self, identifier: str, place: str, use: Callable[[Iterator[bytes]], None]) -> bool:
        """Pass the archive of a path in a container to `use`; false if the path does not exist."""
        client = self._connection.client
        address, params = self._archive(identifier, place)
        # Not with the SDK, which waits for the rest of an archive without a limit and keeps half of one open.
        with contextlib.closing(
            client.get(address, params=params, stream=True, timeout=client.timeout)
        ) as answer:
            if answer.status_code == NOT_FOUND:
                return False
            answer.raise_for_status()
            use(answer.iter_content(framing.PIECE))
        return True

    def _archive(self, identifier: str, place: str) -> tuple[str, dict[str, str]]:
        client = self._connection.client
        return f"{client.base_url}/v{client.api_version}/containers/{identifier}/archive", {"path": place}


def below(paths: Sequence[str], target: str) -> tuple[str, ...]:
    """Return the paths below `target`, relative to it."""
    return tuple(path.removeprefix(f"{target}/") for path in paths if path.startswith(f"{target}/"))
