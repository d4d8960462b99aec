"""A Docker engine, hardened: what a specification does not ask for, a container does not get.

Every container: not root (see `launchers.docker_container.user`), no capabilities, ``no-new-privileges``,
read-only root with a ``/tmp`` in memory, limits on processes, memory and processors, bounded logs, no core
dumps.

Networks, by ``port`` and ``network`` of the specification:

- neither: none at all;
- ``port``: an internal bridge, from which nothing is routed outside and on which containers do not see each
  other; this machine reaches the container by its address. What listens on *all* addresses of this machine
  can be reached from there too (the engine does not filter that): the platform listens on 127.0.0.1;
- ``network``: the engine's default bridge; with ``port`` as well, published on 127.0.0.1.

The engine knows no walltime: it is kept by `DockerLauncher.status`, so it is late by as much as nobody asks.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import docker
from docker.errors import APIError, NotFound

from launchers import docker_container as container
from launchers.base import (
    Handle,
    Handles,
    ImageMissing,
    LaunchError,
    LaunchSpec,
    NodeHealth,
    State,
    Status,
)
from launchers.docker_connection import DockerConnection
from launchers.spec import NAME

NETWORK = "huggins-serving"

#: Seconds between SIGTERM and SIGKILL at the end of the walltime.
GRACE = 10

#: How often, and after how many seconds, a name is asked for that is taken by a container not yet to be seen.
TRIES, PAUSE = 100, 0.02


class DockerLauncher:
    """The launcher protocol over one Docker engine.

    Parameters
    ----------
    url : str, optional
        ``unix:///…`` or ``tcp://…``; by default what the ``docker`` command would use. The mounts' sources
        must be there under the same paths.
    uid : int
        User and group of containers whose writable folders belong to root: one that nobody has.
    timeout_s : float
        Seconds after which an engine that does not answer is down.
    """

    kind = "docker"

    def __init__(
        self, url: str | None = None, uid: int = container.UNPRIVILEGED, timeout_s: float = 30
    ) -> None:
        self.uid = uid
        self._connection = DockerConnection(url, timeout_s)
        self._rootless: bool | None = None
        self._warned: set[str] = set()

    async def start(self, spec: LaunchSpec) -> Handle:
        """See `launchers.base.Launcher.start`."""
        return await self._connection.call(self._start, spec)

    async def status(self, handle: Handle) -> Status:
        """See `launchers.base.Launcher.status`."""
        return await self._connection.call(self._status, handle)

    async def stop(self, handle: Handle, grace_s: float = 10) -> None:
        """See `launchers.base.Launcher.stop`; whole seconds of grace, rounded up."""
        await self._connection.call(self._stop, handle, grace_s)

    async def remove(self, handle: Handle) -> None:
        """See `launchers.base.Launcher.remove`."""
        await self._connection.call(self._remove, handle)

    async def logs(self, handle: Handle, tail: int | None = None) -> bytes:
        """See `launchers.base.Launcher.logs`."""
        return await self._connection.call(self._logs, handle, tail)

    async def find(self, name: str) -> Handle | None:
        """See `launchers.base.Launcher.find`."""
        return await self._connection.call(self._find, name)

    async def list(self, owner: str) -> Handles:
        """See `launchers.base.Launcher.list`."""
        return await self._connection.call(self._list, owner)

    async def probe(self) -> NodeHealth:
        """See `launchers.base.Launcher.probe`."""
        try:
            return await self._connection.call(self._probe)
        except LaunchError as error:
            return NodeHealth(False, error.reason)

    async def prepare(self, image: str) -> str:
        """See `launchers.base.Launcher.prepare`; pulls what is not there."""
        return await self._connection.call(self._prepare, image)

    async def close(self) -> None:
        """See `launchers.base.Launcher.close`."""
        await self._connection.close()

    @property
    def _client(self) -> Any:
        return self._connection.client

    def _start(self, spec: LaunchSpec) -> Handle:
        if not container.unchanging(spec.image):
            raise LaunchError(
                self.kind, f"image {spec.image} is neither an id nor a digest: what prepare() returns is"
            )
        if self._rootless is None:
            self._rootless = container.is_rootless(self._client.info())
        if spec.port and not spec.network:
            self._ensure_network()
        for mount in spec.mounts:
            if not mount.source.exists():
                raise LaunchError(self.kind, f"{mount.source}, to be seen as {mount.target}, is not there")
        try:
            user = "0:0" if self._rootless else container.user(spec, self.uid)
        except OSError as error:
            raise LaunchError(
                self.kind, f"cannot give {error.filename} to the container: {error.strerror}"
            ) from error
        configuration = container.configuration(self._client, spec, user, NETWORK)
        found: dict[str, Any] | None = self._create(spec, configuration)
        if found and found["State"]["Status"] == "created":  # new, or its starter died, or is a moment behind
            self._run(found["Id"])
            found = self._inspect(spec.name)
        if found is None:
            raise LaunchError(self.kind, f"{spec.name} was removed while it was starting")
        return Handle(self.kind, spec.name, found["Id"], container.address(found))

    def _create(self, spec: LaunchSpec, configuration: dict[str, Any]) -> dict[str, Any]:
        """Return the inspected container of that name, made now or before."""
        for _ in range(TRIES):
            try:
                self._client.create_container_from_config(configuration, container.full_name(spec.name))
            except NotFound as error:
                missing = f"image {spec.image} is not on this node; prepare() it"
                raise ImageMissing(self.kind, missing) from error
            except APIError as error:
                if error.status_code != 409:
                    raise
            if (found := self._inspect(spec.name)) is not None:
                return found
            time.sleep(PAUSE)  # somebody else has the name, and the engine does not show the container yet
        raise LaunchError(
            self.kind, f"the name {container.full_name(spec.name)} is in use by what is not of this platform"
        )

    def _run(self, identifier: str) -> None:
        try:
            self._client.start(identifier)
        except APIError as error:
            state = self._client.inspect_container(identifier)["State"]
            if state["ExitCode"] in container.CANNOT_EXECUTE:
                return  # the command's fault: an end like any other
            with contextlib.suppress(NotFound):
                self._client.remove_container(identifier, force=True, v=True)
            raise LaunchError(self.kind, f"the engine refused to start it: {error.explanation}") from error

    def _inspect(self, name_or_id: str) -> dict[str, Any] | None:
        name = container.full_name(name_or_id) if NAME.fullmatch(name_or_id) else name_or_id
        try:
            found: dict[str, Any] = self._client.inspect_container(name)
        except NotFound:
            return None
        return found if container.is_ours(found) else None

    def _mine(self, handle: Handle) -> dict[str, Any] | None:
        found = self._inspect(handle.name)
        return found if found is not None and found["Id"] == handle.identifier else None

    def _status(self, handle: Handle) -> Status:
        found = self._mine(handle)
        if found is None:
            return Status(State.MISSING, None, f"nothing called {handle.name} is on this node")
        if found["State"]["Status"] == "created" and not found["State"]["Error"]:
            with contextlib.suppress(LaunchError):
                self._run(found["Id"])  # its starter died between creating and starting it
            return Status(State.STARTING)
        over = container.seconds_over(found)
        if over >= GRACE:
            self._kill(found["Id"], "SIGKILL")
        elif over >= 0 and found["Id"] not in self._warned:
            self._warned.add(found["Id"])
            self._kill(found["Id"], "SIGTERM")
        return container.status(found)

    def _kill(self, identifier: str, signal: str) -> None:
        with contextlib.suppress(APIError):  # it has ended meanwhile
            self._client.kill(identifier, signal)

    def _stop(self, handle: Handle, grace_s: float) -> None:
        found = self._mine(handle)
        if found is None:
            return
        with contextlib.suppress(NotFound):
            if found["State"]["Status"] == "created":
                self._client.remove_container(found["Id"], force=True, v=True)
            else:
                self._client.stop(found["Id"], timeout=int(-(-grace_s // 1)))

    def _remove(self, handle: Handle) -> None:
        if (found := self._mine(handle)) is not None:
            self._warned.discard(found["Id"])
            with contextlib.suppress(NotFound):
                self._client.remove_container(found["Id"], force=True, v=True)

    def _logs(self, handle: Handle, tail: int | None) -> bytes:
        if (found := self._mine(handle)) is None:
            return b""
        output: bytes = self._client.logs(found["Id"], tail="all" if tail is None else tail)
        return output

    def _find(self, name: str) -> Handle | None:
        found = self._inspect(name) if NAME.fullmatch(name) else None
        return Handle(self.kind, name, found["Id"], container.address(found)) if found else None

    def _list(self, owner: str) -> Handles:
        def handles() -> Iterator[Handle]:
            labels = [f"{container.LABEL}.owner={owner}"]
            for row in self._client.containers(all=True, filters={"label": labels}):
                if (found := self._inspect(row["Id"])) is not None:
                    name = found["Config"]["Labels"][f"{container.LABEL}.name"]
                    yield Handle(self.kind, name, found["Id"], container.address(found))

        return [*handles()]

    def _probe(self) -> NodeHealth:
        info = self._client.info()
        self._rootless = container.is_rootless(info)
        details = {
            "cpus": info["NCPU"],
            "memory_mb": info["MemTotal"] // 2**20,
            "gpus": None if "nvidia" in info.get("Runtimes", {}) else 0,
            "rootless": self._rootless,
            "system": info.get("OperatingSystem", ""),
        }
        return NodeHealth(True, version=info["ServerVersion"], details=details)

    def _prepare(self, image: str) -> str:
        with contextlib.suppress(NotFound):
            return str(self._client.inspect_image(image)["Id"])
        if image.startswith("sha256:"):
            raise ImageMissing(self.kind, f"image {image} is not on this node, and an id cannot be pulled")
        try:
            self._client.pull(*docker.utils.parse_repository_tag(image))
            return str(self._client.inspect_image(image)["Id"])
        except APIError as error:
            raise ImageMissing(self.kind, f"image {image} cannot be pulled: {error.explanation}") from error

    def _ensure_network(self) -> None:
        if self._client.networks(names=[f"^{NETWORK}$"]):
            return
        with contextlib.suppress(APIError):  # somebody else was first
            options = {"com.docker.network.bridge.enable_icc": "false"}
            self._client.create_network(
                NETWORK, "bridge", internal=True, check_duplicate=True, options=options,
                labels={container.LABEL: "network"},
            )  # fmt: skip
