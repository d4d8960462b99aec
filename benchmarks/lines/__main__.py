"""Measures the claims of `benchmarks.lines`."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.signal import find_peaks

import benchmarks.lines
from benchmarks.result import Result, machine, print_result, print_table
from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.lines.measuring import Region, measure_chunk
from deepaas_plugins.methods.lines.method import Lines
from deepaas_plugins.methods.lines.profiles.classifier import ProfileClassifier
from deepaas_plugins.methods.lines.profiles.injection import inject
from deepaas_plugins.methods.lines.profiles.shapes import CLASSES
from spectra import Batch, FeatureSet, FeatureSetWriter, Recipe, Source

Floats = npt.NDArray[np.float64]

GRID: Floats = np.linspace(6490.0, 6700.0, 281)
CENTRE = 6564.61
STREAM_ROWS, LIMIT_MB, LEAST = 1_000_000, 2048.0, 0.95
SNRS = (20.0, 50.0, 100.0)


def _line(centre: float, sigma: float) -> Floats:
    found: Floats = np.exp(-0.5 * ((GRID - centre) / sigma) ** 2)
    return found


def shape(name: str, random: np.random.Generator) -> Floats:
    """Return a noise-free deviation from the continuum of a class."""
    at, sigma = CENTRE + random.normal(0.0, 1.5), random.uniform(1.5, 4.5)
    strong = random.uniform(0.4, 3.0)
    if name == "none":
        return np.zeros_like(GRID)
    if name == "absorption":
        return -random.uniform(0.25, 0.8) * _line(at, sigma)
    if name == "single peak":
        return strong * _line(at, sigma) - random.uniform(0.0, 0.15) * _line(at, 12.0)
    if name in ("double peak", "shell"):
        apart, ratio = random.uniform(1.5, 2.2) * sigma, random.uniform(0.8, 1.25)
        made = strong * (_line(at - apart, sigma) * ratio + _line(at + apart, sigma))
        if name == "shell":
            made -= (float(np.interp(at, GRID, made)) + random.uniform(0.4, 0.8)) * _line(at, 0.7 * sigma)
            made = np.maximum(made, -0.98)
        return made
    side = -1.0 if name == "P Cygni" else 1.0
    apart = random.uniform(1.6, 2.4) * sigma
    peak, depth = random.uniform(0.5, 2.0), random.uniform(0.35, 0.8)
    return peak * _line(at - side * apart, sigma) - depth * _line(at + side * apart, sigma)


def by_extrema(deviation: Floats, sigma: float) -> int:
    """Tell a profile by the prominent peaks and dips of its smoothed deviation."""
    smooth = np.convolve(deviation, np.full(3, 1 / 3), mode="same")
    least = 5.0 * sigma
    peaks = [p for p in find_peaks(smooth, prominence=least)[0] if smooth[p] > least]
    dips = [d for d in find_peaks(-smooth, prominence=least)[0] if smooth[d] < -least]
    if not peaks:
        return CLASSES.index("absorption" if dips else "none")
    if len(peaks) > 1:
        between = any(min(peaks) < d < max(peaks) for d in dips)
        return CLASSES.index("shell" if between else "double peak")
    if not dips:
        return CLASSES.index("single peak")
    deepest = min(dips, key=lambda d: smooth[d])
    return CLASSES.index("P Cygni" if deepest < peaks[0] else "inverse P Cygni")


def quality(each: int) -> list[Result]:
    """Compare with the rule on extrema."""
    params = load_parameters(Lines.train_schema, {"line": "Hα"})
    region = Region.of(GRID, params)
    learned_from = inject(region.sampling, params["injected"], params["seed"])
    classifier = ProfileClassifier.learn(learned_from, params["seed"])
    random = np.random.default_rng(12)
    truth = np.repeat(np.arange(len(CLASSES)), each)
    scores: list[tuple[float, float, float, float]] = []
    for snr in SNRS:
        clean = np.array([shape(CLASSES[one], random) for one in truth])
        flux = 1.0 + clean + random.standard_normal(clean.shape) / snr
        ours = measure_chunk(flux.astype(np.float32), region, classifier, params, lines=False).label
        inside = region.profile
        peer = np.array([by_extrema(row[inside] - 1.0, 1.0 / snr) for row in flux])
        scores.append((*_means(ours, truth), *_means(peer, truth)))
        print(
            f"S/N {snr:g}: precision {scores[-1][0]:.3f}, recall {scores[-1][1]:.3f}; "
            f"by extrema {scores[-1][2]:.3f}, {scores[-1][3]:.3f}"
        )
    worst = np.min(scores, axis=0)
    return [
        Result(
            f"lines_{name}",
            float(worst[k]),
            float(worst[k + 2]),
            float(worst[k]),
            "",
            "≥ .95",
            bool(worst[k] >= LEAST),
        )
        for k, name in enumerate(("precision", "recall"))
    ]


def _means(told: npt.NDArray[np.int64], truth: npt.NDArray[np.int64]) -> tuple[float, float]:
    right = told == truth
    classes = range(len(CLASSES))
    precision = [right[told == k].mean() if (told == k).any() else 0.0 for k in classes]
    return float(np.mean(precision)), float(np.mean([right[truth == k].mean() for k in classes]))


def write(path: Path, rows: int) -> None:
    """Write windows of all classes, chunk by chunk."""
    random = np.random.default_rng(3)
    shapes = np.array([shape(CLASSES[k % len(CLASSES)], random) for k in range(4096)])
    with FeatureSetWriter(
        path, wavelength=GRID, recipe=Recipe.from_json({"schema": 1, "steps": []})
    ) as writer:
        for first in range(0, rows, 4096):
            count = min(4096, rows - first)
            flux = 1.0 + shapes[:count] + random.standard_normal((count, len(GRID))) / 40.0
            names = [f"window-{first + row}" for row in range(count)]
            nothing: list[str | None] = [None] * count
            sources = [Source(f"{name}.fits") for name in names]
            writer.write(Batch(flux.astype(np.float32), GRID, names, nothing, nothing, sources))


def memory(rows: int) -> Result:
    """Measure a stream in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="lines-benchmark-") as folder:
        features = Path(folder) / "features.parquet"
        write(features, rows)
        command = [sys.executable, "-m", "benchmarks.lines", "--train", str(features), folder]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        cost = json.loads(done.stdout.splitlines()[-1])
    peak = float(cost["peak_mb"])
    print(
        f"stream: {rows:,} windows, catalogue, report and model: {cost['seconds']:.0f} s, peak {peak:.0f} MB"
    )
    return Result("lines_memory", peak, LIMIT_MB, peak / LIMIT_MB, "MB", "≤ 1", peak <= LIMIT_MB)


def train(features: Path, folder: Path) -> None:
    """Measure as a job would and print what it cost."""
    method = Lines()
    begin = time.perf_counter()
    with Run(folder / "out") as run:
        params = load_parameters(method.train_schema, {})
        method.train(FeatureSet.open(features), params, run).save(folder / "model")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    print(json.dumps({"seconds": time.perf_counter() - begin, "peak_mb": peak}))


def main() -> int:
    """Measure, print, and return 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(
        description=benchmarks.lines.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer profiles; a twentieth of the stream")
    parser.add_argument("--train", nargs=2, type=Path, metavar=("FEATURES", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.train:
        train(*given.train)
        return 0
    print(machine())
    results = quality(60 if given.quick else 400)
    results.append(memory(STREAM_ROWS // 20 if given.quick else STREAM_ROWS))
    print_table(
        ("claim", "ours", "peer", "ratio", "target", "holds"),
        [(one.claim, one.ours, one.peer, one.ratio, one.target, one.holds) for one in results],
    )
    for one in results:
        print_result(one)
    return 0 if all(one.holds for one in results) else 1


if __name__ == "__main__":
    sys.exit(main())
