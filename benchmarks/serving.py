"""Predictions a second, theirs and ours: ``python -m benchmarks.serving [--quick] [--only LEG …]``.

A forest of 100 trees over the recipe of `rdf`, trained on the real LAMOST stars of types A, F, G and K; every
request is one real FITS file in a multipart form. The legs are measured one after the other, each by a load
generator in another process (`serving_load`):

upstream
    ``deepaas-run`` with a module as its users write them: scikit-learn's own forest (``plain_module``).
upstream-rdf
    ``deepaas-run`` with our module `rdf`, whose trees are evaluated as arrays: what the server alone makes.
runtime
    Our runtime with `rdf`.
gateway
    The same behind our gateway (`benchmarks.gateway`), which checks a token and counts.

A leg is a context manager that starts its server and says where it listens.

Claims
------
runtime_throughput@32, runtime_p50@1
    Predictions a second at 32 clients, and median milliseconds at one, of our runtime without a gateway
    against upstream.
runtime_throughput@32_same_module, runtime_p50@1_same_module
    The same against upstream-rdf.
throughput@32, p50@1, throughput@32_same_module, p50@1_same_module
    The same through the gateway, where that leg is there.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.prepare import data_folder
from benchmarks.result import Result, machine, print_result, print_table

CLIENTS = (1, 8, 32, 64)
SECONDS, QUICK_SECONDS = 10.0, 3.0
TREES = 100
#: Different files that are sent in turn.
FILES = 200
START_S = 120.0

TARGETS = {"throughput@32": "≥ 15", "p50@1": "≤ 0.7"}


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
    """Run a server until `ready` (a path) answers; end its whole group."""
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


def gateway(model: Path) -> AbstractContextManager[Address]:
    """Our runtime behind our gateway, with a token."""
    from benchmarks.gateway import leg  # noqa: PLC0415 - it builds on this file

    return leg(model)


#: In the order of measuring.
LEGS: dict[str, Leg] = {
    "upstream": upstream,
    "upstream-rdf": upstream_rdf,
    "runtime": runtime,
    "gateway": gateway,
}


def stars(data: Path) -> list[dict[str, str]]:
    """Return the rows of LAMOST's table that are stars of types A, F, G and K."""
    with (data / "lamost" / "labels.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return [row for row in rows if row["cls"] == "STAR" and row["subclass"][:1] in set("AFGK")]


def train(data: Path, folder: Path) -> Path:
    """Train the forest by the module's batch entry and return the model's folder."""
    job = folder / "job"
    (job / "in").mkdir(parents=True)
    (job / "in" / "data").symlink_to(data / "lamost")
    with (job / "in" / "manifest.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["path", "label", "group"])
        writer.writerows([row["file"], row["subclass"][0], row["designation"]] for row in stars(data))
    given = {"kind": "spectra", "path": "in/data", "manifest": "in/manifest.csv", "name": "lamost"}
    content = {
        "schema": 1,
        "job": "bench",
        "attempt": "bench-1",
        "action": "train",
        "module": "rdf",
        "input": given,
    }
    parameters = {"trees": TREES, "folds": 0}
    (job / "job.json").write_text(json.dumps(content | {"parameters": parameters}))
    subprocess.run([sys.executable, "-m", "deepaas_plugins.batch"], cwd=job, check=True, timeout=600)
    return job / "out" / "model"


def measure(leg: str, address: Address, clients: int, files: list[Path], seconds: float) -> Measured:
    """Let the load generator work on a server; count the server's processor time meanwhile."""
    plan = {
        "host": "127.0.0.1",
        "port": address.port,
        "path": address.path,
        "headers": dict(address.headers),
        "files": [str(path) for path in files],
        "clients": clients,
        "seconds": seconds,
    }
    command = [sys.executable, "-m", "benchmarks.serving_load"]
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


def claims(rows: list[Measured]) -> Iterator[Result]:
    """Compare our legs with upstream's."""
    found = {(row.leg, row.clients): row for row in rows}
    for leg, prefix in (("runtime", "runtime_"), ("gateway", "")):
        for peer, suffix in (("upstream", ""), ("upstream-rdf", "_same_module")):
            for claim, text in TARGETS.items():
                clients = int(claim.rpartition("@")[2])
                if (leg, clients) in found and (peer, clients) in found:
                    yield _claim(prefix + claim + suffix, text, found[leg, clients], found[peer, clients])


def _claim(name: str, target: str, ours: Measured, peer: Measured) -> Result:
    more_is_better = target.startswith("≥")
    value, unit = ("per_second", "predictions/s") if more_is_better else ("p50_ms", "ms")
    ratio = getattr(ours, value) / getattr(peer, value)
    bound = float(target[1:])
    holds = ratio >= bound if more_is_better else ratio <= bound
    whole = ours.failures == peer.failures == 0
    return Result(name, getattr(ours, value), getattr(peer, value), ratio, unit, target, holds and whole)


def main() -> int:
    """Measure and print; exit code 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving")
    parser.add_argument("--quick", action="store_true", help="fewer seconds and clients")
    parser.add_argument("--only", nargs="+", choices=list(LEGS), default=list(LEGS), help="these legs")
    options = parser.parse_args()
    data = data_folder()
    print(machine())
    rows: list[Measured] = []
    with tempfile.TemporaryDirectory(prefix="huggins-serving-") as name:
        model = train(data, Path(name))
        chosen = stars(data)
        files = [data / "lamost" / row["file"] for row in chosen[:: max(1, len(chosen) // FILES)][:FILES]]
        size = sum(path.stat().st_size for path in files) / len(files)
        print(f"{len(files)} files, {size / 1000:.0f} kB on average")
        for leg in options.only:
            with LEGS[leg](model) as address:
                for clients in (1, 32) if options.quick else CLIENTS:
                    seconds = QUICK_SECONDS if options.quick else SECONDS
                    rows.append(measure(leg, address, clients, files, seconds))
    columns = [
        "server",
        "clients",
        "predictions/s",
        "p50 ms",
        "p99 ms",
        "CPU ms/prediction",
        "memory MB",
        "failures",
    ]
    print_table(columns, [list(vars(row).values()) for row in rows])
    results = list(claims(rows))
    for result in results:
        print_result(result)
    return 0 if all(result.holds for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
