"""Creating hardened containers: a container gets only what its specification names.

Every container: not root (see `launchers.docker.container.user`), no capabilities, ``no-new-privileges``,
read-only root with a ``/tmp`` in memory, limits on processes, memory and processors, bounded logs, no core
dumps. An image that is run as it was made (`LaunchSpec.unchanged_image`) keeps its own user, also root, and
can write to its root; the rest holds for it, too.

Networks, by ``port`` and ``network`` of the specification:

- neither: none at all;
- ``port``: an internal bridge, from which nothing is routed outside and on which containers do not see each
  other; this machine reaches the container by its address. What listens on *all* addresses of this machine
  can be reached from there too (the engine does not filter that): the platform listens on 127.0.0.1;
- ``network``: the engine's default bridge; with ``port`` as well, published on 127.0.0.1.

On another host over ``ssh://`` the same, reached by a tunnel. At ``tcp://`` a port is published at the
address of the URL, from a bridge on which nothing that is asked outside is answered.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from docker.errors import APIError, NotFound

from launchers.base import ImageMissing, LaunchError, LaunchSpec
from launchers.docker import container
from launchers.docker import gpus as docker_gpus
from launchers.docker import images as docker_images
from launchers.docker.connection import KIND, DockerConnection
from launchers.docker.container import ContainerContext
from launchers.docker.files import CopiedMounts, DockerFiles
from launchers.spec import NAME

#: Networks for serving: on this host or over SSH, and at an address of the engine's host.
NETWORK, PUBLISHED = "huggins-serving", "huggins-published"

LOOPBACK = "127.0.0.1"

#: Attempts, and seconds between them, to inspect a name that is taken by a container not yet visible.
TRIES, PAUSE = 100, 0.02


class ContainerCreator:
    """Creates and removes the containers of one engine.

    Parameters
    ----------
    files : DockerFiles, optional
        Copies files to another host; None: the engine is on this host.
    uid, gpus : int
        See `launchers.docker.launcher.DockerLauncher`.
    """

    def __init__(self, connection: DockerConnection, files: DockerFiles | None, uid: int, gpus: int) -> None:
        self._connection = connection
        self._files = files
        self._uid = uid
        self._gpus = gpus
        over_tls = connection.address.scheme == "tcp"
        self._publish = connection.address.host if over_tls else LOOPBACK
        self._network = PUBLISHED if over_tls else NETWORK
        self._choosing = threading.Lock()
        self._rootless: bool | None = None

    @property
    def client(self) -> Any:
        """The engine's client of this thread."""
        return self._connection.client

    def create(self, spec: LaunchSpec) -> dict[str, Any]:
        """Create a container with its files and GPUs, or find the one of that name.

        Parameters
        ----------
        spec : LaunchSpec
            What to start.

        Returns
        -------
        dict
            The container's inspection, as the engine gives it.

        Raises
        ------
        LaunchError
            If the engine rejects the container, too few GPUs are free, or another platform takes the copied
            files or the GPUs at the same time; what was created is removed.
        """
        self._check(spec)
        mounts = container.binds(spec)
        context = ContainerContext(self._user(spec), mounts, self._network, self._published(spec))
        copied = CopiedMounts((), "", ())
        if self._files is not None:
            copied = self._files.place(spec, int(context.user.split(":")[0]))
            context = replace(context, mounts=copied.mounts, files=copied.name)
        try:
            with self._choosing:
                if spec.gpus and self._gpus:
                    devices = docker_gpus.choose(self.client, spec.gpus, self._gpus)
                    context = replace(context, devices=devices)
                found = self._create(spec, container.configuration(self.client, spec, context))
        except BaseException:
            self._discard(copied.name)
            raise
        if found["Config"]["Labels"].get(f"{container.LABEL}.files", "") != copied.name:
            self._discard(copied.name)  # another start was first
            return found
        if self._files is not None and not self._files.complete(copied):
            self.forget(found)
            raise LaunchError(KIND, "what was copied for it was removed from the node; start it again")
        if context.devices and docker_gpus.lost(self.client, found["Id"]):
            self.forget(found)
            raise LaunchError(KIND, "another platform took the same graphics processors; start it again")
        return found

    def _check(self, spec: LaunchSpec) -> None:
        """Check mounts and image, and create the network."""
        for mount in spec.mounts:
            if not mount.source.exists():
                raise LaunchError(KIND, f"{mount.source}, to be seen as {mount.target}, is not there")
        if docker_images.known(self.client, spec.image) is None:
            raise ImageMissing(KIND, f"image {spec.image} is not on this node; prepare() it")
        if spec.port and not spec.network:
            self._ensure_network()
        if self._rootless is None:
            self._rootless = container.is_rootless(self.client.info())

    def _user(self, spec: LaunchSpec) -> str:
        if self._rootless:
            return "0:0"
        own = self._image_user(spec.image) if spec.unchanged_image else None
        if self._files is not None:
            return own if own is not None and own[0].isdigit() else f"{self._uid}:{self._uid}"
        try:
            if own is not None:
                return container.own_user(spec, own)
            return container.user(spec, self._uid)
        except OSError as error:
            raise LaunchError(
                KIND, f"cannot give {error.filename} to the container: {error.strerror}"
            ) from error

    def _image_user(self, image: str) -> str:
        config = self.client.inspect_image(image).get("Config") or {}
        return str(config.get("User") or "0:0")

    def _published(self, spec: LaunchSpec) -> str:
        return self._publish if spec.network or self._publish != LOOPBACK else ""

    def _discard(self, files: str) -> None:
        if files and self._files is not None:
            self._files.discard(files)

    def forget(self, found: Mapping[str, Any]) -> None:
        """Remove a container and its copied files."""
        with contextlib.suppress(NotFound):
            self.client.remove_container(found["Id"], force=True, v=True)
        self._discard(found["Config"]["Labels"].get(f"{container.LABEL}.files", ""))

    def _create(self, spec: LaunchSpec, configuration: dict[str, Any]) -> dict[str, Any]:
        """Create the container unless it exists; return its inspection."""
        for _ in range(TRIES):
            try:
                self.client.create_container_from_config(configuration, container.full_name(spec.name))
            except NotFound as error:
                missing = f"image {spec.image} is not on this node; prepare() it"
                raise ImageMissing(KIND, missing) from error
            except APIError as error:
                if error.status_code != 409:
                    raise
            if (found := self.inspect(spec.name)) is not None:
                return found
            time.sleep(PAUSE)  # the name is taken by a container that the engine does not show yet
        raise LaunchError(
            KIND, f"the name {container.full_name(spec.name)} is in use by what is not of this platform"
        )

    def run(self, identifier: str) -> None:
        """Start a container that was created.

        A command that cannot be executed is an end of the launch, not an error of the start.

        Parameters
        ----------
        identifier : str
            The container's id.

        Raises
        ------
        LaunchError
            If the engine cannot start it; the container is removed.
        """
        try:
            self.client.start(identifier)
        except APIError as error:
            state = self.client.inspect_container(identifier)["State"]
            if state["ExitCode"] in container.CANNOT_EXECUTE:
                return  # the command's fault: an end like any other
            if (found := self.inspect(identifier)) is not None:
                self.forget(found)
            raise LaunchError(KIND, _rejection(error)) from error

    def inspect(self, name_or_id: str) -> dict[str, Any] | None:
        """Return the inspection of a launch's container; None if this launcher created none."""
        name = container.full_name(name_or_id) if NAME.fullmatch(name_or_id) else name_or_id
        try:
            found: dict[str, Any] = self.client.inspect_container(name)
        except NotFound:
            return None
        return found if container.is_ours(found) else None

    def _ensure_network(self) -> None:
        if self.client.networks(names=[f"^{self._network}$"]):
            return
        options = {"com.docker.network.bridge.enable_icc": "false"}
        if self._network == PUBLISHED:
            # An internal network publishes nothing. Without masquerading, answers to what a container asks
            # outside do not find back to it; answers to what came in at its port do.
            options["com.docker.network.bridge.enable_ip_masquerade"] = "false"
        with contextlib.suppress(APIError):  # another start was first
            self.client.create_network(
                self._network, "bridge", internal=self._network == NETWORK, check_duplicate=True,
                options=options, labels={container.LABEL: "network"},
            )  # fmt: skip


def _rejection(error: APIError) -> str:
    if docker_gpus.NO_DRIVER in str(error.explanation):
        return (
            "this engine has no driver for graphics processors: the NVIDIA driver and container toolkit must "
            f"be installed on its host (the engine says: {error.explanation})"
        )
    return f"the engine cannot start it: {error.explanation}"
