"""Training through the pipeline: every answer of the trained model has sets or intervals, and a domain."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract import registry
from deepaas_plugins.contract.run import Run
from deepaas_plugins.pipeline.predictor import Predictor
from deepaas_plugins.pipeline.preparation import Input
from deepaas_plugins.pipeline.training import Training, train
from spectra.features.exchange import import_features

SMALL = {
    "rdf": {"trees": 20},
    "convolutions": {"groups": 2},
    "ensemble": {"trees": 20, "groups": 2, "inner_folds": 2},
}
VALUES = {
    "rdf": {"trees": 20, "task": "regression"},
    "convolutions": {"groups": 2, "task": "regression"},
    "parameters": {"trees": 10, "components": 8},
}


def write(path: Path, rows: int, seed: int, *, values: bool = False, centre: float = 0.5) -> Path:
    """Write a feature set of spectra with a line whose depth is the class, or the value."""
    random = np.random.default_rng(seed)
    axis = np.linspace(0, 1, 60)
    depth = random.uniform(0.1, 1.0, rows)
    flux = 1 - depth[:, None] * np.exp(-(((axis - centre) / 0.05) ** 2)) + random.normal(0, 0.05, (rows, 60))
    labels = depth.astype(str) if values else np.where(depth > 0.55, "deep", "shallow")
    groups = np.array([f"star {row // 2}" for row in range(rows)])
    source = path.with_suffix(".npz")
    np.savez(
        source, features=flux.astype(np.float32), wavelength=5000 + 100 * axis, labels=labels, groups=groups
    )
    import_features(source, path)
    return path


def trained(method: str, tmp_path: Path, parameters: dict[str, Any], *, rows: int = 160) -> Path:
    values = parameters.get("task") == "regression" or method == "parameters"
    features = write(tmp_path / "train.parquet", rows, 1, values=values)
    run = Run(tmp_path / "out")
    wanted = (VALUES if values else SMALL)[method] | {"random_split": False, "folds": 3} | parameters
    train(registry.method(method), Training(Input("features", features), wanted), run)
    run.close()
    return tmp_path / "out"


def views_of(out: Path) -> dict[str, Any]:
    return {view["id"]: view for view in json.loads((out / "report" / "report.json").read_text())["views"]}


@pytest.mark.parametrize("method", SMALL)
def test_sets_hold_the_true_class_and_the_report_says_how_often(method: str, tmp_path: Path) -> None:
    out = trained(method, tmp_path, {})
    answer = Predictor(out / "model").answer(write(tmp_path / "fresh.parquet", 400, 2))
    assert (answer["model"]["coverage"], answer["model"]["domain"]) == (0.9, True)
    fresh = np.random.default_rng(2)
    truth = np.where(fresh.uniform(0.1, 1.0, 400) > 0.55, "deep", "shallow")
    held = [label in result["set"] for label, result in zip(truth, answer["results"], strict=True)]
    assert np.mean(held) > 0.85
    assert {"uncertainty", "reliability"} <= set(views_of(out))


@pytest.mark.parametrize("method", VALUES)
def test_intervals_hold_the_true_value(method: str, tmp_path: Path) -> None:
    out = trained(method, tmp_path, VALUES[method])
    answer = Predictor(out / "model").answer(write(tmp_path / "fresh.parquet", 400, 2, values=True))
    truth = np.random.default_rng(2).uniform(0.1, 1.0, 400)
    rows = zip(truth, answer["results"], strict=True)
    share = np.mean([one["interval"][0] <= value <= one["interval"][1] for value, one in rows])
    assert 0.8 < share < 0.98
    first = answer["results"][0]
    assert 0 < first["sigma"] < first["interval"][1] - first["value"]


def test_spectra_of_another_kind_are_outside(tmp_path: Path) -> None:
    out = trained("rdf", tmp_path, {})
    predictor = Predictor(out / "model")
    other = predictor.answer(write(tmp_path / "other.parquet", 100, 3, centre=0.2))["results"]
    assert np.mean([result["domain"]["state"] == "outside" for result in other]) > 0.8
    same = predictor.answer(write(tmp_path / "same.parquet", 100, 4))["results"]
    assert np.mean([result["domain"]["state"] == "inside" for result in same]) > 0.8


def test_a_set_does_not_need_the_probabilities_in_the_answer(tmp_path: Path) -> None:
    predictor = Predictor(trained("rdf", tmp_path, {}) / "model")
    fresh = write(tmp_path / "fresh.parquet", 5, 2)
    (first, *_) = predictor.answer(fresh, {"probabilities": False})["results"]
    assert "probabilities" not in first
    assert first["set"]


def test_a_training_that_was_not_cross_validated_answers_without_sets(tmp_path: Path) -> None:
    out = trained("rdf", tmp_path, {"folds": 0})
    answer = Predictor(out / "model").answer(write(tmp_path / "fresh.parquet", 5, 2))
    assert answer["model"]["coverage"] is None
    assert not any("set" in result for result in answer["results"])


def test_a_coverage_measured_on_few_objects_is_said_to_be_uncertain(tmp_path: Path) -> None:
    out = trained("rdf", tmp_path, {}, rows=60)
    text = views_of(out)["uncertainty"]["help"]
    assert "Fewer than 30 held-out objects of: deep (" in text


def test_the_coverage_that_a_method_asks_for_is_the_one_in_its_answers(tmp_path: Path) -> None:
    out = trained("parameters", tmp_path, {"coverage": 0.8})
    assert Predictor(out / "model").about()["coverage"] == 0.8


def test_too_few_objects_are_said_in_the_report(tmp_path: Path) -> None:
    out = trained("rdf", tmp_path, {}, rows=16)
    assert Predictor(out / "model").about()["coverage"] is None
    assert "at least 9 held-out objects" in views_of(out)["uncertainty"]["help"]
