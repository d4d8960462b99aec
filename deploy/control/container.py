"""The container of a replica: started or found again on a node, asked how it is, removed."""

from __future__ import annotations

import logging

import aiohttp

from deploy.control.context import ReplicaContext
from deploy.control.replica_spec import launch_spec
from deploy.model.deployment import Deployment, Version
from launchers.base import Handle, LaunchError, NodeDown, State

log = logging.getLogger(__name__)

CHECK_WITHIN_S = 5.0
LAST_WORDS = 20  # lines of the log that a failure shows
OF_UPSTREAM = "/v2/models/"  # answers where there is no health of ours


class ReplicaFailed(Exception):
    """The replica ended or does not answer; the message is for a person."""


class Container:
    """One replica's container, on whichever node it is.

    Parameters
    ----------
    name
        Its own, on every node.
    deployment, version
        What it serves.
    context
        The service around it.
    """

    def __init__(self, name: str, deployment: Deployment, version: Version, context: ReplicaContext) -> None:
        self.name = name
        self._deployment = deployment
        self._version = version
        self._context = context
        self._health = OF_UPSTREAM if version.entry == "deepaas" else "/health/ready"

    async def start(self, node: str) -> Handle:
        """Start it on a node, or find it running there; raises `LaunchError`, `LookupError`."""
        launcher = self._context.launcher_of(node)
        existing = await launcher.find(self.name)
        if existing is not None:
            status = await launcher.status(existing)
            if status.state in (State.RUNNING, State.STARTING):
                return existing
            await launcher.remove(existing)
        folder = self._context.folder / self._deployment.name / self.name
        folder.mkdir(parents=True, exist_ok=True)
        return await launcher.start(launch_spec(self.name, self._version, folder, self._context.owner))

    async def answers(self, handle: Handle) -> bool:
        """Return whether its server says that it can take requests."""
        timeout = aiohttp.ClientTimeout(total=CHECK_WITHIN_S)
        try:
            async with self._context.session.get(
                f"{handle.address}{self._health}", timeout=timeout
            ) as answer:
                if answer.status == 404 and self._health != OF_UPSTREAM:
                    self._health = OF_UPSTREAM  # an image with upstream's server, or an older one of ours
                    return await self.answers(handle)
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def raise_if_ended(self, node: str, handle: Handle, *, sure: bool = True) -> None:
        """Do nothing while it runs.

        Raises
        ------
        ReplicaFailed
            If it ended; with its last words.
        NodeDown
            If the node does not answer, which says nothing about it, and one has to be `sure`.
        """
        launcher = self._context.launcher_of(node)
        try:
            status = await launcher.status(handle)
            if status.state not in (State.EXITED, State.MISSING):
                return
            words = (await launcher.logs(handle, tail=LAST_WORDS)).decode("utf-8", "replace").strip()
        except NodeDown:
            if sure:
                raise
            return
        said = f" Its last words: {words.splitlines()[-1]}" if words else " It printed nothing."
        raise ReplicaFailed(f"The replica ended: {status.reason or 'it is gone'}.{said}")

    async def logs(self, node: str, lines: int) -> str:
        """Return the last lines that it wrote; raises `LaunchError`, `LookupError`."""
        launcher = self._context.launcher_of(node)
        handle = await launcher.find(self.name)
        return "" if handle is None else (await launcher.logs(handle, tail=lines)).decode("utf-8", "replace")

    async def remove(self, node: str, grace_s: float) -> None:
        """Take it away; what cannot be removed now is swept when its node is back."""
        if not node:
            return
        try:
            launcher = self._context.launcher_of(node)
            handle = await launcher.find(self.name)
            if handle is not None:
                await launcher.stop(handle, grace_s=grace_s)
                await launcher.remove(handle)
        except (LaunchError, LookupError) as error:
            log.warning("replica %s: cannot be removed from %s: %s", self.name, node, error)
