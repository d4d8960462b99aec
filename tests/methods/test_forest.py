"""Random forests: training, judging, saving, loading what is not trusted."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from deepaas_plugins.contract.errors import Cancelled, InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.rdf import plugin
from deepaas_plugins.methods.rdf.trees.forest import grow, new_forest
from spectra import FeatureSet
from tests.unit.deepaas_plugins.halpha import CLASSES, GRID, cycle, profiles, write_features

METHOD = plugin.method


def parameters(**given: Any) -> dict[str, Any]:
    return load_parameters(METHOD.train_schema, {"trees": 20, "folds": 3, "threads": 1, **given})


def trained(run: Run, features: Path, **given: Any):
    return METHOD.train(FeatureSet.open(features), parameters(**given), run)


def views_of(run: Run) -> dict[str, Any]:
    return {
        view["id"]: view for view in json.loads((run.folder / "report" / "report.json").read_text())["views"]
    }


@pytest.fixture
def features(tmp_path: Path) -> Path:
    groups: list[str | None] = [f"object-{row // 2}" for row in range(90)]
    return write_features(tmp_path / "features.parquet", cycle(90), groups)


def test_a_forest_learns_the_profiles_and_reports_how_well(run: Run, features: Path) -> None:
    model = trained(run, features)
    assert model.classes == list(CLASSES)
    assert run.metrics["accuracy"] > 0.95
    assert run.metrics["oob_score"] > 0.95
    assert {"f1:emission", "precision:double", "recall:absorption", "balanced_accuracy"} <= run.metrics.keys()
    views = views_of(run)
    assert {"confusion", "importance", "confidence", "misclassified", "uncertain", "classes"} <= views.keys()
    assert views["importance"]["data"]["x_unit"] == "Å"
    assert sum(map(sum, views["confusion"]["data"]["counts"])) == 90


def test_importance_is_where_the_line_is(run: Run, features: Path) -> None:
    trained(run, features, permutation_importance=True)
    for name in ("importance", "permutation-importance"):
        (curve,) = views_of(run)[name]["data"]["series"]
        near = np.abs(np.array(curve["x"]) - 6564.6) < 25.0
        values = np.array(curve["y"])
        assert values[near].sum() > 3 * np.abs(values[~near]).sum(), name


def test_the_same_seed_gives_the_same_forest_whatever_the_blocks(run: Run) -> None:
    labels = np.arange(60) % 3
    matrix = profiles(GRID, cycle(60)).astype(np.float32)
    whole, blocks = new_forest(parameters(trees=30)), new_forest(parameters(trees=30))
    whole.set_params(n_estimators=30, warm_start=False).fit(matrix, labels)
    grow(blocks, matrix, labels, 30, run=run, after=lambda _: None)
    assert np.array_equal(whole.predict_proba(matrix), blocks.predict_proba(matrix))


def test_a_saved_forest_predicts_as_before(run: Run, features: Path, tmp_path: Path) -> None:
    model = trained(run, features, calibration="sigmoid")
    model.save(tmp_path / "model")
    batch = FeatureSet.open(features).take(range(10))
    params = load_parameters(METHOD.predict_schema, {})
    before, after = model.predict(batch, params), METHOD.load(tmp_path / "model").predict(batch, params)
    assert after == before
    assert after[0]["calibrated"] is True
    assert sum(after[0]["probabilities"].values()) == pytest.approx(1.0)
    assert after[0]["name"] == "star-0"


def test_probabilities_are_said_not_to_be_calibrated(run: Run, features: Path) -> None:
    model = trained(run, features)
    (answer,) = model.predict(FeatureSet.open(features).take([0]), {"probabilities": False})
    assert answer == {"name": "star-0", "label": "absorption", "calibrated": False}


def test_a_test_set_is_judged_apart_and_never_learned_from(run: Run, features: Path) -> None:
    trained(run, features, test_fraction=0.25)
    views = views_of(run)
    held = sum(map(sum, views["confusion-test"]["data"]["counts"]))
    judged = sum(map(sum, views["confusion"]["data"]["counts"]))
    assert 15 <= held <= 30
    assert held + judged == 90
    assert run.metrics["test_accuracy"] > 0.9


def test_without_folds_the_out_of_bag_predictions_are_reported(run: Run, features: Path) -> None:
    trained(run, features, folds=0)
    assert views_of(run)["confusion"]["data"]["split"] == "out of bag"


def test_unlabelled_rows_are_neither_learned_from_nor_judged(run: Run, tmp_path: Path) -> None:
    labels: list[str | None] = [*cycle(60), None, None]
    flux = profiles(GRID, [*cycle(60), "emission", "emission"])
    trained(run, write_features(tmp_path / "f.parquet", labels, flux=flux))
    marks = np.load(run.folder / "report" / "confusion-marks.npy")
    assert marks.shape == (62,)
    assert (marks[60:] == -1).all()
    assert (marks[:60] >= 0).all()


def test_labels_that_are_numbers_are_learned_as_numbers(run: Run, tmp_path: Path) -> None:
    strength = np.linspace(0.2, 1.0, 80)
    flux = 1.0 + strength[:, None] * np.exp(-0.5 * ((GRID - 6564.6) / 5.0) ** 2)
    path = write_features(tmp_path / "f.parquet", list(strength), flux=flux)
    model = trained(run, path, task="regression", trees=40)
    assert run.metrics["r2"] > 0.98
    assert {"predicted-true", "worst", "quality"} <= views_of(run).keys()
    model.save(tmp_path / "model")
    (answer,) = METHOD.load(tmp_path / "model").predict(FeatureSet.open(path).take([40]), {})
    assert answer["value"] == pytest.approx(strength[40], abs=0.03)
    assert answer["spread"] >= 0.0


@pytest.mark.parametrize(
    ("labels", "given", "message"),
    [
        (["absorption"] * 20, {}, "All 20 labelled spectra are of one class"),
        (["absorption", "double"] * 2, {"folds": 5}, "4 labelled spectra are fewer than the 5 folds"),
        (cycle(30), {"task": "regression"}, "'absorption' of spectrum star-0 is no number"),
        (cycle(30), {"criterion": "poisson"}, "criterion = 'poisson' is none of classification"),
        (cycle(30), {"calibration": "sigmoid", "folds": 0}, "calibration = 'sigmoid' learns from folds"),
    ],
)
def test_what_cannot_be_learned_from_is_rejected_in_a_sentence(
    run: Run, tmp_path: Path, labels: list[str], given: dict[str, Any], message: str
) -> None:
    path = write_features(tmp_path / "f.parquet", labels)
    with pytest.raises(InvalidInput, match=message):
        trained(run, path, **given)


def test_growing_stops_when_the_run_is_cancelled(run: Run, features: Path) -> None:
    run.cancel()
    with pytest.raises(Cancelled):
        trained(run, features, trees=10_000)


def test_a_model_that_holds_anything_but_trees_is_not_loaded(
    run: Run, features: Path, tmp_path: Path
) -> None:
    trained(run, features).save(tmp_path / "model")
    file = tmp_path / "model" / "forest.skops"
    with zipfile.ZipFile(file) as archive:
        schema = archive.read("schema.json").decode()
        members = {name: archive.read(name) for name in archive.namelist() if name != "schema.json"}
    evil = schema.replace('"RandomForestClassifier"', '"Popen"', 1).replace(
        json.loads(schema)["__module__"], "subprocess", 1
    )
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("schema.json", evil)
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(InvalidInput, match=r"subprocess\.Popen"):
        METHOD.load(tmp_path / "model")


def test_another_estimator_in_place_of_the_forest_is_not_loaded(
    run: Run, features: Path, tmp_path: Path
) -> None:
    trained(run, features).save(tmp_path / "model")
    skops.io.dump(LogisticRegression(), tmp_path / "model" / "forest.skops")
    with pytest.raises(InvalidInput, match="LogisticRegression, not a forest"):
        METHOD.load(tmp_path / "model")


def test_a_tree_that_points_outside_itself_is_not_loaded(run: Run, features: Path, tmp_path: Path) -> None:
    model = trained(run, features)
    tree = model.forest.estimators_[3].tree_
    state = tree.__getstate__()
    state["nodes"]["left_child"][0] = 10_000_000
    tree.__setstate__(state)
    model.save(tmp_path / "model")
    with pytest.raises(InvalidInput, match="tree 3 is damaged"):
        METHOD.load(tmp_path / "model")


def test_spectra_of_another_length_are_rejected(run: Run, features: Path) -> None:
    model = trained(run, features)
    batch = FeatureSet.open(features).take([0])
    short = type(batch)(
        batch.flux[:, :100], GRID[:100], batch.names, batch.labels, batch.groups, batch.sources
    )
    with pytest.raises(InvalidInput, match="100 features, the forest was trained on 140"):
        model.predict(short, {"probabilities": True})


def test_a_class_whose_objects_would_all_be_held_out_is_named(run: Run, tmp_path: Path) -> None:
    labels = [*["absorption"] * 40, *["double"] * 40, *["emission"] * 6]
    groups: list[str | None] = [*[f"object-{row}" for row in range(80)], *["one", "other"] * 3]
    path = write_features(tmp_path / "f.parquet", labels, groups)
    with pytest.raises(InvalidInput, match="All objects of class emission fell into the test set"):
        trained(run, path, test_fraction=0.9)


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("rows", [1, 7, 60])
def test_the_trees_as_arrays_answer_as_scikit_learn_does_to_the_last_bit(
    run: Run, tmp_path: Path, task: str, rows: int
) -> None:
    labels = cycle(60) if task == "classification" else [str(row % 17) for row in range(60)]
    path = write_features(tmp_path / "f.parquet", labels, flux=profiles(GRID, cycle(60)))
    model = trained(run, path, task=task, folds=0)
    matrix = FeatureSet.open(path).matrix()[:rows] + np.float32(0.01)
    forest = model.forest.set_params(n_jobs=1)
    if task == "classification":
        assert (model.stored.trees.mean(matrix) == forest.predict_proba(matrix)).all()
    each = np.stack([tree.predict(matrix) for tree in forest.estimators_])
    if task == "regression":
        assert (model.stored.trees.each(matrix)[:, :, 0] == each).all()


def test_predicting_needs_neither_scikit_learn_nor_skops(run: Run, features: Path, tmp_path: Path) -> None:
    trained(run, features).save(tmp_path / "model")
    code = (
        "import sys, pathlib; from deepaas_plugins.methods.rdf import plugin;"
        f"model = plugin.method.load(pathlib.Path({str(tmp_path / 'model')!r}));"
        "print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert {"sklearn", "skops", "scipy", "astropy", "pyarrow"}.isdisjoint(loaded.split())
    assert "numpy" in loaded.split()


def test_arrays_that_belong_to_another_forest_are_not_used(run: Run, features: Path, tmp_path: Path) -> None:
    model = trained(run, features)
    model.save(tmp_path / "model")
    trained(run, features, seed=5).save(tmp_path / "other")
    (tmp_path / "other" / "trees.npz").replace(tmp_path / "model" / "trees.npz")
    batch = FeatureSet.open(features).take(range(20))
    answers = METHOD.load(tmp_path / "model").predict(batch, {"probabilities": True})
    assert answers == model.predict(batch, {"probabilities": True})
