"""The kind ``udocker``: images without Docker and without root, in udocker's mode R1 (user namespaces).

One container per image, made once and read-only; every launch of the image is a ``udocker run`` of it, with
what `launchers.udocker.runc_shim` adds: read-only mounts, no capabilities, a ``/tmp`` in memory, no network
unless specified, the exit code. It is no sandbox as Docker is: with ``port`` (or ``network``) it has the
node's network; memory is watched, not capped, and processors are not limited (see
`launchers.local.launcher`).

udocker's other modes (P1, P2: no user namespaces needed) lose read-only mounts; they are not offered.

Graphics processors: the driver's libraries are copied into the image's container by
``udocker setup --nvidia``, again when the driver has changed.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path
from typing import Any

from launchers.base import ImageMissing, LaunchError, LaunchSpec, NodeHealth
from launchers.local.environment import environment, with_address
from launchers.local.launcher import machine
from launchers.local.supervised import SupervisedLauncher
from launchers.udocker.options import UdockerOptions
from launchers.udocker.store import UdockerFailed, UdockerStore

_ID = re.compile(r"sha256:[0-9a-f]{64}")


class UdockerLauncher(SupervisedLauncher):
    """The launcher protocol over udocker.

    Parameters
    ----------
    state : Path
        A folder of this machine, used by this launcher only: udocker's repository and the launches.
        ``UDOCKER_TARBALL`` names the archive of udocker's engine; without it, udocker fetches one once.
    options : UdockerOptions, optional
        Its ``udocker_tarball`` goes before ``UDOCKER_TARBALL``; ``gpus``: see `SupervisedLauncher`.
    """

    kind = "udocker"

    def __init__(self, state: Path, options: UdockerOptions | None = None) -> None:
        options = options or UdockerOptions()
        super().__init__(state, options.gpus)
        self._store = UdockerStore(self.state, options.udocker_tarball)

    async def probe(self) -> NodeHealth:
        """See `launchers.base.Launcher.probe`; installs udocker's engine if it is not there."""
        return await asyncio.to_thread(self._probe)

    async def prepare(self, image: str) -> str:
        """See `launchers.base.Launcher.prepare`.

        Parameters
        ----------
        image : str
            A reference with a tag, an id that is here already, or the path of an archive of ``docker save``.
        """
        try:
            return await asyncio.to_thread(self._store.prepare, image)
        except UdockerFailed as error:
            raise ImageMissing(self.kind, str(error)) from error

    def _probe(self) -> NodeHealth:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            version = self._store.install()
            engine = self._store.engine(again=True)
            self._store.sweep()
        except (UdockerFailed, OSError) as error:
            return NodeHealth(False, f"udocker cannot be used: {error}")
        details = {**machine(self.limit), "mode": engine.mode, "rejected_modes": engine.reason}
        if not engine.path:
            reason = (
                f"no execution mode of udocker works here ({engine.reason}); are user namespaces allowed?"
            )
            return NodeHealth(False, reason, version, details)
        return NodeHealth(True, version=version, details=details)

    def _kill_orphan(self, folder: Path) -> None:
        """Delete a container whose command runner was killed: its engine still has a record of it."""
        for state in (folder / "engine").glob("*"):
            command = [
                self._store.engine().path,
                "--root",
                str(state.parent),
                "delete",
                "--force",
                state.name,
            ]
            subprocess.run(command, capture_output=True, check=False)

    def _ready_gpus(self, image: str) -> None:
        """Copy the libraries of the driver into the container of an image."""
        try:
            self._store.set_up_nvidia(image)
        except UdockerFailed as error:
            raise LaunchError(self.kind, str(error)) from error

    def _plan(self, spec: LaunchSpec, prepared: Path, folder: Path, port: int | None) -> dict[str, Any]:
        if not _ID.fullmatch(spec.image):
            raise LaunchError(self.kind, f"image {spec.image} is not an id: what prepare() returns is")
        image = self._store.image(spec.image)
        if image is None:
            raise ImageMissing(self.kind, f"image {spec.image} is not on this node; prepare() it")
        for mount in spec.mounts:
            if not mount.source.exists():
                raise LaunchError(self.kind, f"{mount.source}, to be seen as {mount.target}, is not there")
        if spec.gpus:
            self._ready_gpus(spec.image)
        self._store.engine()
        (prepared / "tmp").mkdir()
        container = {
            "args": with_address(spec.command, port),
            "env": {**image.env, "HOME": "/tmp", **environment(spec)},  # noqa: S108 inside the container
            "cwd": spec.workdir,
            "mounts": [(str(mount.source), mount.target, mount.read_only) for mount in spec.mounts],
            "network": spec.network or spec.port,
            "memory_mb": spec.memory_mb,
            "init": image.shell,
        }
        placeholder = "/bin/sh" if image.shell else spec.command[0]  # udocker checks that it exists
        return {
            "argv": self._store.command("-q", "run", "--nobanner", image.container, placeholder),
            "cwd": "/",
            "env": {
                **self._store.env,
                "UDOCKER_TMP": str(folder / "tmp"),
                "UDOCKER_USE_RUNC_EXECUTABLE": str(self._store.shim),
                "HUGGINS_LAUNCH": str(folder),
            },
            "turn": str(self.state / f"{image.container}.turn"),
            "container": container,
        }
