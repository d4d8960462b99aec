"""The ensemble: its stack, its members, saving, and what is rejected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.ensemble import plugin, stack
from spectra import FeatureSet
from tests.unit.deepaas_plugins.halpha import CLASSES, GRID, cycle, write_features

METHOD = plugin.method
FEW = {"trees": 10, "groups": 1, "folds": 2, "inner_folds": 2, "points": 70}
RANDOM = np.random.default_rng(0)


@pytest.fixture
def features(tmp_path: Path) -> Path:
    groups: list[str | None] = [f"object-{row // 2}" for row in range(60)]
    return write_features(tmp_path / "features.parquet", cycle(60), groups)


def trained(run: Run, features: Path, **given: Any):
    parameters = load_parameters(METHOD.train_schema, {**FEW, **given})
    return METHOD.train(FeatureSet.open(features), parameters, run)


def member(target: np.ndarray, sharpness: float) -> np.ndarray:
    logits = RANDOM.normal(0, 1, (len(target), 3))
    logits[np.arange(len(target)), target] += sharpness
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True)


def test_the_better_member_weighs_more_and_the_stack_beats_both() -> None:
    target = np.arange(600) % 3
    both = np.stack([member(target, 2.0), member(target, 0.7)])
    found = stack.fit(both, target, np.ones(600), prior_step=False)
    assert found.weights[0] > found.weights[1] > 0
    right = [float(np.mean(each.argmax(axis=1) == target)) for each in (*both, found.combine(both))]
    assert right[2] > max(right[:2])
    assert found.combine(both).sum(axis=1) == pytest.approx(np.ones(600))
    assert not found.steps.any()


def test_an_ensemble_is_judged_beside_its_members_and_saved_with_them(
    run: Run, features: Path, tmp_path: Path
) -> None:
    model = trained(run, features)
    assert model.classes == list(CLASSES)
    assert run.metrics["balanced_accuracy"] > 0.9
    assert {"balanced_accuracy:trees", "balanced_accuracy:convolutions", "weight:trees"} <= run.metrics.keys()
    views = {each["id"] for each in json.loads((run.folder / "report/report.json").read_text())["views"]}
    assert {"members", "confusion", "quality", "leakage", "baselines"} <= views
    model.save(tmp_path / "model")
    batch = FeatureSet.open(features).take(range(6))
    loaded = METHOD.load(tmp_path / "model")
    assert loaded.predict(batch, {"probabilities": True}) == model.predict(batch, {"probabilities": True})
    assert "probabilities" not in loaded.predict(batch, {"probabilities": False})[0]
    short = type(batch)(
        batch.flux[:, :100], GRID[:100], batch.names, batch.labels, batch.groups, batch.sources
    )
    with pytest.raises(InvalidInput, match="100 features, the model was trained on 140"):
        loaded.predict(short, {"probabilities": True})


def test_ordinal_classes_are_answered_with_their_place(run: Run, tmp_path: Path) -> None:
    step = np.arange(60) % 6
    line = np.exp(-0.5 * ((GRID - 6564.6) / 8.0) ** 2)
    flux = 1.0 - 0.14 * step[:, None] * line + RANDOM.normal(0.0, 0.004, (60, len(GRID)))
    path = write_features(tmp_path / "s.parquet", [f"M{each}" for each in step], flux=flux)
    model = trained(run, path, task="ordinal", representation="flux")
    assert run.metrics["within_1"] > 0.7
    model.save(tmp_path / "model")
    answer = METHOD.load(tmp_path / "model").predict(
        FeatureSet.open(path).take([3]), {"probabilities": False}
    )
    assert answer[0]["value"] == pytest.approx(63.0, abs=1.0)


def test_more_spectra_than_allowed_are_rejected_before_compute(run: Run, tmp_path: Path) -> None:
    path = write_features(tmp_path / "f.parquet", cycle(120))
    with pytest.raises(InvalidInput, match="120 labelled spectra are more than maximum_rows = 100"):
        trained(run, path, maximum_rows=100)


def test_members_and_numbers_that_do_not_fit_the_card_are_not_loaded(
    run: Run, features: Path, tmp_path: Path
) -> None:
    trained(run, features, folds=0).save(tmp_path / "model")
    path = tmp_path / "model" / "model.json"
    card = json.loads(path.read_text())
    for change, message in (
        ({"details": card["details"] | {"weights": [1.0]}}, "weights are not 2 finite numbers"),
        ({"details": card["details"] | {"steps": "none"}}, "steps are no numbers"),
        ({"classes": ["a", "b", "c"]}, "other classes than its card"),
    ):
        path.write_text(json.dumps(card | change))
        with pytest.raises(InvalidInput, match=message):
            METHOD.load(tmp_path / "model")
    path.write_text(json.dumps(card))
    (tmp_path / "model" / "members" / "trees" / "trees.npz").write_bytes(b"PK nothing")
    with pytest.raises(InvalidInput, match="damaged"):
        METHOD.load(tmp_path / "model")
