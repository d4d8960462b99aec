"""A report shows what a random split would have claimed, and whether simple methods do as well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.rdf import plugin
from deepaas_plugins.pipeline.validation import baselines, scores, splits
from deepaas_plugins.pipeline.validation.labelled import of_classes, of_values
from spectra import FeatureSet
from tests.unit.deepaas_plugins.halpha import GRID, cycle, profiles, write_features

METHOD = plugin.method


def forest(run: Run, path: Path, **given: Any) -> dict[str, Any]:
    """Train a small forest; return the views of its report."""
    parameters = {"trees": 20, "folds": 3, "threads": 1, **given}
    METHOD.train(FeatureSet.open(path), load_parameters(METHOD.train_schema, parameters), run)
    views = json.loads((run.folder / "report" / "report.json").read_text())["views"]
    return {view["id"]: view for view in views}


def repeated(path: Path) -> Path:
    """Write 20 objects whose class says nothing of their spectrum, with five visits of each."""
    random = np.random.default_rng(0)
    objects = random.normal(size=(20, len(GRID)))
    flux = np.repeat(objects, 5, axis=0) + random.normal(0.0, 0.3, (100, len(GRID)))
    labels = [("absorption", "emission")[row // 5 % 2] for row in range(100)]
    groups: list[str | None] = [f"object-{row // 5}" for row in range(100)]
    return write_features(path / "repeated.parquet", labels, groups, flux=flux)


def test_a_random_split_claims_much_where_an_honest_one_finds_chance(run: Run, tmp_path: Path) -> None:
    views = forest(run, repeated(tmp_path))
    assert run.metrics["naive_balanced_accuracy"] > 0.9
    assert run.metrics["balanced_accuracy"] < 0.75
    assert run.metrics["objects"] == 20
    shown = {value["name"]: value["value"] for value in views["leakage"]["data"]["values"]}
    assert shown["balanced_accuracy"] == pytest.approx(run.metrics["balanced_accuracy"])
    assert shown["naive_balanced_accuracy"] == run.metrics["naive_balanced_accuracy"]
    assert "100 spectra of 20 objects" in views["leakage"]["help"]
    assert "would flatter the model" in views["leakage"]["help"]


def test_the_random_split_of_a_calibrated_forest_is_calibrated_too(run: Run, tmp_path: Path) -> None:
    forest(run, repeated(tmp_path), calibration="sigmoid")
    assert run.metrics["naive_balanced_accuracy"] > 0.9


def test_the_random_split_can_be_left_out(run: Run, tmp_path: Path) -> None:
    views = forest(run, repeated(tmp_path), random_split=False)
    assert "naive_balanced_accuracy" not in run.metrics
    assert "was not measured" in views["leakage"]["help"]


def test_where_every_spectrum_is_an_object_both_splits_are_one(run: Run, tmp_path: Path) -> None:
    forest(run, write_features(tmp_path / "f.parquet", cycle(60)))
    assert run.metrics["naive_balanced_accuracy"] == run.metrics["balanced_accuracy"]
    assert run.metrics["objects"] == 60
    assert run.metrics["suspected_duplicates"] == 0


def test_suspected_duplicates_are_counted_and_listed(run: Run, tmp_path: Path) -> None:
    flux = profiles(GRID, cycle(60))
    flux[30] = flux[0]
    views = forest(run, write_features(tmp_path / "f.parquet", cycle(60), flux=flux))
    assert run.metrics["suspected_duplicates"] == 1
    assert views["suspected-duplicates"]["data"]["rows"] == [[0, "star-0", "star-30", "one object"]]
    assert run.metrics["objects"] == 59


def test_a_regression_is_compared_by_its_root_mean_square_error(run: Run, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    objects = random.normal(size=(20, len(GRID)))
    flux = np.repeat(objects, 5, axis=0) + random.normal(0.0, 0.3, (100, len(GRID)))
    groups: list[str | None] = [f"object-{row // 5}" for row in range(100)]
    path = write_features(tmp_path / "f.parquet", [row // 5 for row in range(100)], groups, flux=flux)
    views = forest(run, path, task="regression")
    assert run.metrics["naive_rmse"] < run.metrics["rmse"] / 2
    assert [row[0] for row in views["baselines"]["data"]["rows"]] == [
        "The forest",
        "Mean",
        "PCA + ridge regression",
        "Nearest spectrum",
    ]


def test_the_baselines_are_judged_on_the_folds_of_the_method(run: Run, tmp_path: Path) -> None:
    views = forest(run, write_features(tmp_path / "f.parquet", cycle(90)))
    rows = dict(views["baselines"]["data"]["rows"])
    assert rows["The forest"] == pytest.approx(run.metrics["balanced_accuracy"])
    assert rows["Most frequent class"] == pytest.approx(1 / 3)
    assert rows["PCA + logistic regression"] > 0.9
    assert run.metrics["baseline_majority"] == rows["Most frequent class"]


def test_a_method_that_baselines_beat_says_so(run: Run, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(size=(90, len(GRID)))
    data = of_classes(FeatureSet.open(write_features(tmp_path / "f.parquet", cycle(90), flux=noise)))
    parts = splits.folds(3, data.target, data.members, 90, 0)
    wrong = (data.target + 1) % 3
    baselines.report(data, parts, wrong, score=scores.OF_CLASSES, method="The forest", seed=0, run=run)
    assert run.metrics["beats_baselines"] == 0
    (view,) = json.loads((run.folder / "report" / "report.json").read_text())["views"]
    unbeaten = "Most frequent class, PCA + logistic regression, Nearest template"
    assert view["help"].startswith(f"The forest does not beat: {unbeaten}.")
    baselines.report(data, parts, data.target, score=scores.OF_CLASSES, method="The forest", seed=0, run=run)
    assert run.metrics["beats_baselines"] == 1


@pytest.mark.parametrize("rows", [2, 3, 30])
def test_baselines_learn_from_equal_and_from_few_spectra(run: Run, tmp_path: Path, rows: int) -> None:
    flux = np.ones((rows, len(GRID)))
    groups: list[str | None] = [f"object {row}" for row in range(rows)]
    path = write_features(tmp_path / "f.parquet", [str(row % 2) for row in range(rows)], groups, flux=flux)
    for data, score in (
        (of_classes(FeatureSet.open(path), single=True), scores.OF_CLASSES),
        (of_values(FeatureSet.open(path)), scores.OF_VALUES),
    ):
        half = np.arange(rows)
        parts = [(half[half % 2 == 0], half[half % 2 == 1]), (half[half % 2 == 1], half[half % 2 == 0])]
        baselines.report(data, parts, data.target, score=score, method="It", seed=0, run=run)


def test_the_nearest_template_does_not_mind_how_bright_a_spectrum_is() -> None:
    matrix = profiles(GRID, cycle(90)).astype(np.float32)
    target = np.arange(90) % 3
    told = baselines.nearest_class_template(matrix[:60], target[:60], 7 * matrix[60:])
    assert np.array_equal(told, baselines.nearest_class_template(matrix[:60], target[:60], matrix[60:]))
    assert np.mean(told == target[60:]) > 0.8
