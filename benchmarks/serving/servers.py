"""The servers that are measured, each a context manager that says where it listens."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

START_S = 120.0


@dataclass(frozen=True)
class Address:
    """Where a server listens.

    Attributes
    ----------
    port, path
        On 127.0.0.1; of the prediction.
    process
        Whose processes, with all below it, are the server: their processor time and memory are counted.
    headers
        What every request needs.
    """

    port: int
    path: str
    process: psutil.Process
    headers: tuple[tuple[str, str], ...] = ()


Leg = Callable[[Path], AbstractContextManager[Address]]


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def started(
    command: list[str], model: Path, ready: str, port: int, module: str = "rdf"
) -> Iterator[psutil.Process]:
    """Run a server, and end its whole process group afterwards.

    Parameters
    ----------
    command : list of str
        Program and arguments.
    model : Path
        Folder of the model.
    ready : str
        Path that answers once the server is ready.
    port : int
        Where it listens.
    module : str
        The module that it serves.

    Yields
    ------
    psutil.Process
        The server's process, once `ready` answers.
    """
    environment = os.environ | {"HUGGINS_MODEL": str(model), "DEEPAAS_V2_MODEL": module}
    environment["PYTHONPATH"] = str(Path(__file__).parent / "plain_module")
    with (model.parent / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(f"http://127.0.0.1:{port}{ready}", process)
        yield psutil.Process(process.pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit(f"{address}: the server ended with {process.returncode}")
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{address}: no answer in {START_S:g} s")


@contextmanager
def upstream(model: Path, module: str = "plain-forest") -> Iterator[Address]:
    """Upstream's server, as its documentation says."""
    port = free_port()
    program = str(Path(sys.executable).with_name("deepaas-run"))
    command = [program, "--listen-ip", "127.0.0.1", "--listen-port", str(port)]
    with started(command, model, f"/v2/models/{module}/", port, module) as process:
        yield Address(port, f"/v2/models/{module}/predict/", process)


def upstream_rdf(model: Path) -> AbstractContextManager[Address]:
    """Upstream's server with our own module."""
    return upstream(model, "rdf")


@contextmanager
def runtime(model: Path) -> Iterator[Address]:
    """Our runtime, as a module's image starts it."""
    port = free_port()
    command = [sys.executable, "-m", "deepaas_plugins.serve", "--host", "127.0.0.1", "--port", str(port)]
    with started(command, model, "/health/ready", port) as process:
        yield Address(port, "/v2/models/rdf/predict/", process)
