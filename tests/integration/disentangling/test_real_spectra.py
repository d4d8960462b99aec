"""Disentangling composites of real spectra: components, orbit, light, a triple with telluric lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.disentangling.method import Disentangling

from .real_composites import ELEMENTS, OUTER, Observed, miles, stelib

pytestmark = pytest.mark.data

METHOD = Disentangling()
LIGHT = (0.6, 0.4)
START = {
    "period": 7.29,
    "periastron": 2459001.8,
    "eccentricity": 0.15,
    "omega": 40.0,
    "k1": 80.0,
    "k2": 110.0,
}
PAIRS = (("F", 3, "G", 5), ("A", 3, "K", 5))


def train(observed: Observed, folder: Path, **given: Any) -> tuple[Any, dict[str, float], Run]:
    """Train from near the truth."""
    parameters = {"search": "local", "bootstrap": 0, "map_points": 0, "light": list(LIGHT), **START, **given}
    with Run(folder / "out") as run:
        features = observed.features(folder / "features.parquet")
        model = METHOD.train(features, load_parameters(METHOD.train_schema, parameters), run)
    return model, run.metrics, run


def pair(data: Path, kinds: tuple[str, int, str, int], low: float, high: float) -> list[Any]:
    first, one, second, other = kinds
    return [miles(data, first, one, low, high), miles(data, second, other, low, high)]


@pytest.mark.parametrize("kinds", PAIRS, ids=["F+G", "A+K"])
@pytest.mark.parametrize(("snr", "most"), [(None, 0.01), (50.0, 0.03)], ids=["without noise", "S/N 50"])
def test_components_of_miles_stars(
    data_folder: Path, tmp_path: Path, kinds: tuple[str, int, str, int], snr: float | None, most: float
) -> None:
    observed = Observed(pair(data_folder, kinds, 4800.0, 5600.0), LIGHT, 4800.0, 5600.0, snr=snr)
    model, _, _ = train(observed, tmp_path)
    assert observed.errors(model.components.spectra).max() <= most


def test_components_of_stelib_stars(data_folder: Path, tmp_path: Path) -> None:
    stars = [stelib(data_folder, number, 4800.0, 5600.0) for number in (10, 60)]
    observed = Observed(stars, LIGHT, 4800.0, 5600.0)
    model, metrics, _ = train(observed, tmp_path)
    assert observed.errors(model.components.spectra).max() <= 0.01
    assert metrics["k1"] == pytest.approx(ELEMENTS["k1"], abs=0.5)


def test_semi_amplitudes_at_a_signal_to_noise_of_100(data_folder: Path, tmp_path: Path) -> None:
    stars = pair(data_folder, PAIRS[1], 3700.0, 7300.0)
    observed = Observed(stars, LIGHT, 3700.0, 7300.0, epochs=36, points=4096, snr=100.0)
    _, metrics, _ = train(observed, tmp_path)
    assert metrics["k1"] == pytest.approx(ELEMENTS["k1"], abs=0.5)
    assert metrics["k2"] == pytest.approx(ELEMENTS["k2"], abs=0.5)
    assert metrics["eccentricity"] == pytest.approx(0.2, abs=0.01)


def test_the_light_ratio_of_stars_that_eclipse(data_folder: Path, tmp_path: Path) -> None:
    second = 0.4 + 0.18 * np.sin(2.0 * np.pi * np.arange(20) / 7.0)
    stars = pair(data_folder, PAIRS[0], 4800.0, 5600.0)
    observed = Observed(stars, (1.0 - second, second), 4800.0, 5600.0, epochs=20, snr=300.0)
    model, metrics, _ = train(observed, tmp_path, strengths="fitted", light=None)
    truth = second.mean() / (1.0 - second.mean())
    assert metrics["light_2"] / metrics["light_1"] == pytest.approx(truth, rel=0.02)
    assert observed.errors(model.components.spectra).max() <= 0.03


def test_a_triple_with_telluric_lines(data_folder: Path, tmp_path: Path) -> None:
    stars = [*pair(data_folder, PAIRS[0], 4800.0, 5600.0), miles(data_folder, "K", 9, 4800.0, 5600.0)]
    light = (0.45, 0.3, 0.25)
    observed = Observed(
        stars, light, 4800.0, 5600.0, epochs=30, system="SB3", elements={**ELEMENTS, **OUTER}, telluric=True
    )
    near = {**OUTER, "outer_period": 89.0, "k_pair": 30.0, "k3": 50.0}
    model, metrics, run = train(observed, tmp_path, system="SB3", telluric=True, light=list(light), **near)
    assert observed.errors(model.components.spectra).max() <= 0.03
    for name in ("k1", "k2", "k_pair", "k3"):
        assert metrics[name] == pytest.approx({**ELEMENTS, **OUTER}[name], abs=1.0)
    assert (run.folder / "report" / "report.json").is_file()


def test_a_wrong_period_has_a_visibly_worse_chi2(data_folder: Path, tmp_path: Path) -> None:
    observed = Observed(pair(data_folder, PAIRS[1], 4800.0, 5600.0), LIGHT, 4800.0, 5600.0, snr=50.0)
    given = {"search": "none", "weights": "snr", **ELEMENTS}
    _, right, _ = train(observed, tmp_path / "right", **given)
    _, wrong, _ = train(observed, tmp_path / "wrong", **{**given, "period": 8.1})
    assert wrong["chi2_reduced"] > 1.5 * right["chi2_reduced"]


def test_the_orbit_is_found_without_a_period(data_folder: Path, tmp_path: Path) -> None:
    observed = Observed(
        pair(data_folder, PAIRS[1], 4800.0, 5600.0), LIGHT, 4800.0, 5600.0, epochs=20, snr=100.0
    )
    nothing = dict.fromkeys(START)
    _, metrics, _ = train(
        observed, tmp_path, search="global", generations=30, population=8, period_range=[2.0, 20.0], **nothing
    )
    assert metrics["period"] == pytest.approx(7.3, abs=0.02)
    assert metrics["k1"] == pytest.approx(90.0, abs=4.0)
