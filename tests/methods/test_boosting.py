"""Gradient boosting: trained, saved without pickle, and predicted by the arrays as scikit-learn would."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.rdf import plugin
from deepaas_plugins.methods.rdf.model import ForestModel
from deepaas_plugins.methods.rdf.trees.boosting import Boosting, new_boosting
from deepaas_plugins.methods.rdf.trees.flat_boosting import FlatBoosting, class_shares
from spectra import FeatureSet
from tests.unit.deepaas_plugins.halpha import CLASSES, GRID, cycle, write_features

METHOD = plugin.method
ROWS = 60
SMALL = {"trees": 10, "folds": 2, "threads": 1, "variant": "gradient_boosting", "min_samples_leaf": 4}


def parameters(**given: Any) -> dict[str, Any]:
    return load_parameters(METHOD.train_schema, {**SMALL, "random_split": False, **given})


def trained(run: Run, path: Path, start: Any = None, **given: Any) -> ForestModel:
    return METHOD.train(FeatureSet.open(path), parameters(**given), run, start)


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    return write_features(tmp_path / "classes.parquet", cycle(ROWS))


@pytest.fixture
def types(tmp_path: Path) -> Path:
    """Return rows of types M0 to M5 whose line grows with the type."""
    step = np.arange(ROWS) % 6
    flux = 1.0 + (0.2 + step[:, None] / 6.0) * np.exp(-0.5 * ((GRID - 6564.6) / 5.0) ** 2)
    flux += np.random.default_rng(0).normal(0.0, 0.005, flux.shape)
    return write_features(tmp_path / "types.parquet", [f"M{one}" for one in step], flux=flux)


@pytest.fixture
def values(tmp_path: Path) -> Path:
    strength = np.linspace(0.2, 1.0, ROWS)
    flux = 1.0 + strength[:, None] * np.exp(-0.5 * ((GRID - 6564.6) / 5.0) ** 2)
    return write_features(tmp_path / "values.parquet", list(strength), flux=flux)


def test_classes_are_learned_and_the_saved_model_answers_alike(
    run: Run, classes: Path, tmp_path: Path
) -> None:
    model = trained(run, classes)
    assert run.metrics["balanced_accuracy"] > 0.8
    assert "oob_score" not in run.metrics
    model.save(tmp_path / "model")
    batch = FeatureSet.open(classes).take(range(9))
    loaded = METHOD.load(tmp_path / "model")
    assert loaded.predict(batch, {"probabilities": True}) == model.predict(batch, {"probabilities": True})
    assert loaded.card().details["trees"] == 10 * len(CLASSES)


@pytest.mark.parametrize("count", [2, 3])
def test_the_arrays_answer_as_scikit_learn_does(run: Run, tmp_path: Path, count: int) -> None:
    path = write_features(tmp_path / "f.parquet", [CLASSES[row % count] for row in range(ROWS)])
    model = trained(run, path, folds=0)
    matrix = FeatureSet.open(path).matrix()
    expected = model.forest.model.predict_proba(matrix)
    assert np.allclose(model.stored.trees.mean(matrix), expected, rtol=0, atol=1e-12)
    arrays = {name: np.asarray(array) for name, array in model.stored.trees.arrays().items()}
    assert np.allclose(FlatBoosting.of_arrays(arrays).mean(matrix), expected, rtol=0, atol=1e-12)


def test_values_are_learned_and_have_no_spread(run: Run, values: Path, tmp_path: Path) -> None:
    model = trained(run, values, task="regression", trees=40)
    assert run.metrics["r2"] > 0.9
    model.save(tmp_path / "model")
    (answer,) = METHOD.load(tmp_path / "model").predict(FeatureSet.open(values).take([30]), {})
    assert answer["value"] == pytest.approx(np.linspace(0.2, 1.0, ROWS)[30], abs=0.1)
    assert answer["spread"] is None


def test_ordinal_types_are_learned_as_a_place_and_answered_as_classes(
    run: Run, types: Path, tmp_path: Path
) -> None:
    model = trained(run, types, task="ordinal", trees=30)
    assert run.metrics["within_1"] > 0.9
    model.save(tmp_path / "model")
    (answer,) = METHOD.load(tmp_path / "model").predict(
        FeatureSet.open(types).take([3]), {"probabilities": True}
    )
    assert answer["label"] == "M3"
    assert sum(answer["probabilities"].values()) == pytest.approx(1.0)


@pytest.mark.parametrize("task", ["classification", "ordinal"])
def test_rounds_are_added_to_a_saved_model(run: Run, types: Path, tmp_path: Path, task: str) -> None:
    trained(run, types, task=task).save(tmp_path / "model")
    start = METHOD.load(tmp_path / "model")
    more = trained(run, types, start, task=task, trees=5)
    assert len(more.forest.estimators_) == 15
    assert more.stored.trees.outputs == 6


def test_shares_of_a_normal_distribution_lie_about_the_place() -> None:
    shares = class_shares(np.array([2.0, 0.4]), np.array([0.0, 1.0, 2.0, 5.0]), 0.5)
    assert shares.sum(axis=1) == pytest.approx([1.0, 1.0])
    assert shares.argmax(axis=1).tolist() == [2, 0]


def test_a_criterion_of_forests_is_rejected(run: Run, classes: Path) -> None:
    with pytest.raises(InvalidInput, match="criterion is of forests"):
        trained(run, classes, criterion="entropy")


@pytest.mark.parametrize("field", ["feature_idx", "left", "is_categorical"])
def test_a_boosted_tree_that_is_damaged_is_not_loaded(
    run: Run, classes: Path, tmp_path: Path, field: str
) -> None:
    model = trained(run, classes, folds=0)
    model.forest.estimators_[0][0].nodes[field][0] = 200
    folder = tmp_path / "model"
    model.save(folder)
    (folder / "trees.npz").unlink()
    with pytest.raises(InvalidInput, match="damaged"):
        METHOD.load(folder)


@pytest.mark.parametrize("name", ["baseline", "output", "scale", "boosting"])
def test_arrays_that_do_not_fit_are_rejected(run: Run, classes: Path, name: str) -> None:
    arrays = dict(trained(run, classes, folds=0).stored.trees.arrays())
    for wrong in (np.full(7, 3.0), np.array([np.nan, np.nan])):
        with pytest.raises(InvalidInput, match="damaged"):
            FlatBoosting.of_arrays({**arrays, name: wrong})


def test_what_is_saved_is_no_pickle_and_predicting_needs_no_scikit_learn(
    run: Run, classes: Path, tmp_path: Path
) -> None:
    trained(run, classes, folds=0).save(tmp_path / "model")
    unknown = skops.io.get_untrusted_types(file=tmp_path / "model" / "forest.skops")
    assert [name.rpartition(".")[2] for name in unknown] == ["TreePredictor"]
    code = (
        "import json, sys; from pathlib import Path; from spectra import FeatureSet;"
        "from deepaas_plugins.methods.rdf import plugin;"
        "model = plugin.method.load(Path(sys.argv[1]));"
        "model.predict(FeatureSet.open(Path(sys.argv[2])).take([0, 1]), {'probabilities': True});"
        "print(json.dumps([name for name in ('sklearn', 'skops') if name in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "model", classes], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []


def test_a_round_has_no_more_leaves_than_asked() -> None:
    boosting: Boosting = new_boosting(parameters(max_leaves=3), 1, None)
    random = np.random.default_rng(0)
    matrix = random.normal(size=(80, 4)).astype(np.float32)
    boosting.set_params(n_estimators=2)
    boosting.fit(matrix, (matrix[:, 0] > 0).astype(np.int64), None)
    assert max(int(tree.nodes["is_leaf"].sum()) for trees in boosting.estimators_ for tree in trees) <= 3
