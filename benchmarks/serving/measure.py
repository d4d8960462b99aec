"""One server at one number of clients."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.serving.servers import Address

SECONDS, QUICK_SECONDS = 10.0, 3.0
#: Different files that are sent in turn.
FILES = 200


@dataclass(frozen=True)
class Measured:
    """One leg at one number of clients."""

    leg: str
    clients: int
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    memory_mb: float
    failures: int


def measure(leg: str, address: Address, clients: int, files: list[Path], seconds: float) -> Measured:
    """Let the load generator work on a server, and count the server's processor time meanwhile.

    Parameters
    ----------
    leg : str
        Name of the server in the table.
    address : Address
        Where it listens, and its process.
    clients : int
        Number of connections, each with one request at a time.
    files : list of Path
        Spectra that are sent in turn.
    seconds : float
        How long to measure.

    Returns
    -------
    Measured
        Requests per second, latencies in ms, processor time per request in ms, memory in MB.
    """
    plan = {
        "host": "127.0.0.1",
        "port": address.port,
        "path": address.path,
        "headers": dict(address.headers),
        "files": [str(path) for path in files],
        "clients": clients,
        "seconds": seconds,
    }
    command = [sys.executable, "-m", "benchmarks.serving.load"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as generator:
        assert generator.stdin is not None
        assert generator.stdout is not None
        generator.stdin.write(json.dumps(plan))
        generator.stdin.close()
        assert generator.stdout.readline() == "begin\n", "the load generator failed"
        before = _cpu(address.process)
        assert generator.stdout.readline() == "end\n", "the load generator failed"
        taken, memory = _cpu(address.process) - before, _memory(address.process)
        found: dict[str, Any] = json.loads(generator.stdout.readline())
    if found["failures"]:
        print(f"{leg}, {clients} clients: {found['failures']} failures, the first: {found['failure']}")
    return Measured(
        leg=leg,
        clients=clients,
        per_second=found["requests"] / found["seconds"],
        p50_ms=found["p50_ms"],
        p99_ms=found["p99_ms"],
        cpu_ms=1000 * taken / max(found["requests"], 1),
        memory_mb=memory / 2**20,
        failures=found["failures"],
    )


def _all(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _cpu(process: psutil.Process) -> float:
    return float(sum(each.cpu_times().user + each.cpu_times().system for each in _all(process)))


def _memory(process: psutil.Process) -> int:
    return sum(each.memory_info().rss for each in _all(process))
