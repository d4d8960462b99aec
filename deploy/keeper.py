"""Keeps one deployment as it is wanted: starts its replica, waits for it, starts it again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from deploy.deployment import Condition, Deployment, Situation
from launchers.base import Handle, Launcher, LaunchError, LaunchSpec, Mount, State

log = logging.getLogger(__name__)

READY_WITHIN_S = 180.0  # a big model may take minutes to load; after that the replica is started afresh
LOOK_EVERY_S = 2.0
FIRST_LOOKS_S = 0.05  # while starting, callers are waiting
FIRST_PAUSE_S = 1.0  # before a failed replica is started again; doubles up to the longest
LONGEST_PAUSE_S = 60.0
LAST_WORDS = 20  # lines of the log that a failure shows


class ReplicaFailed(Exception):
    """The replica ended or never answered; the message is for a person."""


class Keeper:
    """Makes the world match one deployment.

    Parameters
    ----------
    deployment
        What is to be on the air.
    find_launcher
        Returns the launcher of its node; raises `LookupError` while there is none.
    folder
        The replica's own working folder.
    session
        For asking whether the replica answers.
    owner
        The platform's label on its containers.
    changed
        Called after every change of the situation.
    """

    def __init__(
        self,
        deployment: Deployment,
        find_launcher: Callable[[], Launcher],
        *,
        folder: Path,
        session: aiohttp.ClientSession,
        owner: str,
        changed: Callable[[str], None],
    ) -> None:
        self.deployment = deployment
        self._find_launcher = find_launcher
        self._folder = folder
        self._session = session
        self._owner = owner
        self._changed = changed
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.situation = Situation(Condition.STOPPED, "", _now())

    @property
    def _launcher(self) -> Launcher:
        return self._find_launcher()

    @property
    def replica(self) -> str:
        """Name of the replica's container or process."""
        return f"d-{self.deployment.name}-1"

    def start(self) -> None:
        """Begin keeping it on the air."""
        if self._task is None or self._task.done():
            self._set(Condition.STARTING, "starting")
            self._task = asyncio.create_task(self._keep(), name=f"keeper of {self.deployment.name}")

    async def detach(self) -> None:
        """Stop watching but leave the replica running: the platform goes down and will come back to it."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def stop(self) -> None:
        """Take it off the air and remove its container."""
        await self.detach()
        handle = await self._launcher.find(self.replica)
        if handle is not None:
            await self._launcher.stop(handle)
            await self._launcher.remove(handle)
        self._set(Condition.STOPPED, "")

    async def address(self, wait_s: float) -> str | None:
        """Return where the replica listens, waiting at most `wait_s` seconds for one that starts."""
        if self.situation.condition is not Condition.STOPPED:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ready.wait(), wait_s)
        return self.situation.address

    async def log_tail(self, lines: int = 200) -> str:
        """Return the last lines that the replica wrote."""
        handle = await self._launcher.find(self.replica)
        if handle is None:
            return ""
        return (await self._launcher.logs(handle, tail=lines)).decode("utf-8", "replace")

    async def _keep(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            try:
                handle = await self._begin()
                await self._wait_until_it_answers(handle)
                pause = FIRST_PAUSE_S
                await self._watch(handle)
            except (ReplicaFailed, LaunchError, LookupError) as error:
                reason = f"{error} Next try in {pause:.0f} s."
                log.warning("deployment %s: %s", self.deployment.name, reason)
                self._set(Condition.FAILED, reason, restarts=self.situation.restarts + 1)
                await self._clear()
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _begin(self) -> Handle:
        existing = await self._launcher.find(self.replica)
        if existing is not None:
            status = await self._launcher.status(existing)
            if status.state in (State.RUNNING, State.STARTING):
                return existing
            await self._launcher.remove(existing)
        self._folder.mkdir(parents=True, exist_ok=True)
        return await self._launcher.start(self._spec())

    def _spec(self) -> LaunchSpec:
        deployment = self.deployment
        env = {"DEEPAAS_V2_MODEL": deployment.module}
        mounts = [Mount(self._folder, "/job", read_only=False)]
        if deployment.model_folder is not None:
            mounts.append(Mount(deployment.model_folder, "/job/model"))
            env["HUGGINS_MODEL"] = "model"
        if deployment.entry == "deepaas":
            command = ("deepaas-run", "--listen-ip", "0.0.0.0", "--listen-port", "{port}")  # noqa: S104 - in its container
        else:
            command = ("python", "-m", "deepaas_plugins.serve", "--port", "{port}")
        return LaunchSpec(
            name=self.replica,
            image=deployment.image,
            command=command,
            mounts=tuple(mounts),
            env=env,
            cpus=float(deployment.settings.get("cpus", 1)),
            memory_mb=int(deployment.settings.get("memory_mb", 2048)),
            gpus=int(deployment.settings.get("gpus", 0)),
            port=True,
            owner=self._owner,
        )

    async def _wait_until_it_answers(self, handle: Handle) -> None:
        deadline = asyncio.get_running_loop().time() + READY_WITHIN_S
        while not await self._answers(handle):
            await self._refuse_ended(handle)
            if asyncio.get_running_loop().time() > deadline:
                raise ReplicaFailed(f"The replica did not answer within {READY_WITHIN_S:.0f} s.")
            await asyncio.sleep(FIRST_LOOKS_S)
        self._set(Condition.READY, "", address=handle.address)

    async def _answers(self, handle: Handle) -> bool:
        timeout = aiohttp.ClientTimeout(total=5)
        try:
            async with self._session.get(f"{handle.address}/v2/models/", timeout=timeout) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _watch(self, handle: Handle) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self._refuse_ended(handle)

    async def _refuse_ended(self, handle: Handle) -> None:
        status = await self._launcher.status(handle)
        if status.state not in (State.EXITED, State.MISSING):
            return
        words = (await self._launcher.logs(handle, tail=LAST_WORDS)).decode("utf-8", "replace").strip()
        said = f" Its last words: {words.splitlines()[-1]}" if words else " It printed nothing."
        raise ReplicaFailed(f"The replica ended: {status.reason or 'it is gone'}.{said}")

    async def _clear(self) -> None:
        try:
            handle = await self._launcher.find(self.replica)
            if handle is not None:
                await self._launcher.stop(handle, grace_s=2)
                await self._launcher.remove(handle)
        except (LaunchError, LookupError) as error:
            log.warning("deployment %s: cannot remove its dead replica: %s", self.deployment.name, error)

    def _set(
        self, condition: Condition, reason: str, *, address: str | None = None, restarts: int | None = None
    ) -> None:
        if restarts is None:
            restarts = self.situation.restarts
        self.situation = replace(
            self.situation,
            condition=condition,
            reason=reason,
            since=_now(),
            address=address,
            restarts=restarts,
        )
        if condition is Condition.READY:
            self._ready.set()
        else:
            self._ready.clear()
        self._changed(self.deployment.name)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
