"""The two servers, each in a process group of its own: upstream's and ours, with the same module."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import requests

MODULES = Path(__file__).parent / "modules"
UPSTREAM, OURS = "upstream", "ours"
PATIENCE = 60.0


class Server:
    """A server that runs.

    Parameters
    ----------
    kind
        `UPSTREAM` or `OURS`.
    module
        Name of the entry point.
    folder
        Its own: temporary files, trainings, log.
    options
        Further options.
    environment
        Further environment variables.
    """

    def __init__(self, kind: str, module: str, folder: Path, *options: str, **environment: str) -> None:
        self.kind, self.module, self.folder = kind, module, folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir(exist_ok=True, parents=True)
        self._options, self._environment = options, environment
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self.model = f"{self.base}/v2/models/{module}/"
        self.start()

    def start(self) -> None:
        own = [sys.executable, "-m", "deepaas_plugins.serve"]
        program = [str(Path(sys.executable).with_name("deepaas-run"))] if self.kind == UPSTREAM else own
        address = ["--listen-ip", "127.0.0.1", "--listen-port", str(self.port)]
        environment = os.environ | {
            "DEEPAAS_V2_MODEL": self.module,
            "PYTHONPATH": str(MODULES),
            "TMPDIR": str(self.temporary),
            "HUGGINS_STATE": str(self.folder / "state"),
        }
        with (self.folder / "log.txt").open("ab") as log:
            self.process = subprocess.Popen(
                [*program, *address, *self._options],
                env=environment | self._environment,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for(self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log()
        try:
            if self.kind == OURS:
                return requests.get(f"{self.base}/health/ready", timeout=5).ok
            return requests.get(self.model, timeout=5).ok
        except requests.ConnectionError:
            return False

    def log(self) -> str:
        return (self.folder / "log.txt").read_text()

    def predict(self, timeout: float = 30.0, **arguments: Any) -> requests.Response:
        return requests.post(f"{self.model}predict/", timeout=timeout, **arguments)

    def call(self, method: str, path: str, **arguments: Any) -> requests.Response:
        return requests.request(method, self.base + path, timeout=30, allow_redirects=False, **arguments)

    def processes(self) -> list[psutil.Process]:
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def memory(self) -> int:
        """Return the bytes of memory of all its processes."""
        return sum(process.memory_info().rss for process in self.processes())

    def most_memory(self) -> int:
        """Return the most that each of its processes has ever had, together, in bytes."""
        status = [Path(f"/proc/{process.pid}/status").read_text() for process in self.processes()]
        return sum(int(re.findall(r"VmHWM:\s+(\d+) kB", each)[0]) * 1024 for each in status)

    def kill(self) -> None:
        """Kill everything at once, as a machine that goes down does."""
        for process in self.processes():
            process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.kill()
        if self.process.poll() is not None:
            # What its processes have left in the group, if anything.
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                return


@contextmanager
def serving(kind: str, module: str, folder: Path, *options: str, **environment: str) -> Iterator[Server]:
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(kind, module, folder, *options, **environment)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.temporary, ignore_errors=True)


def wait_for(condition: Any, seconds: float = PATIENCE) -> Any:
    """Ask until the answer is true; return it."""
    end = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < end, f"{condition} did not come true within {seconds:g} s"
        time.sleep(0.02)
    return answer
