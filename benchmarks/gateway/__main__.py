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
from pathlib import Path

from benchmarks.gateway.legs import fixed, nginx, ours
from benchmarks.prepare import data_folder
from benchmarks.result import Result, machine, print_result, print_table
from benchmarks.serving.forest import stars
from benchmarks.serving.measure import FILES, QUICK_SECONDS, SECONDS, Measured, measure

COST_MS = 0.5
CPU_RATIO = 15.0


def main() -> int:
    """Measure and print; exit code 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gateway")
    parser.add_argument("--quick", action="store_true", help="fewer seconds")
    seconds = QUICK_SECONDS if parser.parse_args().quick else SECONDS
    data = data_folder()
    chosen = stars(data)
    files = [data / "lamost" / row["file"] for row in chosen[:: max(1, len(chosen) // FILES)]]
    print(machine())
    rows: dict[tuple[str, int], Measured] = {}
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
                rows[way, clients] = measure(way, address, clients, files, seconds)
    columns = ["way", "clients", "requests/s", "p50 ms", "p99 ms", "CPU ms/request", "memory MB", "failures"]
    print_table(columns, [list(vars(row).values()) for row in rows.values()])
    results = list(_claims(rows))
    for result in results:
        print_result(result)
    return 0 if all(result.holds for result in results) else 1


def _claims(rows: dict[tuple[str, int], Measured]) -> Iterator[Result]:
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
