"""Small sets of Hα profiles that tests train on: absorption, emission, double peak, with noise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from deepaas_plugins.pipeline.default_recipe import HALPHA_WINDOW
from spectra import Batch, FeatureSetWriter, Recipe, Source
from spectra.batch import Observations

CLASSES = ("absorption", "double", "emission")
GRID = np.linspace(6519.0, 6732.0, 140)


def profiles(grid: Any, labels: list[str], seed: int = 0) -> np.ndarray:
    """Return fluxes of shape (len(labels), len(grid))."""
    random = np.random.default_rng(seed)

    def line(centre: float, width: float) -> np.ndarray:
        return np.exp(-0.5 * ((grid - centre) / width) ** 2)

    flux = 1.0 + random.normal(0.0, 0.03, (len(labels), len(grid)))
    for row, label in enumerate(labels):
        centre, strength = 6564.6 + random.normal(0.0, 1.0), random.uniform(0.4, 1.0)
        if label == "absorption":
            flux[row] -= 0.6 * strength * line(centre, 6.0)
        elif label == "emission":
            flux[row] += strength * line(centre, 5.0)
        else:
            flux[row] += strength * (line(centre - 7.0, 3.0) + line(centre + 7.0, 3.0))
    return flux


def cycle(rows: int) -> list[str]:
    """Return classes in turn."""
    return [CLASSES[row % len(CLASSES)] for row in range(rows)]


def write_features(
    path: Path,
    labels: list[Any],
    groups: list[str | None] | None = None,
    flux: np.ndarray | None = None,
    *,
    names: list[str] | None = None,
    positions: np.ndarray | None = None,
    instruments: list[str | None] | None = None,
) -> Path:
    """Write a feature set on `GRID`, prepared by the default recipe; labels may be None or numbers."""
    if flux is None:
        flux = profiles(GRID, [str(label) for label in labels])
    if names is None:
        names = [f"star-{row}" for row in range(len(labels))]
    batch = Batch(
        flux=np.asarray(flux, dtype=np.float32),
        wavelength=GRID,
        names=names,
        labels=[None if label is None else str(label) for label in labels],
        groups=groups if groups is not None else [None] * len(labels),
        sources=[Source(f"{name}.fits") for name in names],
        positions=positions,
        observations=None
        if instruments is None
        else replace(Observations.unknown(len(labels)), instruments=instruments),
    )
    with FeatureSetWriter(path, wavelength=GRID, recipe=Recipe.from_json(HALPHA_WINDOW)) as writer:
        writer.write(batch)
    return path


def write_files(folder: Path, labels: list[str], seed: int = 0) -> Path:
    """Write a FITS table per spectrum into ``folder/data``, a manifest beside it; return the data folder."""
    data = folder / "data"
    data.mkdir(parents=True)
    grid = np.arange(6400.0, 6800.0, 0.8)
    lines = ["path,label,group"]
    for row, (label, flux) in enumerate(zip(labels, profiles(grid, labels, seed), strict=True)):
        columns = [
            fits.Column("spectral", "D", unit="Angstrom", array=grid),
            fits.Column("flux", "D", array=flux),
        ]
        fits.BinTableHDU.from_columns(columns).writeto(data / f"star-{row}.fits")
        lines.append(f"star-{row}.fits,{label},object-{row // 2}")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")
    return data
