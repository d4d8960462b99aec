"""What `process` and `udocker` share: a folder per name, and a command runner in it.

A name is taken by renaming a prepared folder to it, which only one of several can do. The command runner
inherits a lock and holds it while it lives: the kernel releases the lock however the runner ends, and no
process number is mistaken for that of an earlier process.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jobfolder.json_file import read_json, write_json
from jobfolder.machine import boot
from launchers.base import Handle, Handles, LaunchError, LaunchSpec, NodeHealth, State, Status, last_lines
from launchers.local import command_runner, gpus
from launchers.local.launch_folder import ALIVE, begun, discard, end_of, gpus_held, output
from launchers.local.lock import held, take
from launchers.outcome import Cause, End
from launchers.spec import NAME

#: Seconds between two polls of a launch that is ending.
POLL = 0.02


class SupervisedLauncher(ABC):
    """A launcher whose commands are processes of this machine.

    Parameters
    ----------
    state : Path
        A folder of this machine (no network file system: locks) that is this launcher's alone.
    gpus : int
        Number of GPUs that may be used; 0: all that the machine has. No two launches share one.
    """

    kind: str

    def __init__(self, state: Path, gpus: int = 0) -> None:
        self.limit = gpus
        self.state = state.absolute()
        self.folder = self.state / "launches"

    @abstractmethod
    def _plan(self, spec: LaunchSpec, prepared: Path, folder: Path, port: int | None) -> dict[str, Any]:
        """Return what `launchers.local.command_runner` finds in ``launch.json``, but for the limits.

        `prepared` is where files for this start are put; it will be renamed to `folder`.
        """

    @abstractmethod
    async def probe(self) -> NodeHealth:
        """See `launchers.base.Launcher.probe`."""

    def _kill_orphan(self, folder: Path) -> None:  # noqa: B027 a command of the machine dies with its supervisor
        """Kill processes that outlived the killed command runner of a launch."""

    @abstractmethod
    async def prepare(self, image: str) -> str:
        """See `launchers.base.Launcher.prepare`."""

    async def start(self, spec: LaunchSpec) -> Handle:
        """See `launchers.base.Launcher.start`."""
        return await asyncio.to_thread(self._start, spec)

    async def status(self, handle: Handle) -> Status:
        """See `launchers.base.Launcher.status`."""
        return await asyncio.to_thread(self._status, handle)

    async def stop(self, handle: Handle, grace_s: float = 10) -> None:
        """See `launchers.base.Launcher.stop`."""
        folder = self._folder(handle)
        if folder is None or not held(folder / ALIVE):
            return
        write_json(folder / "stop", grace_s)
        while held(folder / ALIVE):
            begin = await asyncio.to_thread(read_json, folder / "begin.json")
            if begin is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(begin["pid"], signal.SIGTERM)
                break
            await asyncio.sleep(POLL)
        pause = POLL / 16  # usually it ends at once
        while held(folder / ALIVE):  # another process; only the lock tells
            await asyncio.sleep(pause)
            pause = min(2 * pause, POLL)

    async def remove(self, handle: Handle) -> None:
        """See `launchers.base.Launcher.remove`."""
        await self.stop(handle, 0)
        if (folder := self._folder(handle)) is not None:
            await asyncio.to_thread(discard, folder)

    async def logs(self, handle: Handle, tail: int | None = None) -> bytes:
        """See `launchers.base.Launcher.logs`."""
        return await asyncio.to_thread(self._logs, handle, tail)

    async def find(self, name: str) -> Handle | None:
        """See `launchers.base.Launcher.find`."""
        if not NAME.fullmatch(name):
            return None
        found = await asyncio.to_thread(read_json, self.folder / name / "launch.json")
        if found is None or not (begun(folder := self.folder / name) or held(folder / ALIVE)):
            return None
        return Handle.from_json(found["handle"])

    async def list(self, owner: str) -> Handles:
        """See `launchers.base.Launcher.list`."""
        return await asyncio.to_thread(lambda: [*self._owned(owner)])

    async def close(self) -> None:  # noqa: B027 there is nothing to let go of
        """See `launchers.base.Launcher.close`."""

    def _start(self, spec: LaunchSpec) -> Handle:
        folder = self.folder / spec.name
        while True:
            if (found := read_json(folder / "launch.json")) is not None:
                if begun(folder) or (lock := take(folder / ALIVE)) is None:
                    return Handle.from_json(found["handle"])
                # Its launcher died before the command began: this call starts it, as it was specified.
                with os.fdopen(lock):
                    if found.get("gpus") and not begun(folder):
                        discard(folder)  # its GPUs may be assigned to another launch by now
                        continue
                    if not begun(folder):
                        self._supervise(folder, lock)
                return Handle.from_json(found["handle"])
            with self._gpus(spec) as numbers:
                self._begin(spec, folder, numbers)

    def _begin(self, spec: LaunchSpec, folder: Path, numbers: Sequence[str]) -> None:
        """Take the name and start the command, unless another start was first."""
        prepared = self._prepare_folder(spec, numbers)
        lock = take(prepared / ALIVE)
        if lock is None:
            raise LaunchError(self.kind, f"{prepared} was locked by another process")
        with os.fdopen(lock):
            try:
                prepared.rename(folder)
            except OSError as error:
                shutil.rmtree(prepared)
                if folder.is_dir():
                    return
                raise LaunchError(self.kind, f"cannot make {folder}: {error.strerror}") from error
            self._supervise(folder, lock)

    @contextlib.contextmanager
    def _gpus(self, spec: LaunchSpec) -> Iterator[Sequence[str]]:
        """Choose GPUs that no running launch has, under a lock."""
        if not spec.gpus:
            yield ()
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.state / "gpus.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield gpus.choose(self.kind, spec.gpus, gpus.usable(self.limit), gpus_held(self.folder))

    def _prepare_folder(self, spec: LaunchSpec, numbers: Sequence[str] | None = None) -> Path:
        """Prepare a launch.

        Parameters
        ----------
        numbers : sequence of str, optional
            Its GPUs; None: they are assigned elsewhere, or it has none.
        """
        if numbers is not None:
            spec = replace(spec, env={**spec.env, gpus.VARIABLE: ",".join(numbers)})
        handle, port = Handle(self.kind, spec.name, uuid.uuid4().hex), None
        if spec.port:
            port = _free_port()
            handle = Handle(self.kind, spec.name, handle.identifier, f"http://127.0.0.1:{port}")
        folder = self.folder / f".{spec.name}.{handle.identifier}"
        final = self.folder / spec.name
        try:
            folder.mkdir(parents=True, mode=0o700)
            (folder / ALIVE).touch(mode=0o600)
            plan = self._plan(spec, folder, final, port)
            limits = {"memory_mb": spec.memory_mb, "walltime_s": spec.walltime_s}
            launch = {"schema": 1, **plan, **limits, "handle": handle.to_json(), "owner": spec.owner}
            launch |= {"spec": spec.to_json(), "gpus": [*(numbers or ())]}
            write_json(folder / "launch.json", launch)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise LaunchError(self.kind, f"cannot prepare {final}: {error.strerror}") from error
        except LaunchError:
            shutil.rmtree(folder)
            raise
        return folder

    def _supervise(self, folder: Path, lock: int) -> None:
        command = [sys.executable, "-I", "-S", command_runner.__file__, str(folder), str(lock)]
        done = subprocess.run(
            command, pass_fds=(lock,), cwd="/", env={}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise LaunchError(
                self.kind, f"the supervisor of {folder.name} did not start: {done.stderr.strip()}"
            )

    def _status(self, handle: Handle) -> Status:
        folder = self._folder(handle)
        if folder is None:
            return Status(State.MISSING, None, f"nothing called {handle.name} is on this node")
        # Before the end is read: a launch that ends in between has recorded its end by then.
        alive = held(folder / ALIVE)
        launch = read_json(folder / "launch.json") or {}
        if (ended := read_json(folder / "exit.json")) is not None:
            return Status.ended(end_of(ended, launch))
        begin = read_json(folder / "begin.json")
        if alive:
            return Status(State.RUNNING if begin else State.STARTING)
        if begin is None:
            return Status(
                State.MISSING, None, f"{handle.name} never began: the platform ended while starting it"
            )
        if begin["boot"] != boot():
            return Status.ended(End(None, Cause.RESTARTED))
        self._kill_orphan(folder)
        return Status.ended(End(None, Cause.RUNNER))

    def _logs(self, handle: Handle, tail: int | None) -> bytes:
        folder = self._folder(handle)
        return last_lines(output(folder) if folder else b"", tail)

    def _folder(self, handle: Handle) -> Path | None:
        """Return the folder of a handle, if it belongs to the same start."""
        if not NAME.fullmatch(handle.name):
            return None
        found = read_json(self.folder / handle.name / "launch.json")
        if found is None or found["handle"]["identifier"] != handle.identifier:
            return None
        return self.folder / handle.name

    def _owned(self, owner: str) -> Iterator[Handle]:
        for path in sorted(self.folder.glob("[!.]*/launch.json")):
            found = read_json(path)
            if found is not None and found["owner"] == owner:
                yield Handle.from_json(found["handle"])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
