"""Predictions a second, theirs and ours: ``python -m benchmarks.serving [--quick] [--only LEG …]``.

A forest of 100 trees over the recipe of `rdf`, trained on the real LAMOST stars of types A, F, G and K; every
request is one real FITS file in a multipart form. The legs are measured one after the other, each by a load
generator in another process (`benchmarks.serving.load`):

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
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.gateway.legs import through_gateway
from benchmarks.prepare import data_folder
from benchmarks.result import Result, machine, print_result, print_table
from benchmarks.serving.forest import stars, train
from benchmarks.serving.measure import FILES, QUICK_SECONDS, SECONDS, Measured, measure
from benchmarks.serving.servers import Leg, runtime, upstream, upstream_rdf

CLIENTS = (1, 8, 32, 64)
TARGETS = {"throughput@32": "≥ 15", "p50@1": "≤ 0.7"}
#: In the order of measuring.
LEGS: dict[str, Leg] = {
    "upstream": upstream,
    "upstream-rdf": upstream_rdf,
    "runtime": runtime,
    "gateway": through_gateway,
}


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
