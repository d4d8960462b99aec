"""How fast, exact and large networks are: ``python -m benchmarks.cnn [--quick]``.

Spectra of 140 points. The routes take turns in one process: Keras' ``predict`` of the published network (its
fastest of three batches), the module's answers (ONNX Runtime) of the published and of the small network, and
NumPy's matrix product.

Claims
------
cnn_serving
    Answers a second of the published network against Keras' ``predict``.
cnn_share_of_sgemm
    Operations a second of the published network's answers against NumPy's product of square matrices.
cnn_serving_processor, cnn_small_rate_processor
    The same by processor time: what counts on a machine that does other things.
cnn_small_rate
    Answers a second of the small network (three members) against the published one's.
cnn_small_accuracy
    Accuracy of the published network minus that of the small one: supernovae of five types, folds by object.
cnn_memory
    Peak of memory of a prediction job of 1,000,000 rows.
cnn_pool_seconds
    Seconds that the published pool of 4.1 million spectra would take the small network here; the published
    network took 94 s on a GPU (Škoda et al. 2020).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.cnn import memory, rates
from benchmarks.cnn.models import supernovae, trained
from benchmarks.prepare import data_folder
from benchmarks.result import Result, machine, print_result, print_table

#: What the networks of the comparison of accuracy have in common, and their own.
COMMON: dict[str, Any] = {"representation": "standard", "folds": 5, "random_split": False}
OWN: dict[str, dict[str, Any]] = {
    "published": {"epochs": 15, "patience": 5, "learning_rate": 0.001, "mixup": 0.0},
    "small": {"epochs": 60, "patience": 15, "gaps": 0.1},
}
#: How much less accurate the small network may be.
LESS = 0.01
ROWS, QUICK_ROWS = 1_000_000, 50_000


def accuracy(folder: Path) -> Iterator[Result]:
    """Cross-validate both networks on supernovae, by object."""
    features = supernovae(data_folder(), folder)
    found = {}
    for name, own in OWN.items():
        _, metrics = trained(features, folder / f"accuracy-{name}", COMMON | own | rates.SHIPPED[name])
        found[name] = metrics["accuracy"]
        print(f"{name}: accuracy {found[name]:.4f}, balanced {metrics['balanced_accuracy']:.4f}", flush=True)
    less = found["published"] - found["small"]
    yield Result(
        "cnn_small_accuracy", found["small"], found["published"], less, "accuracy", f"≤ {LESS}", less <= LESS
    )


def measured(folder: Path, *, quick: bool) -> Iterator[Result]:
    """Measure; yield each result as soon as it is known."""
    found = rates.measure(folder, 3 if quick else 12)
    print_table(
        ("network", "probabilities/s", "answers/s", "with sets and domain/s"),
        [[one, found.graph[one], found.served[one], found.answered[one]] for one in found.graph],
    )
    yield from rates.claims(found)
    rows = QUICK_ROWS if quick else ROWS
    peak, seconds = memory.measure(folder / "pool", folder / "small" / "model", rows)
    print(f"{rows} rows in {seconds:.1f} s: {rows / seconds:.0f} predictions/s of the job", flush=True)
    yield peak
    if not quick:
        yield from accuracy(folder)


def main() -> int:
    """Measure and print; exit code 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cnn")
    parser.add_argument("--quick", action="store_true", help="fewer turns and rows; no accuracy")
    given = parser.parse_args()
    print(machine(), flush=True)
    holds = []
    with tempfile.TemporaryDirectory() as temporary:
        for result in measured(Path(temporary), quick=given.quick):
            print_result(result)
            holds.append(result.holds)
    return 0 if all(holds) else 1


if __name__ == "__main__":
    sys.exit(main())
