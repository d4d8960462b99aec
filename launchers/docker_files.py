"""What goes to an engine on another host with a launch, and what comes back while it runs and in the end.

Folders become volumes there. Everything passes through the engine's own interface, by way of a container that
is made and never started, the *holder*: it can be written to, and keeps its volumes from being pruned.

- What may be written is one holder's per launch, and comes back: while it runs, the files that the platform
  follows (`LIVE`, up to `LIVE_BYTES` each); after the end, all of it, ``exit.json`` last.
- What may only be read is copied once per content and shared. A single file is mounted from the volume's own
  folder there. A holder gets its final name when its content is complete: half a copy is never taken for it.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import re
import tarfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import requests
from docker.errors import APIError, NotFound
from docker.types import Mount as DockerMount

from launchers import framing
from launchers.base import LaunchError, LaunchSpec, NodeDown
from launchers.docker_archive import pack, unpack
from launchers.docker_connection import KIND, DockerConnection
from launchers.docker_container import LABEL
from launchers.records import Record, Records

#: What of a job folder (contracts.md, section 6) is brought while a launch runs.
LIVE = (
    "out/claim.json", "out/begin.json", "out/heartbeat", "out/progress.jsonl", "out/metrics.jsonl",
    "out/log.txt", "out/summary.json", "out/report",
)  # fmt: skip

#: Bytes up to which a changing file is brought while its launch runs; larger ones come at the end.
LIVE_BYTES = 2**22

#: Seconds after which a holder that no launch came to use, or copied inputs that none uses, are removed.
ABANDONED_S = 3600
KEPT_S = 7 * 86400

NOT_FOUND = 404

_TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Placed:
    """A launch's mounts as they are on the engine's host.

    Attributes
    ----------
    name : str
        What its copied files are called; empty where nothing may be written.
    inputs : tuple of str
        Holders that must still be there when the container has been made.
    """

    mounts: tuple[DockerMount, ...]
    name: str
    inputs: tuple[str, ...]


class DockerFiles:
    """The copied files of an engine's launches.

    Parameters
    ----------
    folder : Path
        Where is written down, on this host, what belongs where.
    """

    def __init__(self, connection: DockerConnection, folder: Path) -> None:
        self._connection = connection
        self._records = Records(folder)
        self._seen: dict[tuple[str, str], str] = {}
        self._copying = threading.Lock()

    @property
    def _client(self) -> Any:
        return self._connection.client

    def place(self, spec: LaunchSpec, uid: int) -> Placed:
        """Copy what a launch needs; return how it is mounted there.

        Parameters
        ----------
        uid : int
            User and group that own what may be written.
        """
        mounts, inputs = [], []
        for mount in spec.mounts:
            if mount.read_only:
                with self._copying:  # once, also when many launches need it now
                    holder, made = self._input(spec, mount.source, mount.target)
                inputs.append(holder)
                mounts.append(made)
        writable = [mount for mount in spec.mounts if not mount.read_only]
        if not writable:
            return Placed(tuple(mounts), "", tuple(inputs))
        for mount in writable:
            if not mount.source.is_dir():
                raise LaunchError(
                    KIND, f"{mount.source} is one file: only folders can be written to elsewhere"
                )
        name = uuid.uuid4().hex
        readable = tuple(mount.target for mount in spec.mounts if mount.read_only)
        sources = [mount.source for mount in writable]
        left_out = [_below(readable, mount.target) for mount in writable]
        volumes = self._hold(f"huggins-files-{name}", spec, sources, uid, left_out)
        mounts += [
            DockerMount(mount.target, volume["Name"], "volume", no_copy=True)
            for mount, volume in zip(writable, volumes, strict=True)
        ]
        self._records.write(name, Record({m.target: str(m.source) for m in writable}, inputs=readable))
        return Placed(tuple(mounts), name, tuple(inputs))

    def discard(self, name: str) -> None:
        """Remove a launch's copied files there; what came back stays."""
        if _TOKEN.fullmatch(name):
            self._drop(f"huggins-files-{name}")
            self._records.forget(name)

    def complete(self, placed: Placed) -> bool:
        """Tell whether all inputs are still there: else the engine made an empty volume for one."""
        return all(self._inspect(holder) is not None for holder in placed.inputs)

    def bring(self, inspected: Mapping[str, Any], *, ended: bool) -> None:
        """Bring what is new of a launch; once it has ended, all of it."""
        name = inspected["Config"]["Labels"].get(f"{LABEL}.files", "")
        record = self._records.read(name) if _TOKEN.fullmatch(name) else None
        if record is None or record.whole:
            return
        for target, source in record.places.items():
            root = Path(source)
            try:
                if ended:
                    self._bring_all(inspected["Id"], target, root, _below(record.inputs, target))
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

    def sweep(self) -> None:
        """Remove holders that nobody needs any more."""
        for row in self._client.containers(all=True, filters={"label": [f"{LABEL}.holds"]}):
            name, age = row["Names"][0].lstrip("/"), time.time() - row["Created"]
            if age < (KEPT_S if name.startswith("huggins-data-") else ABANDONED_S):
                continue
            volumes = {mount["Name"] for mount in row["Mounts"]}
            users = self._client.containers(all=True, filters={"volume": [*volumes]})
            if {user["Id"] for user in users} <= {row["Id"]}:
                self._drop(row["Id"])

    def _input(self, spec: LaunchSpec, source: Path, target: str) -> tuple[str, DockerMount]:
        """Have a folder or a file there; return its holder and its mount."""
        holder = f"huggins-data-{framing.fingerprint(source)}"
        if (found := self._inspect(holder)) is None:
            part = f"{holder}-{uuid.uuid4().hex}"
            self._hold(part, spec, [source], 0, [()])
            try:
                self._client.rename(part, holder)
            except APIError:
                self._drop(part)  # another platform was first
            found = self._inspect(holder)
        if found is None:
            raise LaunchError(KIND, f"{source} was removed from the node while it was brought there")
        volume = found["Mounts"][0]
        if source.is_dir():
            return holder, DockerMount(target, volume["Name"], "volume", read_only=True, no_copy=True)
        return holder, DockerMount(target, f"{volume['Source']}/file", "bind", read_only=True)

    def _hold(
        self,
        name: str,
        spec: LaunchSpec,
        sources: Sequence[Path],
        uid: int,
        left_out: Sequence[Sequence[str]],
    ) -> list[Mapping[str, Any]]:
        """Make a holder with a volume for each source and fill them; return the volumes."""
        client = self._client
        volumes = [DockerMount(f"/{number}", None, "volume", no_copy=True) for number in range(len(sources))]
        client.create_container_from_config(
            client.create_container_config(
                spec.image, None, entrypoint=["true"], labels={f"{LABEL}.holds": spec.name},
                host_config=client.create_host_config(network_mode="none", mounts=volumes),
            ),
            name,
        )  # fmt: skip
        try:
            for number, source in enumerate(sources):
                client.put_archive(name, "/", pack(source, str(number), uid, left_out[number]))
            mounts = client.inspect_container(name)["Mounts"]
        except BaseException:
            self._drop(name)
            raise
        return sorted(mounts, key=lambda mount: int(mount["Destination"].lstrip("/")))

    def _inspect(self, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._client.inspect_container(name)
        except NotFound:
            return None
        return found

    def _drop(self, name: str) -> None:
        with contextlib.suppress(APIError):
            self._client.remove_container(name, force=True, v=True)

    def _bring_live(self, identifier: str, target: str, root: Path) -> None:
        client = self._client
        for path in LIVE:
            place = f"{target}/{path}"
            address, params = self._archive(identifier, place)
            asked = client.head(address, params=params, timeout=client.timeout)
            stat = asked.headers.get("X-Docker-Container-Path-Stat")
            if stat is None or self._seen.get((identifier, place)) == stat:
                continue  # not there yet, or nothing new
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
        """Use the archive of a path in a container; false where there is none."""
        client = self._client
        address, params = self._archive(identifier, place)
        # Not by the SDK, which waits for ever for the rest of an archive, and does not let go of half a one.
        with contextlib.closing(
            client.get(address, params=params, stream=True, timeout=client.timeout)
        ) as answer:
            if answer.status_code == NOT_FOUND:
                return False
            answer.raise_for_status()
            use(answer.iter_content(framing.PIECE))
        return True

    def _archive(self, identifier: str, place: str) -> tuple[str, dict[str, str]]:
        client = self._client
        return f"{client.base_url}/v{client.api_version}/containers/{identifier}/archive", {"path": place}


def _below(paths: Sequence[str], target: str) -> tuple[str, ...]:
    """Return those of some paths that lie below a mount's, seen from there."""
    return tuple(path.removeprefix(f"{target}/") for path in paths if path.startswith(f"{target}/"))
