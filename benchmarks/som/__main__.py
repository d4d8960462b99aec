"""The self-organising map against MiniSom, and on a million spectra: `python -m benchmarks.som`.

Speed: both train a 20×20 map on 5,000 synthetic Hα profiles of 140 points from the same prototypes with the
same radius and learning rate in each epoch (MiniSom's defaults), in alternation; medians are compared. Ours
includes measuring the data and bringing it into its frame; MiniSom gets the double precision that it computes
in. Both maps are judged by MiniSom's own measures. One core each, since MiniSom cannot use more; ours on all
cores is printed beside it.

Memory: a process of its own trains a 30×30 map on 1,000,000 such profiles streamed from Parquet, reports and
saves the model, as a job would. The peak is the kernel's high-water mark; it holds the mapped pages of the
file too.

Claims
------
som
    Seconds of `MiniSom.train_batch_offline` over ours.
som_qe, som_te
    Quantisation and topographic error of our map over MiniSom's.
som_memory
    Peak memory of the stream over the limit.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from minisom import MiniSom

from benchmarks.result import Result, machine, print_result, print_table
from benchmarks.som import profiles
from deepaas_plugins.methods.som.fitting import threads
from deepaas_plugins.methods.som.map.batch_rule import BatchTraining, Schedule
from deepaas_plugins.methods.som.map.decay import Decay
from deepaas_plugins.methods.som.map.grid import Grid
from deepaas_plugins.methods.som.map.minisom_map import MiniSomMap, to_minisom
from deepaas_plugins.methods.som.map.rows import Frame, MatrixRows, Values
from deepaas_plugins.methods.som.map.start import prototypes

GRID = Grid(20, 20)
ROWS, POINTS = 5_000, 140
RADIUS, RATE = 3.0, 0.5
STREAM_ROWS, STREAM_SIDE, STREAM_EPOCHS = 1_000_000, 30, 10
LIMIT_MB = 2048.0

Trained = TypeVar("Trained")


def timed(call: Callable[[], Trained]) -> tuple[Trained, float]:
    """Call against the clock; what comes out, and the seconds."""
    begin = time.perf_counter()
    out = call()
    return out, time.perf_counter() - begin


def asymptotic(start: float, epochs: int) -> Decay:
    """Return MiniSom's default decay as one of ours."""
    return Decay(start, start / (1.0 + 2.0 * (epochs - 1) / epochs), "inverse")


def ours(rows: npt.NDArray[np.float32], first: Values, epochs: int) -> Values:
    """Train a map with the batch rule of our module.

    Parameters
    ----------
    rows : ndarray
        Profiles, shape (profiles, points), float32.
    first : ndarray
        Codebook at the start, shape (neurons, points).
    epochs : int
        Number of epochs.

    Returns
    -------
    ndarray
        Codebook at the end, shape (neurons, points).
    """
    source = MatrixRows(rows)
    frame = Frame.of(source)
    plan = Schedule(epochs, "gaussian", asymptotic(RADIUS, epochs), asymptotic(RATE, epochs))
    return frame.out_of(BatchTraining(GRID, frame, frame.into(first), plan).run(source))


def peer(rows: Values, first: Values, epochs: int) -> MiniSom:
    """Train a map with MiniSom's batch rule.

    Parameters
    ----------
    rows : ndarray
        Profiles, shape (profiles, points).
    first : ndarray
        Codebook at the start, shape (neurons, points).
    epochs : int
        Number of epochs.

    Returns
    -------
    MiniSom
        The trained map.
    """
    som = MiniSom(GRID.columns, GRID.rows, POINTS, sigma=RADIUS, learning_rate=RATE)
    som.get_weights()[:] = to_minisom(GRID, first)
    som.train_batch_offline(rows, epochs)
    return som


def machine_gflops() -> float:
    """Measure the machine's best single-precision matrix product, in 10⁹ operations a second."""
    size = 2048
    square = np.random.default_rng(0).random((size, size), dtype=np.float32)
    out = np.empty_like(square)
    times = [timed(lambda: np.matmul(square, square, out=out))[1] for _ in range(10)]
    return 2.0 * size**3 / min(times) / 1e9


def speed(rounds: int, epochs: int) -> list[Result]:
    """Compare with MiniSom."""
    rows = profiles.profiles(ROWS, np.random.default_rng(1))
    wide = rows.astype(np.float64)
    source = MatrixRows(rows)
    frame = Frame.of(source)
    first = frame.out_of(prototypes("random", GRID, source, frame, seed=2))
    with threads(1):
        peak = machine_gflops()
    needed = 2.0 * ROWS * GRID.cells * (POINTS + 1) * epochs / 1e9
    floor = needed / peak
    print(f"{needed:.1f} GFLOP; sgemm on one core {peak:.0f} GFLOP/s: at least {1e3 * floor:.1f} ms")
    ours(rows, first, epochs)  # threads started, pages touched
    times: list[tuple[float, float, float]] = []
    for number in range(rounds):
        with threads(1):
            mine, seconds = timed(lambda: ours(rows, first, epochs))
            theirs, peer_seconds = timed(lambda: peer(wide, first, epochs))
        _, all_seconds = timed(lambda: ours(rows, first, epochs))
        times.append((seconds, peer_seconds, all_seconds))
        print(
            f"round {number + 1}: ours {1e3 * seconds:.1f} ms ({1e3 * all_seconds:.1f} ms on all cores), "
            f"MiniSom {peer_seconds:.2f} s",
            flush=True,
        )
    own, other, own_on_all = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"on all cores {1e3 * own_on_all:.1f} ms: {other / own_on_all:.0f} times as fast as MiniSom")
    judged = MiniSomMap(GRID, mine)
    errors = [
        ("som_qe", judged.quantization_error(wide), theirs.quantization_error(wide)),
        ("som_te", judged.topographic_error(wide), theirs.topographic_error(wide)),
    ]
    print(f"ours on one core reaches {100 * floor / own:.0f} % of its sgemm, everything included")
    results = [Result("som", own, other, other / own, "s", "≥ 40", other / own >= 40.0)]
    for claim, value, theirs_value in errors:
        ratio = float(value / theirs_value)
        results.append(Result(claim, float(value), float(theirs_value), ratio, "", "≤ 1.01", ratio <= 1.01))
    return results


def memory(rows: int, epochs: int) -> Result:
    """Train on a stream in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="som-benchmark-") as folder:
        features = Path(folder) / "features.parquet"
        profiles.write(features, rows, seed=3)
        size = features.stat().st_size / 2**20
        command = [sys.executable, "-m", "benchmarks.som.stream", str(features), str(Path(folder) / "out")]
        command += ["--side", str(STREAM_SIDE), "--epochs", str(epochs)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        cost = json.loads(done.stdout.splitlines()[-1])
    print(
        f"stream: {cost['rows']:,} rows ({size:.0f} MB), {epochs} epochs, report and model: "
        f"{cost['seconds']:.1f} s, peak {cost['peak_mb']:.0f} MB"
    )
    peak = float(cost["peak_mb"])
    return Result("som_memory", peak, LIMIT_MB, peak / LIMIT_MB, "MB", "≤ 1", peak <= LIMIT_MB)


def main() -> int:
    """Measure, print, and return 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="three rounds of 3 epochs; a twentieth of the stream"
    )
    quick = parser.parse_args().quick
    print(machine())
    results = speed(3 if quick else 5, 3 if quick else 10)
    results.append(memory(STREAM_ROWS // 20 if quick else STREAM_ROWS, 3 if quick else STREAM_EPOCHS))
    columns = ["claim", "ours", "peer", "ratio", "unit", "target", "holds"]
    print_table(columns, [[r.claim, r.ours, r.peer, r.ratio, r.unit, r.target, r.holds] for r in results])
    for result in results:
        print_result(result)
    return 0 if all(result.holds for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
