"""Training that starts from a model: what goes on, what is recorded, and what is rejected and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract import registry
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.model_card import ModelCard, sha256
from deepaas_plugins.contract.run import Run
from deepaas_plugins.pipeline.predictor import Predictor
from deepaas_plugins.pipeline.preparation import Input
from deepaas_plugins.pipeline.training import Training, train
from spectra import FeatureSet, import_features
from tests.methods.networks import need_tensorflow
from tests.unit.deepaas_plugins.halpha import GRID, cycle, profiles, write_features, write_files

SMALL: dict[str, dict[str, Any]] = {
    "rdf": {"trees": 8, "folds": 3, "random_split": False},
    "cnn": {},
    "som": {"rows": 4, "columns": 5, "epochs": 4},
}
CANNOT = ("convolutions", "ensemble", "parameters", "preprocessing")


def trained(
    folder: Path,
    method: str,
    data: Input,
    start: Path | None = None,
    recipe: Mapping[str, Any] | None = None,
    **parameters: Any,
) -> Path:
    """Train through the pipeline; return the model's folder."""
    given = {**({} if start else SMALL[method]), **parameters}
    if start and method == "rdf":
        given = {**SMALL["rdf"], **parameters}
    with Run(folder) as run:
        training = Training(data, given, recipe, {"job": "j2"}, start, "m1" if start else None)
        train(registry.method(method), training, run)
    return folder / "model"


def features(path: Path, rows: int = 60, seed: int = 1, labels: list[Any] | None = None) -> Input:
    names = labels or cycle(rows)
    flux = profiles(GRID, cycle(len(names)), seed=seed)
    return Input("features", write_features(path, names, flux=flux))


@pytest.fixture
def forest(tmp_path: Path) -> Path:
    return trained(tmp_path / "first", "rdf", features(tmp_path / "a.parquet"))


@pytest.fixture
def map_(tmp_path: Path) -> Path:
    return trained(tmp_path / "map", "som", features(tmp_path / "m.parquet"))


def test_trees_are_added_to_those_of_the_start_model(tmp_path: Path, forest: Path) -> None:
    more = trained(tmp_path / "second", "rdf", features(tmp_path / "b.parquet", seed=2), forest, trees=5)
    first, second = registry.method("rdf").load(forest), registry.method("rdf").load(more)
    old, new = first.forest.estimators_, second.forest.estimators_
    assert (len(old), len(new)) == (8, 13)
    matrix = profiles(GRID, cycle(20), seed=3).astype(np.float32)
    for one, other in zip(old, new, strict=False):
        assert np.array_equal(one.predict(matrix), other.predict(matrix))
    assert len({tuple(tree.tree_.threshold.tolist()) for tree in new}) == 13
    views = json.loads((tmp_path / "second" / "report" / "report.json").read_text())["views"]
    (note,) = (view["help"] for view in views if view["id"] == "start")
    assert "starts from m1, which learned from 60 spectra" in note
    assert "of models that learned from this training set alone" in note
    answer = Predictor(more).answer(tmp_path / "b.parquet")
    assert answer["results"][0]["set"]


def test_the_model_names_its_start_and_the_start_stays_as_it_was(tmp_path: Path, forest: Path) -> None:
    before = {path.name: sha256(path) for path in forest.iterdir() if path.is_file()}
    more = trained(tmp_path / "second", "rdf", features(tmp_path / "b.parquet", seed=2), forest)
    start = ModelCard.load(more).start
    assert start is not None
    assert (start["model"], start["job"]) == ("m1", "j2")
    assert start["sha256"] == before["model.json"]
    assert before == {path.name: sha256(path) for path in forest.iterdir() if path.is_file()}
    assert ModelCard.load(forest).start is None


def test_a_regression_goes_on_too(tmp_path: Path) -> None:
    numbers = [str(0.1 * row) for row in range(60)]
    data = [features(tmp_path / f"{seed}.parquet", labels=numbers, seed=seed) for seed in (1, 2)]
    first = trained(tmp_path / "1", "rdf", data[0], task="regression")
    more = trained(tmp_path / "2", "rdf", data[1], first, trees=3)
    assert len(registry.method("rdf").load(more).forest.estimators_) == 11
    # What must agree is the start's by default.
    assert ModelCard.load(more).parameters["task"] == "regression"


def test_a_map_goes_on_from_its_prototypes_and_keeps_its_order(tmp_path: Path, map_: Path) -> None:
    again = trained(tmp_path / "2", "som", features(tmp_path / "b.parquet", seed=2), map_, epochs=2)
    first, second = registry.method("som").load(map_), registry.method("som").load(again)
    assert (second.grid.rows, second.grid.columns) == (4, 5)
    batch = FeatureSet.open(tmp_path / "m.parquet").take(range(60))
    places = [
        np.array(
            [
                [one["cell"]["row"], one["cell"]["column"]]
                for one in model.predict(batch, {"outlier_quantile": 0.99})
            ]
        )
        for model in (first, second)
    ]
    near = np.abs(places[0] - places[1]).max(axis=1) <= 1
    assert near.mean() > 0.8


def test_raw_spectra_are_prepared_by_the_recipe_of_the_start_with_what_it_learned(tmp_path: Path) -> None:
    recipe = {
        "schema": 1,
        "steps": [
            {"step": "resample", "minimum": 6519.0, "maximum": 6732.0, "points": 60},
            {"step": "pca", "components": 5},
        ],
    }
    one, two = (write_files(tmp_path / name, cycle(30), seed) for name, seed in (("one", 1), ("two", 2)))
    given = [Input("spectra", path, path.parent / "manifest.csv") for path in (one, two)]
    first = trained(tmp_path / "1", "rdf", given[0], recipe=recipe)
    more = trained(tmp_path / "2", "rdf", given[1], first)
    states = [registry.method("rdf").load(folder).recipe.state() for folder in (first, more)]
    assert states[0].keys() == states[1].keys() != set()
    assert all(np.array_equal(states[0][key], states[1][key]) for key in states[0])


@pytest.mark.parametrize("method", CANNOT)
def test_methods_that_cannot_start_say_so(tmp_path: Path, forest: Path, method: str) -> None:
    training = Training(features(tmp_path / "b.parquet"), {}, start=forest)
    with Run(tmp_path / "out") as run, pytest.raises(InvalidInput, match="cannot start from a model"):
        train(registry.method(method), training, run)


def rejected(tmp_path: Path, method: str, data: Input, start: Path, **given: Any) -> str:
    with pytest.raises(InvalidInput) as caught:
        trained(tmp_path / "rejected", method, data, start, **given)
    progress = tmp_path / "rejected" / "progress.jsonl"
    assert "train" not in progress.read_text()  # nothing was computed
    return str(caught.value)


def test_a_model_of_another_method_is_rejected(tmp_path: Path, map_: Path) -> None:
    told = rejected(tmp_path, "rdf", features(tmp_path / "b.parquet"), map_)
    assert told == "The start model was made by som, not by rdf."


def test_other_classes_are_named(tmp_path: Path, forest: Path) -> None:
    labels = ["absorption", "emission", "flat"] * 20
    told = rejected(tmp_path, "rdf", features(tmp_path / "b.parquet", labels=labels), forest)
    assert "the dataset has flat, which the model does not know" in told
    assert "the model knows double, of which the dataset has none" in told


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"variant": "extra_trees"}, "trained with variant = 'random_forest', not 'extra_trees'"),
        ({"task": "regression"}, "trained with task = 'classification', not 'regression'"),
        ({"representation": "high_pass"}, "trained with representation ="),
        ({"test_fraction": 0.2}, "may have learned from spectra of a test set"),
    ],
)
def test_parameters_that_must_agree_are_named(
    tmp_path: Path, forest: Path, changes: dict[str, Any], message: str
) -> None:
    assert message in rejected(tmp_path, "rdf", features(tmp_path / "b.parquet"), forest, **changes)


def test_a_network_of_another_shape_classes_or_recipe_is_rejected_before_compute(tmp_path: Path) -> None:
    need_tensorflow()
    given = {"epochs": 1, "folds": 0, "points": 35, "random_split": False}
    network = trained(tmp_path / "first", "cnn", features(tmp_path / "a.parquet"), **given)
    more = trained(tmp_path / "more", "cnn", features(tmp_path / "b.parquet", seed=2), network, **given)
    assert (ModelCard.load(more).start or {})["model"] == "m1"
    told = rejected(tmp_path, "cnn", features(tmp_path / "c.parquet"), network, architecture="residual")
    assert "trained with architecture = 'small', not 'residual'" in told
    labels = ["absorption", "emission", "flat"] * 20
    told = rejected(tmp_path, "cnn", features(tmp_path / "d.parquet", labels=labels), network, **given)
    assert "the dataset has flat, which the model does not know" in told


def test_a_map_of_another_size_is_rejected(tmp_path: Path, map_: Path) -> None:
    told = rejected(tmp_path, "som", features(tmp_path / "b.parquet"), map_, rows=7)
    assert "trained with rows = 4, not 7" in told


def test_another_recipe_is_rejected_before_anything_is_prepared(tmp_path: Path, forest: Path) -> None:
    data = write_files(tmp_path / "raw", cycle(30))
    recipe = {
        "schema": 1,
        "steps": [
            {"step": "cutout", "minimum": 6519.0, "maximum": 6732.0},
            {"step": "resample", "minimum": 6519.0, "maximum": 6732.0, "points": 70},
        ],
    }
    given = Input("spectra", data, data.parent / "manifest.csv")
    told = rejected(tmp_path, "rdf", given, forest, recipe=recipe)
    assert told.startswith("The recipe is not the start model's: step ")
    assert not (tmp_path / "rejected" / "features.parquet").exists()


def test_a_feature_set_of_another_recipe_is_rejected(tmp_path: Path, forest: Path) -> None:
    arrays = {"features": profiles(GRID, cycle(30))[:, :90].astype(np.float32), "wavelength": GRID[:90]}
    np.savez(tmp_path / "n.npz", labels=cycle(30), **arrays)
    import_features(tmp_path / "n.npz", tmp_path / "n.parquet")
    told = rejected(tmp_path, "rdf", Input("features", tmp_path / "n.parquet"), forest)
    assert "The feature set was not prepared as the start model needs it" in told
