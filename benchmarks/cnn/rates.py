"""Spectra a second of the published and the small network, beside Keras and the machine's matrix products."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cnn.models import POINTS, batches, made_spectra, trained
from benchmarks.result import Result
from deepaas_plugins.methods.cnn.model import NetworkModel
from deepaas_plugins.methods.cnn.networks import architectures
from deepaas_plugins.pipeline.predictor import Predictor

#: Side of the matrices whose product is the machine's peak.
SIDE = 2048
#: Rows that a network answers in one measurement.
ROWS = {"published": 4096, "small": 65_536}
#: Parameters of the networks: the small one is three of them, averaged.
SHIPPED: dict[str, dict[str, Any]] = {
    "published": {"architecture": "published"},
    "small": {"architecture": "small", "members": 3},
}
#: Batches that Keras is tried with; its fastest counts.
KERAS_BATCHES = (64, 256, 1024)
#: Spectra of the published pool (Škoda et al. 2020).
POOL = 4_136_482
TARGETS = {"cnn_serving": 1.0, "cnn_share_of_sgemm": 0.5, "cnn_small_rate": 15.0}

Work = Callable[[], object]


@dataclass(frozen=True)
class Rates:
    """Spectra a second.

    Attributes
    ----------
    graph, served, answered
        Of each architecture: probabilities alone; the module's answers; answers with sets and domain.
    keras
        Keras' ``predict`` of the published network, its fastest batch.
    sgemm
        Floating-point operations a second of NumPy's product of two matrices.
    by_processor
        Spectra a second of processor time: ``keras``, and what is served of each architecture. On a machine
        that does other things they say more than those by the clock.
    """

    graph: Mapping[str, float]
    served: Mapping[str, float]
    answered: Mapping[str, float]
    keras: float
    sgemm: float
    by_processor: Mapping[str, float]


def fastest(works: Mapping[str, Work], repeats: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return the least seconds, and seconds of processor time, of works that take turns."""
    clock, processor = dict.fromkeys(works, float("inf")), dict.fromkeys(works, float("inf"))
    for _ in range(repeats):
        for name, work in works.items():
            begin, used = time.perf_counter(), time.process_time()
            work()
            clock[name] = min(clock[name], time.perf_counter() - begin)
            processor[name] = min(processor[name], time.process_time() - used)
    return clock, processor


def measure(folder: Path, repeats: int) -> Rates:
    """Measure all rates.

    Parameters
    ----------
    folder : Path
        For models and spectra.
    repeats : int
        Turns.
    """
    features = made_spectra(folder / "few.parquet", 600)
    works: dict[str, Work] = {}
    counts: dict[str, int] = {}
    for architecture, rows in ROWS.items():
        parameters = {**SHIPPED[architecture], "epochs": 1, "folds": 2, "random_split": False}
        model, _ = trained(features, folder / architecture, parameters)
        predictor = Predictor(model)
        network = predictor.model
        assert isinstance(network, NetworkModel)
        batch = next(batches(rows, rows))
        works |= {
            f"graph {architecture}": partial(network.probabilities, batch.flux),
            f"served {architecture}": partial(network.predict, batch, {"probabilities": True}),
            f"answered {architecture}": partial(predictor.predict, batch, {"probabilities": True}),
        }
        counts |= {f"{route} {architecture}": rows for route in ("graph", "served", "answered")}
    tried = _keras(folder / "published" / "model" / "network-0.keras")
    first, _ = fastest(tried, 2)
    works["keras"], counts["keras"] = tried[min(first, key=lambda size: first[size])], ROWS["published"]
    square = np.random.default_rng(0).random((SIDE, SIDE), dtype=np.float32)
    works["sgemm"] = lambda: square @ square
    seconds, used = fastest(works, repeats)
    rate = {name: counts[name] / seconds[name] for name in counts}
    by = {route: {one: rate[f"{route} {one}"] for one in ROWS} for route in ("graph", "served", "answered")}
    return Rates(
        by["graph"],
        by["served"],
        by["answered"],
        rate["keras"],
        2.0 * SIDE**3 / seconds["sgemm"],
        {name: counts[name] / used[name] for name in ("keras", *(f"served {one}" for one in ROWS))},
    )


def _keras(path: Path) -> dict[str, Work]:
    """Return predictions by Keras in several batches, of which the fastest is measured like the others."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras  # noqa: PLC0415 - after the variable that it reads

    model: Any = keras.saving.load_model(path, safe_mode=True, compile=False)
    spectra = next(batches(ROWS["published"], ROWS["published"])).flux[:, :, None]
    return {f"{size}": partial(model.predict, spectra, batch_size=size, verbose=0) for size in KERAS_BATCHES}


def claims(rates: Rates) -> Iterator[Result]:
    """Compare the rates with what was claimed."""
    published, small = rates.served["published"], rates.served["small"]
    yield _claim("cnn_serving", published, rates.keras, "spectra/s")
    operations = architectures.build("published", POINTS, 1, 3, None).operations()
    yield _claim("cnn_share_of_sgemm", operations * published / 1e9, rates.sgemm / 1e9, "GFLOP/s")
    yield _claim("cnn_small_rate", small, published, "spectra/s")
    used = rates.by_processor
    served = used["served published"]
    yield _claim("cnn_serving_processor", served, used["keras"], "spectra/s of processor time")
    yield _claim("cnn_small_rate_processor", used["served small"], served, "spectra/s of processor time")
    seconds = POOL / rates.graph["small"]
    yield Result("cnn_pool_seconds", seconds, 94.0, seconds / 94.0, "s", "printed", holds=True)


def _claim(name: str, ours: float, peer: float, unit: str) -> Result:
    least = TARGETS[name.removesuffix("_processor")]
    return Result(name, ours, peer, ours / peer, unit, f"≥ {least:g}", ours / peer >= least)
