"""The launches of a Docker engine.

The engine has no walltime limit. `DockerLaunches.status` enforces it, so it acts at the next query.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator
from typing import Any

from docker.errors import APIError, NotFound

from launchers.base import Handle, Handles, LaunchError, LaunchSpec, NodeHealth, State, Status
from launchers.docker import container
from launchers.docker import images as docker_images
from launchers.docker.connection import KIND, DockerConnection
from launchers.docker.create import ContainerCreator
from launchers.docker.files import DockerFiles
from launchers.spec import NAME

#: Seconds between SIGTERM and SIGKILL at the end of the walltime.
GRACE = 10

#: Seconds between two removals of unused files on another host.
SWEEP_S = 600.0


class DockerLaunches:
    """The launches of one engine; the methods are those of `launchers.base.Launcher`, but block.

    Parameters
    ----------
    files : DockerFiles, optional
        See `launchers.docker.create.ContainerCreator`.
    """

    def __init__(
        self, connection: DockerConnection, creator: ContainerCreator, files: DockerFiles | None, gpus: int
    ) -> None:
        self._connection = connection
        self._creator = creator
        self._files = files
        self._gpus = gpus
        self._swept = -math.inf
        self._warned: set[str] = set()

    @property
    def client(self) -> Any:
        """The engine's client of this thread."""
        return self._connection.client

    def start(self, spec: LaunchSpec) -> Handle:
        """See `launchers.base.Launcher.start`."""
        if not container.unchanging(spec.image):
            raise LaunchError(
                KIND, f"image {spec.image} is neither an id nor a digest: what prepare() returns is"
            )
        found = self._creator.inspect(spec.name) or self._creator.create(spec)
        if found["State"]["Status"] == "created":  # new, or its starter died or has not started it yet
            self._creator.run(found["Id"])
        if (running := self._creator.inspect(spec.name)) is None:
            raise LaunchError(KIND, f"{spec.name} was removed while it was starting")
        return Handle(KIND, spec.name, running["Id"], container.address(running))

    def _mine(self, handle: Handle) -> dict[str, Any] | None:
        found = self._creator.inspect(handle.name)
        return found if found is not None and found["Id"] == handle.identifier else None

    def status(self, handle: Handle) -> Status:
        """See `launchers.base.Launcher.status`; enforces the walltime."""
        found = self._mine(handle)
        if found is None:
            return Status(State.MISSING, None, f"nothing called {handle.name} is on this node")
        if found["State"]["Status"] == "created" and not found["State"]["Error"]:
            with contextlib.suppress(LaunchError):
                self._creator.run(found["Id"])  # its starter died after creating it
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
            self.client.kill(identifier, signal)

    def stop(self, handle: Handle, grace_s: float) -> None:
        """See `launchers.base.Launcher.stop`."""
        found = self._mine(handle)
        if found is None:
            return
        with contextlib.suppress(NotFound):
            if found["State"]["Status"] == "created":
                self._creator.forget(found)
            else:
                self.client.stop(found["Id"], timeout=int(-(-grace_s // 1)))

    def remove(self, handle: Handle) -> None:
        """See `launchers.base.Launcher.remove`."""
        if (found := self._mine(handle)) is not None:
            self._warned.discard(found["Id"])
            self._creator.forget(found)

    def logs(self, handle: Handle, tail: int | None) -> bytes:
        """See `launchers.base.Launcher.logs`."""
        if (found := self._mine(handle)) is None:
            return b""
        output: bytes = self.client.logs(found["Id"], tail="all" if tail is None else tail)
        return output

    def find(self, name: str) -> Handle | None:
        """See `launchers.base.Launcher.find`."""
        found = self._creator.inspect(name) if NAME.fullmatch(name) else None
        return Handle(KIND, name, found["Id"], container.address(found)) if found else None

    def list(self, owner: str) -> Handles:
        """See `launchers.base.Launcher.list`."""

        def handles() -> Iterator[Handle]:
            labels = [f"{container.LABEL}.owner={owner}"]
            for row in self.client.containers(all=True, filters={"label": labels}):
                if (found := self._creator.inspect(row["Id"])) is not None:
                    name = found["Config"]["Labels"][f"{container.LABEL}.name"]
                    yield Handle(KIND, name, found["Id"], container.address(found))

        return [*handles()]

    def probe(self) -> NodeHealth:
        """See `launchers.base.Launcher.probe`; removes unused files on another host."""
        info = self.client.info()
        details = {
            "cpus": info["NCPU"],
            "memory_mb": info["MemTotal"] // 2**20,
            "gpus": self._gpus,
            "rootless": container.is_rootless(info),
            "system": info.get("OperatingSystem", ""),
        }
        if self._files is not None and time.monotonic() - self._swept > SWEEP_S:
            self._files.sweep()
            self._swept = time.monotonic()
        return NodeHealth(True, version=info["ServerVersion"], details=details)

    def bring(self, handle: Handle, ended: bool) -> bool:
        """Fetch new results of a launch; see `launchers.docker.results.DockerResults.bring`."""
        found = self._mine(handle)
        return self._files is None or found is None or self._files.results.bring(found, ended=ended)

    def prepare(self, image: str) -> str:
        """See `launchers.docker.images.prepare`."""
        return docker_images.prepare(self.client, image, elsewhere=self._files is not None)
