"""A launcher, an image and a folder: where the check runs a module's commands."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dashboard.base.ids import new_identifier
from launchers import Handle, Launcher, LaunchError, LaunchSpec, Mount, State, Status
from launchers.base import Cause

LOOK_S = 0.05
GRACE_S = 20.0
OWNER = "huggins-check"
GOING = frozenset({State.STARTING, State.RUNNING, State.UNKNOWN})
#: Canary: what prints its environment prints this.
CANARY = "HUGGINS_CHECK_SECRET"


@dataclass(frozen=True)
class Ran:
    """How a command ended.

    Attributes
    ----------
    status : Status
        As the launcher tells it.
    output : str
        Its standard output and error.
    seconds : float
        How long it took.
    stopped : bool
        Whether the check stopped it.
    asked : float
        When the check asked it to stop, in seconds since 1970.
    """

    status: Status
    output: str
    seconds: float
    stopped: bool = False
    asked: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether it ended by itself with 0."""
        return self.status.exit_code == 0

    @property
    def out_of_time(self) -> bool:
        """Whether it took longer than its walltime."""
        return self.status.cause is Cause.TIME

    @property
    def out_of_memory(self) -> bool:
        """Whether it took more memory than its limit."""
        return self.status.cause is Cause.MEMORY

    @property
    def last_line(self) -> str:
        """The last line that it printed, shortened."""
        lines = [line.strip() for line in self.output.splitlines() if line.strip()]
        return lines[-1][:300] if lines else "it printed nothing"


@dataclass
class Bench:
    """Runs commands of one module on one node.

    Attributes
    ----------
    launcher : Launcher
        Of the node.
    image : str
        As `Launcher.prepare` returned it.
    folder : Path
        Where job folders are made.
    env : mapping
        What every command gets besides.
    canary : str
        The value of `CANARY`.
    """

    launcher: Launcher
    image: str
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    canary: str = field(default_factory=new_identifier)

    @property
    def kind(self) -> str:
        """The kind of the node."""
        return self.launcher.kind

    def place(self, name: str) -> Path:
        """Return a new folder."""
        path = self.folder / name
        path.mkdir(parents=True)
        return path

    async def run(
        self,
        command: tuple[str, ...],
        mounts: tuple[Mount, ...],
        *,
        walltime_s: int,
        memory_mb: int = 2048,
        cpus: float = 1,
        env: Mapping[str, str] | None = None,
        until: Callable[[], bool] | None = None,
    ) -> Ran:
        """Run a command to its end.

        Parameters
        ----------
        command : tuple of str
            Program and arguments.
        mounts : tuple of Mount
            One of them is the working directory ``/job``.
        walltime_s, memory_mb, cpus
            Its limits.
        env : mapping, optional
            Variables.
        until : callable, optional
            Asked again and again; once true, the command is asked to stop.

        Returns
        -------
        Ran
            How it ended.

        Raises
        ------
        LaunchError
            If the node does not run it.
        """
        spec = self._spec(
            command, mounts, walltime_s=walltime_s, memory_mb=memory_mb, cpus=cpus, env=env or {}
        )
        started, asked = time.monotonic(), 0.0
        handle = await self.launcher.start(spec)
        try:
            while (status := await self.launcher.status(handle)).state in GOING:
                if until is not None and not asked and until():
                    asked = time.time()
                    await self.launcher.stop(handle, GRACE_S)
                    continue
                await asyncio.sleep(LOOK_S)  # nothing tells us
            seconds = time.monotonic() - started
            output = (await self.launcher.logs(handle)).decode("utf-8", "replace")
        finally:
            await self._remove(handle)
        return Ran(status, output, seconds, bool(asked), asked)

    def _spec(
        self,
        command: tuple[str, ...],
        mounts: tuple[Mount, ...],
        *,
        walltime_s: int | None = None,
        memory_mb: int,
        cpus: float = 1,
        env: Mapping[str, str],
        port: bool = False,
    ) -> LaunchSpec:
        return LaunchSpec(
            name=f"check-{new_identifier()}",
            image=self.image,
            command=command,
            mounts=mounts,
            env={CANARY: self.canary, **self.env, **env},
            cpus=cpus,
            memory_mb=memory_mb,
            walltime_s=walltime_s,
            port=port,
            owner=OWNER,
        )

    @contextlib.asynccontextmanager
    async def serving(
        self, command: tuple[str, ...], mounts: tuple[Mount, ...], *, memory_mb: int, env: Mapping[str, str]
    ) -> AsyncIterator[Handle]:
        """Run a server while the block runs.

        Parameters
        ----------
        command : tuple of str
            May hold ``{host}`` and ``{port}``.
        mounts : tuple of Mount
            One of them is the working directory ``/job``.
        memory_mb : int
            Its limit.
        env : mapping
            Variables.

        Yields
        ------
        Handle
            With the address.
        """
        spec = self._spec(command, mounts, memory_mb=memory_mb, env=env, port=True)
        handle = await self.launcher.start(spec)
        try:
            yield handle
        finally:
            await self._remove(handle)

    async def output(self, handle: Handle) -> str:
        """Return what a server has printed."""
        return (await self.launcher.logs(handle)).decode("utf-8", "replace")

    async def _remove(self, handle: Handle) -> None:
        with contextlib.suppress(LaunchError):
            await self.launcher.remove(handle)
