"""Velocities of stars of known velocity, their errors and flags."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.velocity import plugin, templates
from deepaas_plugins.methods.velocity.correlation import Correlator, peaks
from deepaas_plugins.methods.velocity.measuring import FLAGS, Measured, Meter, speed
from deepaas_plugins.pipeline.predictor import Predictor
from deepaas_plugins.pipeline.preparation import Input
from deepaas_plugins.pipeline.training import Training, train
from spectra.simulation.moving_stars import moving_star, write_stars

METHOD = plugin.method
GRID = np.geomspace(4000.0, 5600.0, 2500)  # 40 km/s a column


def parameters(**given: Any) -> dict[str, Any]:
    return load_parameters(METHOD.train_schema, given)


def meter(**given: Any) -> Meter:
    params = parameters(**given)
    grid = templates.Grid.of(GRID, params["highest"])
    return Meter(grid, templates.synthetic(grid, params)[1], params)


def noisy(flux: np.ndarray, snr: float, seed: int = 0) -> np.ndarray:
    return flux + np.random.default_rng(seed).normal(0.0, 1.0 / snr, flux.shape)


@pytest.fixture(scope="module")
def measured() -> tuple[np.ndarray, Measured]:
    """Return the true velocities of 24 stars at a ratio of 50, and what was measured."""
    random = np.random.default_rng(1)
    velocities = random.uniform(-400.0, 400.0, 24)
    stars = np.array(
        [moving_star(GRID, t, v) for t, v in zip(np.geomspace(4200, 9000, 24), velocities, strict=True)]
    )
    return velocities, meter().measure(noisy(stars, 50.0))


def test_velocities_are_right_to_a_twentieth_of_a_pixel_of_the_instrument(
    measured: tuple[np.ndarray, Measured],
) -> None:
    velocities, found = measured
    assert sum(FLAGS[one] == "good" for one in found.flag) >= 18
    away = found.velocity - velocities
    assert 1.4826 * np.median(np.abs(away)) < 75.0 / 20.0  # R = 2000 sampled by two pixels of 75 km/s
    assert np.median(found.sigma) < 6.0


def test_errors_say_how_far_velocities_are_off(measured: tuple[np.ndarray, Measured]) -> None:
    velocities, found = measured
    pull = (found.velocity - velocities) / found.sigma
    assert 0.2 < np.std(pull) < 2.0
    fainter = meter().measure(noisy(np.array([moving_star(GRID, 5200.0, 0.0)] * 2), 8.0))
    assert np.all(fainter.sigma > 2.0 * np.median(found.sigma))


@pytest.mark.parametrize("kind", ["synthetic", "mask"])
def test_the_sign_and_size_of_a_velocity(kind: str) -> None:
    stars = np.array([moving_star(GRID, 5800.0, v) for v in (-250.0, 0.0, 333.0)])
    found = meter(templates=kind).measure(stars)
    np.testing.assert_allclose(found.velocity, [-250.0, 0.0, 333.0], atol=4.0)


def test_an_identical_template_correlates_perfectly_at_every_shift_within_reach() -> None:
    random = np.random.default_rng(0)
    wide = random.normal(size=600)
    correlator = Correlator(500, 50)
    window = np.ones(500)
    from deepaas_plugins.methods.velocity.correlation import taper  # noqa: PLC0415

    window = taper(500)
    for shift in (-50, -7, 0, 23, 50):
        row = wide[50 - shift : 550 - shift] * window
        found = correlator.correlation(correlator.transformed((row / np.sqrt((row**2).sum()))[None]), wide)
        assert found[0].argmax() == 50 + shift


def test_a_peak_between_two_columns_and_the_next_one_are_found() -> None:
    lags = np.arange(-40, 41)
    curve = np.exp(-0.5 * ((lags - 3.3) / 4.0) ** 2) + 0.6 * np.exp(-0.5 * ((lags + 20) / 4.0) ** 2)
    found = peaks(curve[None])
    assert found.place[0] == pytest.approx(3.3, abs=0.02)
    assert found.second[0] == pytest.approx(0.6, abs=0.01)
    assert found.second_place[0] == -20


def test_bad_rows_are_flagged_and_have_no_figures() -> None:
    star = moving_star(GRID, 5800.0, 50.0)
    random = np.random.default_rng(3)
    rows = np.array(
        [
            np.ones_like(GRID),
            random.normal(1.0, 0.1, len(GRID)),
            star - 0.97,
            moving_star(GRID, 5800.0, 900.0),
        ]
    )
    found = meter().measure(rows)
    flags = [FLAGS[one] for one in found.flag]
    assert flags[0] == "no lines"
    assert flags[1] in {"weak", "ambiguous", "edge"}
    assert flags[2] in {"negative flux", "weak", "ambiguous"}
    assert flags[3] != "good"


def test_two_components_are_parted_and_one_stays_one() -> None:
    first, second = moving_star(GRID, 5800.0, -120.0), moving_star(GRID, 4500.0, 150.0)
    both = noisy(0.6 * first + 0.4 * second, 200.0)
    alone = noisy(moving_star(GRID, 5800.0, -120.0), 200.0)
    one = meter(components=2, highest=300.0)
    found = one.measure(np.array([both, alone]))
    assert found.pairs is not None
    pair = found.pairs[0]
    assert pair.double
    assert not found.pairs[1].double
    places = sorted(speed(np.array(pair.places) * one.grid.step).tolist())
    np.testing.assert_allclose(places, [-120.0, 150.0], atol=12.0)


@pytest.mark.parametrize(
    ("grid", "given", "told"),
    [
        (np.linspace(4000.0, 5600.0, 2500), {}, "even in their logarithm"),
        (np.geomspace(4860.0, 4870.0, 300), {}, "wider range"),
        (np.geomspace(4000.0, 5600.0, 200), {"highest": 600.0}, "points"),
        (np.geomspace(12_000.0, 14_000.0, 2500), {}, "no lines"),
    ],
)
def test_what_cannot_be_measured_is_told_before_anything_is_computed(
    grid: np.ndarray, given: dict[str, Any], told: str
) -> None:
    params = parameters(**given)
    with pytest.raises(InvalidInput, match=told):
        templates.synthetic(templates.Grid.of(grid, params["highest"]), params)


def test_a_job_measures_a_dataset_and_its_model_measures_the_same(tmp_path: Path) -> None:
    write_stars(tmp_path / "data", 9)
    given = Input("spectra", tmp_path / "data", tmp_path / "data" / "labels.csv")
    with Run(tmp_path / "out") as run:
        train(METHOD, Training(given, {"bisector": True}), run)
        metrics = run.metrics
    assert metrics["scatter"] < 6.0
    assert metrics["good"] == 9
    with (tmp_path / "out" / "velocities.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    answers = Predictor(tmp_path / "out" / "model", METHOD).answer(tmp_path / "data" / "stars.npz")["results"]
    np.testing.assert_allclose(
        [float(row["velocity"]) for row in rows], [one["velocity"] for one in answers], rtol=1e-3, atol=0.05
    )


def test_the_spectra_of_a_dataset_are_templates_but_not_their_own(tmp_path: Path) -> None:
    write_stars(tmp_path / "data", 6)
    given = Input("spectra", tmp_path / "data")
    with Run(tmp_path / "out") as run:
        train(METHOD, Training(given, {"templates": "dataset"}), run)
    with (tmp_path / "out" / "velocities.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(row["template"] != row["name"] for row in rows)
    assert all(float(row["correlation"]) < 0.9999 for row in rows)
