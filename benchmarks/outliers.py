"""The local outlier factor against scikit-learn's, and a million spectra: `python -m benchmarks.outliers`.

Speed: both give the factor of 50,000 synthetic Hα profiles of 140 points by 20 neighbours, on all cores, in
alternation; medians are compared. Ours finds the neighbours in an inverted file and includes building it;
both get the same rows. The rank correlation of the factors says what the approximation costs.

Memory: a process of its own trains all five detectors on 1,000,000 such profiles streamed from Parquet,
scores all of them, reports and saves the model, as a job would. The peak is the kernel's high-water mark; it
holds the mapped pages of the file too.

Claims
------
outliers_lof
    Seconds of `LocalOutlierFactor.fit` over ours.
outliers_lof_ranks
    Spearman's rank correlation of the factors.
outliers_memory
    Peak memory of the stream over the limit.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr
from sklearn.neighbors import LocalOutlierFactor

from benchmarks.result import Result, machine, print_result, print_table
from benchmarks.som import profiles
from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.outliers.detectors.density import LocalDensity
from deepaas_plugins.methods.outliers.method import Outliers
from deepaas_plugins.methods.unsupervised.frame import Frame
from spectra import FeatureSet

ROWS, NEIGHBOURS = 50_000, 20
STREAM_ROWS, LIMIT_MB = 1_000_000, 2048.0


def speed(rows: int, rounds: int) -> list[Result]:
    """Compare with scikit-learn."""
    matrix = profiles.profiles(rows, np.random.default_rng(1))
    values = Frame.fit(matrix, zeros_missing=True).rows(matrix).values
    times: list[tuple[float, float]] = []
    for number in range(rounds):
        begin = time.perf_counter()
        _, ours = LocalDensity.fit(values, NEIGHBOURS, exact=False)
        middle = time.perf_counter()
        peer = -LocalOutlierFactor(NEIGHBOURS, n_jobs=-1).fit(values).negative_outlier_factor_
        times.append((middle - begin, time.perf_counter() - middle))
        print(f"round {number + 1}: ours {times[-1][0]:.2f} s, scikit-learn {times[-1][1]:.2f} s", flush=True)
    own, other = (statistics.median(column) for column in zip(*times, strict=True))
    ranks = float(spearmanr(ours, peer).statistic)
    return [
        Result("outliers_lof", own, other, other / own, "s", "≥ 10", other / own >= 10.0),
        Result("outliers_lof_ranks", ranks, 1.0, ranks, "", "≥ .95", ranks >= 0.95),
    ]


def memory(rows: int) -> Result:
    """Train on a stream in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="outliers-benchmark-") as folder:
        features = Path(folder) / "features.parquet"
        profiles.write(features, rows, seed=3)
        command = [sys.executable, "-m", "benchmarks.outliers", "--train", str(features), folder]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        cost = json.loads(done.stdout.splitlines()[-1])
    print(
        f"stream: {rows:,} rows, five detectors, report and model: {cost['seconds']:.0f} s, "
        f"peak {cost['peak_mb']:.0f} MB"
    )
    peak = float(cost["peak_mb"])
    return Result("outliers_memory", peak, LIMIT_MB, peak / LIMIT_MB, "MB", "≤ 1", peak <= LIMIT_MB)


def train(features: Path, folder: Path) -> None:
    """Train as a job would and print what it cost."""
    method = Outliers()
    begin = time.perf_counter()
    with Run(folder / "out") as run:
        params = load_parameters(method.train_schema, {})
        method.train(FeatureSet.open(features), params, run).save(folder / "model")
    cost = {
        "seconds": time.perf_counter() - begin,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0,
    }
    print(json.dumps(cost))


def main() -> int:
    """Measure, print, and return 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one round; a twentieth of the stream")
    parser.add_argument("--train", nargs=2, type=Path, metavar=("FEATURES", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.train:
        train(*given.train)
        return 0
    print(machine())
    results = speed(ROWS, 1 if given.quick else 3)
    results.append(memory(STREAM_ROWS // 20 if given.quick else STREAM_ROWS))
    columns = ["claim", "ours", "peer", "ratio", "unit", "target", "holds"]
    print_table(columns, [[r.claim, r.ours, r.peer, r.ratio, r.unit, r.target, r.holds] for r in results])
    for result in results:
        print_result(result)
    return 0 if all(result.holds for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
