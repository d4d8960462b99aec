"""Forests on representations, with weights, prior steps and ordinal classes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.rdf import ordinal, plugin
from deepaas_plugins.methods.spectral_features import decision_rule, smote
from spectra import FeatureSet
from tests.unit.deepaas_plugins.halpha import GRID, cycle, write_features

METHOD = plugin.method
FEW = {"trees": 12, "folds": 3, "threads": 1, "random_split": False}
EVERYTHING = {
    "variant": "extra_trees",
    "representation": "standard_high_pass_derivative",
    "class_weight": "power",
    "object_weight": 0.5,
    "prior": "tuned",
    "templates": True,
    "points": 70,
    "smoothing": 0.5,
    "calibration": "sigmoid",
    "permutation_importance": True,
}


def trained(run: Run, features: Path, **given: Any):
    parameters = load_parameters(METHOD.train_schema, {**FEW, **given})
    return METHOD.train(FeatureSet.open(features), parameters, run)


@pytest.fixture
def features(tmp_path: Path) -> Path:
    groups: list[str | None] = [f"object-{row // 2}" for row in range(60)]
    return write_features(tmp_path / "features.parquet", cycle(60), groups)


@pytest.fixture
def scale(tmp_path: Path) -> Path:
    """Write spectra whose line grows with their type, M0 to L1."""
    step = np.arange(72) % 12
    depth = (1.0 + step) / 12.0
    flux = 1.0 - 0.8 * depth[:, None] * np.exp(-0.5 * ((GRID - 6564.6) / 8.0) ** 2)
    flux += np.random.default_rng(0).normal(0.0, 0.005, flux.shape)
    labels = [f"M{each}" if each < 10 else f"L{each - 10}" for each in step]
    return write_features(tmp_path / "scale.parquet", labels, flux=flux)


def test_a_forest_with_everything_is_saved_and_predicts_as_before(
    run: Run, features: Path, tmp_path: Path
) -> None:
    model = trained(run, features, test_fraction=0.2, **EVERYTHING)
    assert run.metrics["test_balanced_accuracy"] > 0.9
    model.save(tmp_path / "model")
    batch = FeatureSet.open(features).take(range(10))
    loaded = METHOD.load(tmp_path / "model")
    assert loaded.predict(batch, {"probabilities": True}) == model.predict(batch, {"probabilities": True})
    alone = loaded.predict(batch.select([3]), {"probabilities": True})[0]
    assert alone["probabilities"] == pytest.approx(
        model.predict(batch, {"probabilities": True})[3]["probabilities"], abs=0.05
    )
    short = type(batch)(
        batch.flux[:, :100], GRID[:100], batch.names, batch.labels, batch.groups, batch.sources
    )
    with pytest.raises(InvalidInput, match="100 features"):
        loaded.predict(short, {"probabilities": True})


@pytest.mark.parametrize("prior", ["root_count", "tuned"])
def test_a_prior_step_helps_a_rare_class_and_is_found_without_the_held_out_rows(
    run: Run, tmp_path: Path, prior: str
) -> None:
    labels = ["absorption"] * 70 + ["emission"] * 8
    flux = np.random.default_rng(0).normal(1.0, 0.02, (78, len(GRID)))
    flux[70:, 60:80] += 0.022
    path = write_features(tmp_path / "f.parquet", labels, flux=flux)
    common = {"class_weight": "none", "max_features": "fraction"}
    with Run(tmp_path / "plain") as plain:
        trained(plain, path, prior="none", **common)
    model = trained(run, path, prior=prior, **common)
    assert run.metrics["recall:emission"] >= plain.metrics["recall:emission"]
    assert model.prior[1] > model.prior[0]


def test_ordinal_classes_are_answered_by_the_median_and_judged_in_steps(
    run: Run, scale: Path, tmp_path: Path
) -> None:
    model = trained(run, scale, task="ordinal", variant="extra_trees", trees=40, max_features="all")
    assert model.classes[:2] == ["M0", "M1"]
    assert model.classes[-2:] == ["L0", "L1"]
    assert run.metrics["within_1"] > 0.8
    assert run.metrics["within_1"] >= run.metrics["within_half"]
    views = json.loads((run.folder / "report" / "report.json").read_text())["views"]
    assert {"ordinal", "scale-predicted-true", "confusion"} <= {view["id"] for view in views}
    model.save(tmp_path / "model")
    answer = METHOD.load(tmp_path / "model").predict(
        FeatureSet.open(scale).take([11]), {"probabilities": False}
    )
    assert answer[0]["value"] == pytest.approx(71.0, abs=1.0)


@pytest.mark.parametrize(
    ("name", "place"), [("3.5", 3.5), ("M7.5", 67.5), ("K3 V", 53.0), ("L", 74.5), ("-2", -2.0)]
)
def test_a_class_has_a_place_on_its_scale(name: str, place: float) -> None:
    assert ordinal.step(name) == place


@pytest.mark.parametrize("name", ["emission", "Ia", "nan", "inf"])
def test_a_class_without_a_place_is_rejected(name: str) -> None:
    with pytest.raises(InvalidInput, match=name):
        ordinal.step(name)


def test_the_median_is_where_half_of_the_probability_lies() -> None:
    probabilities = np.array([[0.4, 0.05, 0.05, 0.3, 0.2], [0.0, 0.0, 1.0, 0.0, 0.0]])
    assert decision_rule.median(probabilities).tolist() == [2, 2]
    assert decision_rule.Decision().winners(probabilities).tolist() == [0, 2]


def test_the_densest_place_is_where_neighbours_are_probable_too() -> None:
    scale = np.array([0.0, 8.0, 9.0, 20.0, 21.0])
    probabilities = np.array([[0.3, 0.1, 0.15, 0.25, 0.2]])
    rules = {"median": 2, "densest": 3}
    for rule, expected in rules.items():
        decision = decision_rule.Decision.of(scale, {"decision": rule})
        assert decision.winners(probabilities).tolist() == [expected], rule
    assert decision_rule.Decision.of(scale, {}).rule == "median"


def test_a_tuned_prior_without_folds_is_rejected(run: Run, features: Path) -> None:
    with pytest.raises(InvalidInput, match="prior = 'tuned' learns from folds"):
        trained(run, features, prior="tuned", folds=0)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("prior", [0.0], "prior is not one finite number"),
        ("prior", "much", "prior are no numbers"),
        ("scale", [0.0, float("inf"), 1.0], "scale is not one finite number"),
    ],
)
def test_a_card_whose_numbers_do_not_belong_to_its_classes_is_rejected(
    run: Run, features: Path, tmp_path: Path, name: str, value: Any, message: str
) -> None:
    trained(run, features, folds=0).save(tmp_path / "model")
    card = tmp_path / "model" / "model.json"
    content = json.loads(card.read_text())
    content["details"][name] = value
    card.write_text(json.dumps(content))
    with pytest.raises(InvalidInput, match=message):
        METHOD.load(tmp_path / "model")


def test_templates_that_are_damaged_are_not_loaded(run: Run, features: Path, tmp_path: Path) -> None:
    trained(run, features, folds=0, templates=True).save(tmp_path / "model")
    (tmp_path / "model" / "templates.npz").write_bytes(b"PK nothing")
    with pytest.raises(InvalidInput, match="damaged"):
        METHOD.load(tmp_path / "model")


def test_synthetic_spectra_of_rare_classes_are_learned_from_and_judge_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = cycle(60)
    kept = [label if row % 3 != 1 or row < 12 else labels[0] for row, label in enumerate(labels)]
    path = write_features(tmp_path / "rare.parquet", kept)
    seen: list[int] = []
    made = smote.synthetic

    def counted(matrix: Any, target: Any, rng: Any) -> Any:
        seen.append(len(matrix))
        return made(matrix, target, rng)

    monkeypatch.setattr(smote, "synthetic", counted)
    trained(run, path, oversampling="smote")
    assert seen[0] == 60
    assert max(seen[1:]) <= 40  # folds make theirs of what they learn from
    assert "oob_score" not in run.metrics
    assert run.metrics["balanced_accuracy"] > 0.5
