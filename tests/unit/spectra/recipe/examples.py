"""Spectra and recipes that the tests of this folder share."""

from __future__ import annotations

from typing import Any

import numpy as np

from spectra import Recipe, Rejection, Source, Spectrum, SpectrumMeta
from spectra.batch import Batch


def log_grid(points: int = 800, first: float = 6400.0) -> np.ndarray:
    """Return a grid like LAMOST's: equal steps of 1e-4 in log10."""
    return first * 10.0 ** (1e-4 * np.arange(points))


def spectrum(
    wavelength: np.ndarray,
    flux: np.ndarray,
    *,
    name: str = "s",
    label: str | None = None,
    ivar: np.ndarray | None = None,
    mask: np.ndarray | None = None,
    **extra: Any,
) -> Spectrum:
    """Make a spectrum whose source is its name."""
    meta = SpectrumMeta(name, label=label, source=Source(f"{name}.fits"), extra=extra)
    return Spectrum(wavelength, np.asarray(flux, dtype=np.float64), ivar, mask, meta)


def noise(count: int, grids: list[np.ndarray], seed: int = 0) -> list[Spectrum]:
    """Make noisy positive spectra that take turns in using the grids."""
    random = np.random.default_rng(seed)
    return [
        spectrum(
            grids[i % len(grids)],
            random.normal(100.0, 5.0, len(grids[i % len(grids)])),
            name=f"s{i}",
            label="ab"[i % 2],
        )
        for i in range(count)
    ]


def recipe(*steps: dict[str, Any]) -> Recipe:
    """Make a recipe of entries."""
    return Recipe.from_json({"schema": 1, "steps": list(steps)})


def prepared(made: Recipe, spectra: list[Spectrum], chunk: int = 2048) -> tuple[list[Batch], list[Rejection]]:
    """Prepare spectra, and collect what was left out."""
    rejected: list[Rejection] = []
    return list(made.prepare(spectra, rejected.append, chunk)), rejected


def one(made: Recipe, given: Spectrum) -> np.ndarray:
    """Prepare one spectrum that must not be rejected."""
    batches, rejected = prepared(made, [given])
    assert not rejected, rejected
    return batches[0].flux[0]


def reason(made: Recipe, given: Spectrum) -> str:
    """Prepare one spectrum that must be rejected, and return why."""
    batches, rejected = prepared(made, [given])
    assert not batches
    assert [r.source for r in rejected] == [given.meta.source.path]
    return rejected[0].reason
