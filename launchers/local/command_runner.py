"""The program beside each command: outlives the platform, enforces limits, writes the log, records the end.

Run as ``python -I -S command_runner.py FOLDER LOCK`` with an open, locked file as descriptor LOCK: while the
lock is held, this program lives. It uses the standard library only, so that it starts in milliseconds.
In FOLDER:

``launch.json``   what to run: ``argv, cwd, env, memory_mb, walltime_s`` and, for a container engine that must
                  be called one at a time, ``turn``: a file to lock, which the engine's shim unlocks
``begin.json``    written before the command starts: without it, the command never ran
``log, log.1``    what the command printed, the newest `LOG_LIMIT` to 2 `LOG_LIMIT` bytes of it
``stop``          seconds of grace; a SIGTERM to this program makes it look
``engine.json``   ``pid`` and, in the end, ``code`` of a container engine below the command, if there is one
``exit.json``     ``code, cause``: written last, by rename
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import select
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

#: Bytes of output kept in each of two files.
LOG_LIMIT = 10 * 2**20

#: Bytes reserved on the disk, so that the end can be recorded when the disk is full.
RESERVE = 2**14

#: Default seconds between SIGTERM and SIGKILL.
GRACE = 10.0

#: Seconds between two measurements of memory: a limit may be exceeded for that long.
LOOK = 0.1

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


# `write`, `read` and `boot` are small copies of what `jobfolder` has: isolated from the environment (-I) and
# run as a file, this program finds no other package, and each import would delay every launch.
def write(path: Path, obj: object) -> None:
    """Write JSON by rename, so that a reader never sees half of it."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(obj), encoding="utf-8")
    part.rename(path)


def read(path: Path) -> dict[str, Any] | None:
    """Return the JSON object of a file; None if there is no such file."""
    try:
        obj: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    return obj


def boot() -> str:
    """Return the identity of this boot of the machine; empty if the system has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def descendants(pid: int) -> list[int]:
    """Return the processes below `pid`, parents first; empty where there is no /proc."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        parent = waiting.pop()
        below: list[int] = []
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                below += map(int, (task / "children").read_text(encoding="ascii").split())
        found += below
        waiting += below
    return found


def memory_mb(pids: list[int], limit_mb: float) -> float:
    """Return the memory of processes in MB; shared pages count once if the limit depends on it."""
    resident = sum(_field(f"/proc/{pid}/statm", 1) * _PAGE_MB for pid in pids)
    if resident <= limit_mb:
        return resident
    return sum(_proportional(pid) for pid in pids)


def _field(path: str, number: int) -> int:
    try:
        return int(Path(path).read_text(encoding="ascii").split()[number])
    except (OSError, IndexError):
        return 0


def _proportional(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:  # another user namespace, or an old kernel
        return _field(f"/proc/{pid}/statm", 1) * _PAGE_MB
    return 0


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


class Log:
    """A log of two files of bounded size."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab", buffering=0)

    def write(self, data: bytes) -> None:
        """Append; on a full disk, output is lost and the command continues."""
        with contextlib.suppress(OSError):
            if self._file.tell() + len(data) > LOG_LIMIT:
                self._path.replace(self._path.with_name(self._path.name + ".1"))
                self._file.close()
                self._file = self._path.open("ab", buffering=0)
            self._file.write(data)

    def close(self) -> None:
        """Close the newest file."""
        self._file.close()


class CommandRunner:
    """Runs one command to its end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.launch = read(folder / "launch.json") or {}
        self.log = Log(folder / "log")
        self.cause = ""
        self.child = 0
        self.code: int | None = None
        self.kill_at = self.ends_at = float("inf")
        self.events, self._waker = socket.socketpair()
        self.events.setblocking(False)
        self._waker.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)  # a handler, so that the wakeup descriptor tells of it
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)

    def run(self) -> None:
        """Run the command and record its end."""
        reserve = self.folder / "reserve"
        reserve.write_bytes(bytes(RESERVE))
        write(self.folder / "begin.json", {"pid": os.getpid(), "boot": boot()})
        try:
            output = self._spawn()
        except OSError as error:
            self.log.write(f"{self.launch['argv'][0]}: {error.strerror}\n".encode())
            self.code = 127 if isinstance(error, FileNotFoundError) else 126
        else:
            self._watch(output)
        engine = read(self.folder / "engine.json")
        if engine is None and "turn" in self.launch:  # the container was never started: its output says why
            self.log.write((self.folder / "engine.log").read_bytes())
        code = (engine or {}).get("code", self.code)
        self.log.close()
        reserve.unlink()
        write(self.folder / "exit.json", {"code": code, "cause": self.cause})

    def _spawn(self) -> int:
        output, writing = os.pipe()
        os.set_blocking(output, False)
        keep: tuple[int, ...] = ()
        said = None
        env = self.launch["env"]
        if turn := self.launch.get("turn"):
            lock = os.open(turn, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
            keep = (lock, writing)
            said = os.open(self.folder / "engine.log", os.O_CREAT | os.O_WRONLY, 0o600)
            env = {**env, "HUGGINS_TURN": str(lock), "HUGGINS_OUTPUT": str(writing)}
        try:
            process = subprocess.Popen(
                self.launch["argv"],
                cwd=self.launch["cwd"],
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=said or writing,
                stderr=subprocess.STDOUT,
                pass_fds=keep,
                start_new_session=True,
                preexec_fn=lambda: _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL),  # noqa: PLW1509 there is one thread
            )
        finally:
            for descriptor in {*keep, writing, *([said] if said else [])}:
                os.close(descriptor)
        process.returncode = 0  # `_reap` waits for it, together with orphans that fell to us
        self.child = process.pid
        if limit := self.launch["walltime_s"]:
            self.ends_at = time.monotonic() + limit
        return output

    def _watch(self, output: int) -> None:
        limit, look_at = self.launch["memory_mb"], 0.0
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            selector.register(self.events, selectors.EVENT_READ)
            while self.code is None:
                ready = {key.fd for key, _ in selector.select(LOOK)}
                if output in ready and not self._copy(output):
                    selector.unregister(output)  # closed by the command, which keeps running
                if self.events.fileno() in ready:
                    self._signalled()
                if (now := time.monotonic()) >= look_at:  # output of the command wakes this loop more often
                    look_at = now + LOOK
                    if memory_mb(descendants(os.getpid()), limit) > limit:
                        self._kill("memory")
                if now >= self.ends_at:
                    self.ends_at = float("inf")
                    self._terminate("walltime", GRACE)
                if now >= self.kill_at:
                    self._kill("stop")
                self._reap()
        # Processes that the command left behind end with it, as in a container.
        self._kill_all()
        while self._copy(output) and select.select([output], [], [], 0)[0]:
            pass

    def _copy(self, output: int) -> bool:
        """Move output into the log; false once all writers have closed the pipe."""
        with contextlib.suppress(BlockingIOError):
            data = os.read(output, 2**16)
            self.log.write(data)
            return bool(data)
        return True

    def _signalled(self) -> None:
        numbers = self.events.recv(4096)
        if signal.SIGTERM not in numbers:
            return
        try:
            grace = float((self.folder / "stop").read_text(encoding="ascii"))
        except (OSError, ValueError):
            grace = GRACE  # SIGTERM from elsewhere, as at the shutdown of the machine
        self._terminate("stop", grace)

    def _terminate(self, cause: str, grace: float) -> None:
        """Send SIGTERM; `_watch` kills it after `grace` seconds."""
        self.cause = self.cause or cause
        self.kill_at = time.monotonic() + grace
        with contextlib.suppress(ProcessLookupError, PermissionError):
            engine = read(self.folder / "engine.json")
            if engine and engine["pid"] in descendants(os.getpid()):
                os.kill(engine["pid"], signal.SIGTERM)  # it passes the signal on to the container
            else:
                os.killpg(self.child, signal.SIGTERM)

    def _kill(self, cause: str) -> None:
        self.cause = self.cause or cause
        self.kill_at = self.ends_at = float("inf")
        self._kill_all()

    def _kill_all(self) -> None:
        while True:  # a process may have forked while it was being killed
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if self.code is None:
                    os.killpg(self.child, signal.SIGKILL)
            for pid in descendants(os.getpid()):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            if not self._reap(block=True):
                return

    def _reap(self, *, block: bool = False) -> bool:
        """Collect processes that have ended; false if no child is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, 0 if block else os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self.child:
                code = os.waitstatus_to_exitcode(status)
                self.code = code if code >= 0 else 128 - code
            if block:
                return True


def main(folder: Path, lock: int) -> None:
    """Leave the platform's process tree and run the command of a folder.

    Parameters
    ----------
    folder : Path
        The folder of the launch.
    lock : int
        Descriptor of the locked file.
    """
    os.set_inheritable(lock, False)  # only this process is "alive"
    if os.fork():
        os._exit(0)  # the platform waits for this process and has no child left to reap
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null, descriptor)
    os.chdir("/")
    CommandRunner(folder).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
