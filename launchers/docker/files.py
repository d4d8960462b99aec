"""The files of launches on an engine of another host: copied there, and fetched back.

Folders become volumes there. Everything passes through the engine's own interface, by way of a container that
is made and never started, the *holder*: it can be written to, and keeps its volumes from being pruned.

- What may be written is one holder's per launch, and comes back (`launchers.docker.results`).
- What may only be read is copied once per content and shared. A single file is mounted from the volume's own
  folder there. A holder gets its final name when its content is complete: half a copy is never taken for it.
"""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.errors import APIError, NotFound
from docker.types import Mount as DockerMount

from launchers.base import LaunchError, LaunchSpec
from launchers.docker.archive import pack
from launchers.docker.connection import KIND, DockerConnection
from launchers.docker.container import LABEL
from launchers.docker.results import TOKEN, DockerResults, below
from launchers.remote import framing
from launchers.remote.records import Record, Records

#: Seconds after which holders without a launch, and unused copied inputs, are removed.
ABANDONED_S = 3600
KEPT_S = 7 * 86400


@dataclass(frozen=True)
class CopiedMounts:
    """The mounts of a launch on the engine's host.

    Attributes
    ----------
    name : str
        Name of its copied files; empty if no mount is writable.
    inputs : tuple of str
        Holders that must still exist when the container has been created.
    """

    mounts: tuple[DockerMount, ...]
    name: str
    inputs: tuple[str, ...]


class DockerFiles:
    """Copies the files of an engine's launches.

    Parameters
    ----------
    folder : Path
        Where is written down, on this host, what belongs where.
    """

    def __init__(self, connection: DockerConnection, folder: Path) -> None:
        self._connection = connection
        self._records = Records(folder)
        self._copying = threading.Lock()
        self.results = DockerResults(connection, self._records)

    @property
    def _client(self) -> Any:
        return self._connection.client

    def place(self, spec: LaunchSpec, uid: int) -> CopiedMounts:
        """Copy the mounts of a launch to the engine's host; return the mounts there.

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
            return CopiedMounts(tuple(mounts), "", tuple(inputs))
        for mount in writable:
            if not mount.source.is_dir():
                raise LaunchError(
                    KIND, f"{mount.source} is one file: only folders can be written to elsewhere"
                )
        name = uuid.uuid4().hex
        readable = tuple(mount.target for mount in spec.mounts if mount.read_only)
        sources = [mount.source for mount in writable]
        left_out = [below(readable, mount.target) for mount in writable]
        volumes = self._hold(f"huggins-files-{name}", spec, sources, uid, left_out)
        mounts += [
            DockerMount(mount.target, volume["Name"], "volume", no_copy=True)
            for mount, volume in zip(writable, volumes, strict=True)
        ]
        self._records.write(name, Record({m.target: str(m.source) for m in writable}, inputs=readable))
        return CopiedMounts(tuple(mounts), name, tuple(inputs))

    def discard(self, name: str) -> None:
        """Remove the copied files of a launch there; fetched results stay."""
        if TOKEN.fullmatch(name):
            self._drop(f"huggins-files-{name}")
            self._records.forget(name)

    def complete(self, copied: CopiedMounts) -> bool:
        """Return whether all inputs still exist; for a missing one the engine made an empty volume."""
        return all(self._inspect(holder) is not None for holder in copied.inputs)

    def sweep(self) -> None:
        """Remove holders that no launch needs."""
        launches = self._client.containers(all=True, filters={"label": [f"{LABEL}.name"]})
        mounts = [mount for row in launches for mount in row["Mounts"]]
        used = {part for mount in mounts for part in (mount.get("Name"), *Path(mount["Source"]).parts)}
        for row in self._client.containers(all=True, filters={"label": [f"{LABEL}.holds"]}):
            is_input = row["Names"][0].startswith("/huggins-data-")
            old = time.time() - row["Created"] > (KEPT_S if is_input else ABANDONED_S)
            if old and used.isdisjoint(mount["Name"] for mount in row["Mounts"]):
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
