"""A trained model tells what was observed otherwise than its training set."""

from pathlib import Path
from typing import Any

import numpy as np

from deepaas_plugins.contract import registry
from deepaas_plugins.contract.run import Run
from deepaas_plugins.pipeline.predictor import Predictor
from deepaas_plugins.pipeline.preparation import Input
from deepaas_plugins.pipeline.training import Training, train


def written(
    path: Path, *, noise: float = 0.02, step: float = 1.0, gap: int = 0, smoothing: int = 1, rows: int = 60
) -> Path:
    """Write spectra of a line as text files, each an object of its own, with a manifest."""
    random = np.random.default_rng(7)
    path.mkdir()
    grid = np.arange(6500.0, 6750.0, step)
    lines = ["path,label"]
    for row in range(rows):
        depth = 0.2 + 0.6 * (row % 2) + random.uniform(0, 0.1)
        flux = 1 - depth * np.exp(-0.5 * ((grid - 6564.0) / 8.0) ** 2) + random.normal(0, noise, len(grid))
        flux = np.convolve(np.pad(flux, smoothing, mode="edge"), np.ones(smoothing) / smoothing, mode="same")
        flux = flux[smoothing:-smoothing]
        flux[len(grid) // 2 : len(grid) // 2 + gap] = 0.0
        table = "\n".join(f"{x:.3f},{y:.6f}" for x, y in zip(grid, flux, strict=True))
        (path / f"s{row}.csv").write_text(f"wavelength (Angstrom),flux\n{table}\n")
        lines.append(f"s{row}.csv,{'deep' if row % 2 else 'shallow'}")
    manifest = path.with_suffix(".csv")
    manifest.write_text("\n".join(lines) + "\n")
    return manifest


def test_noise_sampling_and_gaps_of_files_are_told_by_a_trained_model(tmp_path: Path) -> None:
    manifest = written(tmp_path / "train")
    recipe = {
        "schema": 1,
        "steps": [{"step": "resample", "minimum": 6510.0, "maximum": 6740.0, "points": 120}],
    }
    given = Input("spectra", tmp_path / "train", manifest)
    with Run(tmp_path / "out") as run:
        train(registry.method("rdf"), Training(given, {"trees": 10, "folds": 3}, recipe), run)
    predictor = Predictor(tmp_path / "out" / "model")
    told: dict[str, dict[str, Any]] = {}
    for name, changes in {
        "same": {},
        "noisy": {"noise": 0.5},
        "coarse": {"step": 8.0},
        "gaps": {"gap": 120},
        "smooth": {"smoothing": 9},
    }.items():
        written(tmp_path / name, rows=2, **changes)
        told[name] = predictor.answer(tmp_path / name)["results"][0]["domain"]
    assert told["same"]["state"] == "inside"
    assert told["same"]["causes"] == []
    for name, what in (
        ("noisy", "snr"),
        ("coarse", "resolution"),
        ("gaps", "coverage"),
        ("smooth", "resolution"),
    ):
        assert what in [cause["what"] for cause in told[name]["causes"]], (name, told[name])
        assert told[name]["state"] == ("edge" if name == "smooth" else "outside"), told[name]
