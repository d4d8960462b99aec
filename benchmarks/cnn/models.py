"""Spectra of 140 points that networks are measured on, and models that the module itself trains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.accuracy import SUPERNOVAE
from deepaas_plugins.contract import registry
from deepaas_plugins.contract.run import Run
from deepaas_plugins.pipeline.preparation import Input
from deepaas_plugins.pipeline.training import Training, train
from spectra import Batch, FeatureSetWriter, Recipe, Source
from spectra.features.exchange import import_features

#: Points of a spectrum, as in the published search (Škoda et al. 2020).
POINTS = 140
#: Rows that are written at once.
CHUNK = 20_000
CLASSES = ("one", "two", "three")

Matrix = npt.NDArray[np.float32]


def supernovae(data: Path, folder: Path) -> Path:
    """Write the supernovae of five types, averaged to `POINTS` points, as a feature set.

    Parameters
    ----------
    data : Path
        The data folder.
    folder : Path
        Gets the file.

    Returns
    -------
    Path
        The feature set; a spectrum is 0 where it does not reach.
    """
    with np.load(data / "supernovae" / "sn_snid_matrix.npz", allow_pickle=False) as arrays:
        kept = np.isin(arrays["type"], SUPERNOVAE)
        flux, wave = arrays["flux"][kept], arrays["wave"].astype(np.float64)
        labels, groups = arrays["type"][kept], arrays["group"][kept]
    edges = np.arange(POINTS) * len(wave) // POINTS
    known = np.add.reduceat((flux != 0).astype(np.float32), edges, axis=1)
    np.savez(
        folder / "supernovae.npz",
        features=(np.add.reduceat(flux, edges, axis=1) / np.maximum(known, 1)).astype(np.float32),
        wavelength=np.add.reduceat(wave, edges) / np.diff([*edges, len(wave)]),
        labels=labels,
        groups=groups,
    )
    path = folder / "supernovae.parquet"
    import_features(folder / "supernovae.npz", path).close()
    return path


def made_spectra(path: Path, rows: int, *, labelled: bool = True) -> Path:
    """Write spectra of a line of random depth and width, for measurements of time and memory alone.

    Parameters
    ----------
    path : Path
        Of the feature set.
    rows : int
        How many.
    labelled : bool
        Whether they have classes; a pool has none.

    Returns
    -------
    Path
        The feature set.
    """
    with FeatureSetWriter(
        path, wavelength=np.linspace(6519, 6732, POINTS), recipe=Recipe.from_json({"schema": 1, "steps": []})
    ) as writer:
        for batch in batches(rows):
            writer.write(batch if labelled else replace(batch, labels=[None] * len(batch)))
    return path


def batches(rows: int, size: int = CHUNK) -> Iterator[Batch]:
    """Yield made spectra, at most so many at once."""
    axis = np.linspace(-1.0, 1.0, POINTS, dtype=np.float32)
    for start in range(0, rows, size):
        count = min(size, rows - start)
        random = np.random.default_rng([start, rows])
        number = random.integers(0, len(CLASSES), count)
        depth = random.uniform(0.2, 1.0, (count, 1)) * (number[:, None] - 1)
        line = np.exp(-((axis / random.uniform(0.05, 0.2, (count, 1))) ** 2))
        flux = 1.0 + depth * line + random.normal(0.0, 0.05, (count, POINTS))
        names = [f"made-{start + row}" for row in range(count)]
        yield Batch(
            flux=flux.astype(np.float32),
            wavelength=np.linspace(6519, 6732, POINTS),
            names=names,
            labels=[CLASSES[one] for one in number],
            groups=[None] * count,
            sources=[Source(name) for name in names],
        )


def trained(features: Path, folder: Path, parameters: dict[str, Any]) -> tuple[Path, dict[str, float]]:
    """Train a model as a job does.

    Parameters
    ----------
    features : Path
        A feature set.
    folder : Path
        Gets report and model.
    parameters : dict
        Of the module.

    Returns
    -------
    tuple
        The model's folder, and the metrics.
    """
    with Run(folder) as run:
        train(registry.method("cnn"), Training(Input("features", features), parameters), run)
        return folder / "model", run.metrics
