"""A round over the pool of a survey, in a process of its own: memory and time."""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.peak_memory import peak_memory
from benchmarks.result import Result, print_result
from benchmarks.som.profiles import profiles
from deepaas_plugins.contract import registry
from deepaas_plugins.contract.run import Run
from deepaas_plugins.learning.pool import NOWHERE
from deepaas_plugins.learning.round import run_round
from deepaas_plugins.pipeline.preparation import Input
from deepaas_plugins.pipeline.training import Training
from jobfolder.names import LABEL_COLUMNS
from spectra import Batch, FeatureSetWriter

ROWS, POINTS = 4_136_482, 140
BLOCK = 20_000
LIMIT_MB = 2048.0
LABELS = 300
TREES = 100


def write(path: Path, rows: int) -> None:
    """Write a pool: a block of profiles, repeated."""
    flux = profiles(BLOCK, np.random.default_rng(1)).astype(np.float32)
    with FeatureSetWriter(path, wavelength=np.linspace(6519.0, 6732.0, POINTS)) as writer:
        for start in range(0, rows, BLOCK):
            count = min(BLOCK, rows - start)
            none: list[None] = [None] * count
            names = [f"spectrum-{start + row}" for row in range(count)]
            writer.write(
                Batch(flux[:count], np.linspace(6519.0, 6732.0, POINTS), names, none, none, [NOWHERE] * count)
            )


def one_round(folder: Path, module: str) -> None:
    """Run a round; labels are by the sign of the line's centre against the continuum."""
    flux = next(pq.ParquetFile(folder / "pool.parquet").iter_batches(LABELS, columns=["features"])).column(0)
    matrix = pa.array(flux).flatten().to_numpy(zero_copy_only=False).reshape(LABELS, POINTS)
    centre = matrix[:, POINTS // 5 : POINTS // 3].max(axis=1)
    with (folder / "labels.csv").open("w", newline="") as stream:
        lines = csv.writer(stream)
        lines.writerow(LABEL_COLUMNS)
        lines.writerows(
            [row, "", "", "", "emission" if centre[row] > np.median(centre) else "other"]
            for row in range(LABELS)
        )
    settings = {
        "strategy": "entropy", "batch": 100, "performance": 100, "recall": 100, "targets": ["emission"],
        "rejection": "reconstruction",
    }  # fmt: skip
    pool = Input("features", folder / "pool.parquet", name="survey")
    training = Training(pool, {"folds": 3, "trees": TREES})
    with Run(folder / "out") as run:
        begun = time.perf_counter()
        run_round(registry.method(module), training, settings, folder / "labels.csv", run)
        (folder / "seconds.json").write_text(json.dumps(time.perf_counter() - begun))


def measure(rows: int, module: str = "rdf") -> bool:
    """Write a pool, run a round over it, and print the claim; return whether it holds.

    Parameters
    ----------
    rows : int
        Of the pool.
    module : str
        That trains.
    """
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        subprocess.run(
            [sys.executable, "-m", "benchmarks.active.survey", "write", text, "--rows", str(rows)], check=True
        )
        peak = peak_memory(
            [sys.executable, "-m", "benchmarks.active.survey", "round", text, "--module", module]
        )
        seconds = json.loads((folder / "seconds.json").read_text())
        entries = len(json.loads((folder / "out" / "selection.json").read_text())["entries"])
    print(f"{module}, {rows:,} rows of {POINTS}: trained, predicted, {entries} selected in {seconds:.0f} s")
    print_result(
        Result(
            "active_memory",
            round(peak),
            LIMIT_MB,
            peak / LIMIT_MB,
            "MB; peer: the limit",
            "≤ 1",
            peak <= LIMIT_MB,
        )
    )
    return peak <= LIMIT_MB


def main() -> None:
    """Write a pool, or run the round."""
    parser = argparse.ArgumentParser()
    parser.add_argument("step", choices=["write", "round"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--module", default="rdf")
    asked = parser.parse_args()
    if asked.step == "write":
        write(asked.folder / "pool.parquet", asked.rows)
    else:
        one_round(asked.folder, asked.module)


if __name__ == "__main__":
    main()
