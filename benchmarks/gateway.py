"""What the gateway itself costs, against nginx: ``python -m benchmarks.gateway [--quick]``.

The server behind both reads a request and answers at once, always the same, so that what is left is the
proxy. Every request is one real FITS file in a multipart form, as in `benchmarks.serving`; ours checks a
token, counts and chooses a replica, nginx (Debian's package, one worker, connections kept alive, bodies
held in memory) only hands on.

Claims
------
gateway_cost
    Milliseconds that ours adds to the median at one client.
gateway_cpu
    Processor time of ours for a request at 32 clients, in nginx's.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil

from benchmarks import serving
from benchmarks.gateway_server import TOKEN_FILE
from benchmarks.prepare import data_folder
from benchmarks.result import Result, machine, print_result, print_table

PATH = "/v2/models/rdf/predict/"
COST_MS = 0.5
CPU_RATIO = 15.0
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_buffer_size 2m; client_max_body_size 0; client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
  scgi_temp_path {folder}/s;
  upstream replica {{ server 127.0.0.1:{behind}; keepalive 64; keepalive_requests 100000000; }}
  server {{ listen 127.0.0.1:{port} backlog=1024;
    location / {{ proxy_pass http://replica; proxy_http_version 1.1; proxy_set_header Connection ""; }} }}
}}
"""


@contextmanager
def fixed(folder: Path) -> Iterator[serving.Address]:
    """Start the server that answers at once."""
    port = serving.free_port()
    command = [sys.executable, "-m", "benchmarks.gateway_server", "fixed", str(port)]
    with serving.started(command, folder / "none", "/health/ready", port) as process:
        yield serving.Address(port, PATH, process)


@contextmanager
def nginx(folder: Path, behind: int) -> Iterator[serving.Address]:
    """Put nginx before a server."""
    port = serving.free_port()
    place = folder / "nginx"
    place.mkdir()
    (place / "nginx.conf").write_text(NGINX.format(folder=place, behind=behind, port=port))
    with serving.started(
        ["nginx", "-p", str(place), "-c", str(place / "nginx.conf")], folder / "none", "/", port
    ) as process:
        yield serving.Address(port, PATH, process)


@contextmanager
def ours(folder: Path, behind: int) -> Iterator[serving.Address]:
    """Put our gateway before a server."""
    port = serving.free_port()
    place = folder / f"gateway-{port}"
    place.mkdir()
    command = [
        sys.executable,
        "-m",
        "benchmarks.gateway_server",
        "gateway",
        str(port),
        str(behind),
        str(place),
    ]
    with serving.started(command, folder / "none", "/predict-ready", port) as process:
        token = (place / TOKEN_FILE).read_text("utf-8")
        yield serving.Address(port, "/predict/bench", process, (("Authorization", f"Bearer {token}"),))


@contextmanager
def leg(model: Path) -> Iterator[serving.Address]:
    """Give `benchmarks.serving` our runtime behind our gateway; the processes of both are counted."""
    with serving.runtime(model) as behind, ours(model.parent, behind.port) as address:
        both = _Both(address.process.pid, behind.process)
        yield replace(address, process=both)


class _Both(psutil.Process):  # type: ignore[misc]  # psutil has no types
    """The gateway's process, whose children are taken to include the replica's."""

    def __init__(self, pid: int, replica: psutil.Process) -> None:
        super().__init__(pid)
        self._replica = replica

    def children(self, recursive: bool = False) -> list[psutil.Process]:
        """Return the processes below the gateway, the replica and those below it."""
        return [*super().children(recursive), self._replica, *self._replica.children(recursive)]


def main() -> int:
    """Measure and print; exit code 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gateway")
    parser.add_argument("--quick", action="store_true", help="fewer seconds")
    seconds = serving.QUICK_SECONDS if parser.parse_args().quick else serving.SECONDS
    data = data_folder()
    chosen = serving.stars(data)
    files = [data / "lamost" / row["file"] for row in chosen[:: max(1, len(chosen) // serving.FILES)]]
    print(machine())
    rows: dict[tuple[str, int], serving.Measured] = {}
    with tempfile.TemporaryDirectory(prefix="huggins-gateway-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        behind = stack.enter_context(fixed(folder))
        legs = {
            "direct": behind,
            "nginx": stack.enter_context(nginx(folder, behind.port)),
            "ours": stack.enter_context(ours(folder, behind.port)),
        }
        for clients in (1, 32):
            for way, address in legs.items():
                rows[way, clients] = serving.measure(way, address, clients, files, seconds)
    columns = ["way", "clients", "requests/s", "p50 ms", "p99 ms", "CPU ms/request", "memory MB", "failures"]
    print_table(columns, [list(vars(row).values()) for row in rows.values()])
    results = list(_claims(rows))
    for result in results:
        print_result(result)
    return 0 if all(result.holds for result in results) else 1


def _claims(rows: dict[tuple[str, int], serving.Measured]) -> Iterator[Result]:
    whole = all(row.failures == 0 for row in rows.values())
    added = rows["ours", 1].p50_ms - rows["direct", 1].p50_ms
    theirs = rows["nginx", 1].p50_ms - rows["direct", 1].p50_ms
    target = f"≤ {COST_MS:g} ms added"
    yield Result("gateway_cost", added, theirs, added, "ms", target, added <= COST_MS and whole)
    ours_ms, nginx_ms = rows["ours", 32].cpu_ms, rows["nginx", 32].cpu_ms
    ratio = ours_ms / nginx_ms
    holds = ratio <= CPU_RATIO and whole
    yield Result("gateway_cpu", ours_ms, nginx_ms, ratio, "CPU ms/request", f"≤ {CPU_RATIO:g}", holds)


if __name__ == "__main__":
    sys.exit(main())
