"""The container of a replica: started or found on a node, probed, removed."""

from __future__ import annotations

import logging

import aiohttp

from deploy.control.context import ReplicaContext
from deploy.control.replica_spec import GATEWAY_HEADER, launch_spec
from deploy.model.deployment import Deployment, Version
from launchers.base import Handle, LaunchError, NodeDown, State

log = logging.getLogger(__name__)

CHECK_WITHIN_S = 5.0
LOG_LINES = 20  # lines of the log that are read after a failure
MODELS_ROUTE = "/v2/models/"  # probed where the server has no health route


class ReplicaFailed(Exception):
    """The replica ended or does not answer; the message is for a person."""


class Container:
    """The container of one replica, on any node.

    Parameters
    ----------
    name
        Its name, the same on every node.
    deployment, version
        What it serves.
    context
        What it needs of the deploy service.
    """

    def __init__(self, name: str, deployment: Deployment, version: Version, context: ReplicaContext) -> None:
        self.name = name
        self._deployment = deployment
        self._version = version
        self._context = context
        self._health = MODELS_ROUTE if version.entry == "deepaas" else "/health/ready"

    @property
    def secret(self) -> str:
        """What its server asks of every caller."""
        return self._context.secret_of(self.name)

    async def start(self, node: str) -> Handle:
        """Start the container on a node, or find it running there; raises `LaunchError`, `LookupError`."""
        launcher = self._context.launcher_of(node)
        existing = await launcher.find(self.name)
        if existing is not None:
            status = await launcher.status(existing)
            if status.state in (State.RUNNING, State.STARTING):
                return existing
            await launcher.remove(existing)
        folder = self._context.folder / self._deployment.name / self.name
        folder.mkdir(parents=True, exist_ok=True)
        spec = launch_spec(self.name, self._version, folder, self._context.owner, self.secret)
        return await launcher.start(spec)

    async def answers(self, handle: Handle) -> bool:
        """Return whether the server is ready; raises `ReplicaFailed` if it knows another key."""
        timeout = aiohttp.ClientTimeout(total=CHECK_WITHIN_S)
        try:
            async with self._context.session.get(
                f"{handle.address}{self._health}", timeout=timeout, headers={GATEWAY_HEADER: self.secret}
            ) as answer:
                if answer.status == 404 and self._health != MODELS_ROUTE:
                    self._health = MODELS_ROUTE  # an image with DEEPaaS' own server, or an older image
                    return await self.answers(handle)
                if answer.status == 403 and self._version.entry != "deepaas":
                    raise ReplicaFailed("It asks for another secret: the key of the replicas was changed.")
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def raise_if_ended(self, node: str, handle: Handle, *, sure: bool = True) -> None:
        """Raise `ReplicaFailed` if the container has ended.

        Parameters
        ----------
        node, handle
            Where it was started.
        sure
            Whether an unreachable node is an error; else the container is assumed to run.

        Raises
        ------
        ReplicaFailed
            If it has ended; with the last line of its log.
        NodeDown
            If the node does not answer, and `sure` is set.
        """
        launcher = self._context.launcher_of(node)
        try:
            status = await launcher.status(handle)
            if status.state not in (State.EXITED, State.MISSING):
                return
            log_text = (await launcher.logs(handle, tail=LOG_LINES)).decode("utf-8", "replace").strip()
        except NodeDown:
            if sure:
                raise
            return
        said = f" Its last line: {log_text.splitlines()[-1]}" if log_text else " It printed nothing."
        raise ReplicaFailed(f"The replica ended: {status.reason or 'it is gone'}.{said}")

    async def logs(self, node: str, lines: int) -> str:
        """Return the last lines of its log; raises `LaunchError`, `LookupError`."""
        launcher = self._context.launcher_of(node)
        handle = await launcher.find(self.name)
        return "" if handle is None else (await launcher.logs(handle, tail=lines)).decode("utf-8", "replace")

    async def remove(self, node: str, grace_s: float) -> None:
        """Stop and remove it; if its node is unreachable, a later sweep of the service does."""
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
