"""Random convolutions: features, ridge, decision, training, and loading what is not trusted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract.errors import Cancelled, InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.convolutions import decision, plugin, ridge
from deepaas_plugins.methods.convolutions.kernels import GROUP, LENGTH, Kernels, standardised
from deepaas_plugins.methods.spectral_features import weights
from deepaas_plugins.methods.spectral_features.prior import recall_mean
from spectra import FeatureSet
from tests.unit.deepaas_plugins.halpha import CLASSES, GRID, cycle, profiles, write_features

METHOD = plugin.method
SMALL = {"groups": 2, "segments": 8, "folds": 3}


def trained(run: Run, features: Path, **given: Any):
    parameters = load_parameters(METHOD.train_schema, {**SMALL, **given})
    return METHOD.train(FeatureSet.open(features), parameters, run)


def views_of(run: Run) -> dict[str, Any]:
    report = json.loads((run.folder / "report" / "report.json").read_text())
    return {view["id"]: view for view in report["views"]}


@pytest.fixture
def features(tmp_path: Path) -> Path:
    groups: list[str | None] = [f"object-{row // 2}" for row in range(90)]
    return write_features(tmp_path / "features.parquet", cycle(90), groups)


def drawn(columns: int = 140, **given: Any) -> Kernels:
    return Kernels.draw(columns, **{"groups": 2, "segments": 4, "points": 512, "seed": 0, **given})


def test_features_are_those_of_the_plain_definition() -> None:
    kernels = drawn(40, groups=1, segments=3)
    spectra = profiles(GRID, cycle(3)).astype(np.float32)[:, :40]
    found = kernels.features(spectra).reshape(3, len(kernels.weights), 2, 2, GROUP, 3)
    for row, spectrum in enumerate(standardised(spectra)):
        for number, series in enumerate((spectrum, np.diff(spectrum))):
            for place, dilation in enumerate((1, 2, 4)):
                expected = np.zeros((2, GROUP, 3))
                padded = np.pad(series, LENGTH // 2 * dilation)
                for point in range(len(series)):
                    window = padded[point : point + LENGTH * dilation : dilation][:LENGTH]
                    response = kernels.weights[place, number] @ window
                    segment = point * 3 // len(series)
                    expected[0, response.argmax(), segment] += response.max()
                    expected[1, response.argmin(), segment] += 1
                np.testing.assert_allclose(
                    found[row, place, number], np.sqrt(np.maximum(expected, 0)), atol=2e-3
                )


def test_the_features_of_a_spectrum_do_not_depend_on_those_beside_it_nor_on_its_brightness() -> None:
    kernels, spectra = drawn(), profiles(GRID, cycle(30)).astype(np.float32)
    whole = kernels.features(spectra)
    np.testing.assert_allclose(kernels.features(spectra[7:8]), whole[7:8], atol=1e-3)
    assert np.median(np.abs(kernels.features(100 * spectra) - whole)) < 1e-4


def test_points_without_flux_and_spectra_without_any_are_no_features() -> None:
    kernels, spectra = drawn(400), np.random.default_rng(0).normal(1.0, 0.1, (2, 400)).astype(np.float32)
    spectra[0, :200] = 0.0
    spectra[1] = 0.0
    found = kernels.features(spectra).reshape(2, -1, 4)
    assert np.isfinite(found).all()
    assert not found[1].any()
    assert found[0, :, 3].any()
    assert not standardised(spectra)[0, :200].any()


def test_a_spike_does_not_set_the_scale() -> None:
    spectrum = np.random.default_rng(0).normal(1.0, 0.1, (1, 300)).astype(np.float32)
    spiked = spectrum.copy()
    spiked[0, 5] = 2000.0
    assert np.abs(standardised(spiked)[0, 6:] - standardised(spectrum)[0, 6:]).max() < 0.2


def test_long_spectra_are_averaged_down_and_short_ones_keep_the_kernels_that_fit() -> None:
    assert drawn(4000).weights.shape[0] == 6
    assert drawn(4000, points=64).weights.shape[0] == 3
    assert drawn(4000).features(np.ones((1, 4000), dtype=np.float32)).shape == (1, drawn(4000).size)
    assert drawn(9).weights.shape[0] == 1
    with pytest.raises(InvalidInput, match="8 columns, fewer than the 9 points"):
        drawn(8)


def test_predictions_for_left_out_objects_are_those_of_a_ridge_without_them() -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(40, 60)).astype(np.float16)
    target, of_rows = random.normal(size=(40, 2)), random.uniform(0.5, 2.0, 40)
    members = np.arange(40) // 4
    fitted, left_out = ridge.fit(
        features, target, of_rows, members, lambda outputs: float(abs(outputs).sum())
    )
    standard = (features.astype(np.float64) - fitted.mean) / fitted.scale
    centre = np.average(target, axis=0, weights=of_rows)
    kernel = standard @ standard.T / 60 + 1.0
    for each in range(10):
        rest = members != each
        system = kernel[np.ix_(rest, rest)] + np.diag(fitted.penalty * of_rows.mean() / of_rows[rest])
        expected = kernel[np.ix_(~rest, rest)] @ np.linalg.solve(system, target[rest] - centre) + centre
        np.testing.assert_allclose(left_out[~rest], expected, atol=1e-4)


def test_objects_and_classes_weigh_by_their_powers() -> None:
    members = np.array([0, 0, 0, 0, 1])
    half = weights.of_objects(members, 0.5)
    assert half[4] / half[0] == pytest.approx(2.0)
    assert weights.of_objects(members, 0.0) == pytest.approx(np.ones(5))
    target = np.array([0, 0, 0, 0, 1])
    balanced = weights.of_classes(target, np.ones(5), 1.0)
    assert np.bincount(target, weights=balanced) == pytest.approx([2.5, 2.5])
    assert weights.of_classes(target, half, 0.0) == pytest.approx(half)


def test_a_prior_step_helps_the_class_that_loses_too_often() -> None:
    random = np.random.default_rng(0)
    target = np.repeat([0, 1], [300, 60])
    outputs = random.normal(0.0, 0.3, (360, 2)) + np.eye(2)[target] + np.array([0.5, 0.0])
    chosen = decision.fit(outputs, target, np.ones(360), prior_step=True)
    before = recall_mean(outputs.argmax(axis=1), target, np.ones(360))
    after = recall_mean(chosen.probabilities(outputs).argmax(axis=1), target, np.ones(360))
    assert after > before + 0.02
    assert chosen.steps[1] > chosen.steps[0]
    assert not decision.fit(outputs, target, np.ones(360), prior_step=False).steps.any()


def test_the_model_learns_the_profiles_and_reports_as_every_classifier_does(run: Run, features: Path) -> None:
    model = trained(run, features)
    assert model.classes == list(CLASSES)
    assert run.metrics["balanced_accuracy"] > 0.95
    assert run.metrics["calibration_error"] < 0.15
    views = views_of(run)
    assert {"confusion", "quality", "classes", "confidence", "misclassified", "uncertain"} <= views.keys()
    assert {"leakage", "baselines", "importance"} <= views.keys()
    assert views["confusion"]["data"]["split"] == "cross-validation"
    assert sum(map(sum, views["confusion"]["data"]["counts"])) == 90


def test_importance_is_where_the_line_is(run: Run, features: Path) -> None:
    trained(run, features)
    for curve in views_of(run)["importance"]["data"]["series"]:
        best = curve["x"][int(np.argmax(curve["y"]))]
        assert abs(best - 6564.6) < 45.0, curve


def test_a_saved_model_predicts_as_before_and_in_any_batch(run: Run, features: Path, tmp_path: Path) -> None:
    model = trained(run, features)
    model.save(tmp_path / "model")
    batch = FeatureSet.open(features).take(range(10))
    loaded = METHOD.load(tmp_path / "model")
    assert loaded.predict(batch, {"probabilities": True}) == model.predict(batch, {"probabilities": True})
    alone = [loaded.predict(batch.select([row]), {"probabilities": True})[0] for row in range(10)]
    for one, other in zip(alone, loaded.predict(batch, {"probabilities": True}), strict=True):
        assert one["label"] == other["label"]
        assert one["probabilities"] == pytest.approx(other["probabilities"], abs=1e-3)
        assert sum(one["probabilities"].values()) == pytest.approx(1.0)
    assert "probabilities" not in loaded.predict(batch, {"probabilities": False})[0]


@pytest.mark.parametrize("representation", ["log_high_pass", "log"])
def test_a_representation_is_learned_from_and_comes_back_with_the_model(
    run: Run, features: Path, tmp_path: Path, representation: str
) -> None:
    given = {"representation": representation, "smoothing": 1.0, "folds": 0}
    model = trained(run, features, **given)
    model.save(tmp_path / "model")
    batch = FeatureSet.open(features).take(range(10))
    loaded = METHOD.load(tmp_path / "model")
    assert loaded.predict(batch, {"probabilities": True}) == model.predict(batch, {"probabilities": True})
    plain = trained(run, features, folds=0)
    assert not np.allclose(plain.coefficients, loaded.coefficients)
    card = tmp_path / "model" / "model.json"
    card.write_text(card.read_text().replace(f'"{representation}"', '"log_stack"'))
    with pytest.raises(InvalidInput, match="unknown representation"):
        METHOD.load(tmp_path / "model")


def test_the_same_seed_gives_the_same_model(run: Run, features: Path) -> None:
    one, other = trained(run, features, folds=0), trained(run, features, folds=0)
    assert np.array_equal(one.coefficients, other.coefficients)
    assert not np.array_equal(one.kernels.weights, trained(run, features, folds=0, seed=1).kernels.weights)


def test_without_folds_objects_that_were_left_out_are_reported(run: Run, features: Path) -> None:
    trained(run, features, folds=0)
    assert views_of(run)["confusion"]["data"]["split"] == "left-out objects"
    assert run.metrics["balanced_accuracy"] > 0.9


def test_a_test_set_is_judged_apart(run: Run, features: Path) -> None:
    trained(run, features, test_fraction=0.25)
    views = views_of(run)
    held = sum(map(sum, views["confusion-test"]["data"]["counts"]))
    assert held + sum(map(sum, views["confusion"]["data"]["counts"])) == 90
    assert run.metrics["test_balanced_accuracy"] > 0.9


def test_numbers_are_learned_and_told_with_their_spread(run: Run, tmp_path: Path) -> None:
    strength = np.linspace(200.0, 1000.0, 80)
    ratio = strength[:, None] / 1000
    lines = [np.exp(-0.5 * ((GRID - centre) / 5.0) ** 2) for centre in (6564.6, 6680.0)]
    flux = 1.0 + ratio * lines[0] + (1.2 - ratio) * lines[1]
    flux += np.random.default_rng(0).normal(0.0, 0.02, flux.shape)
    path = write_features(tmp_path / "f.parquet", list(strength), flux=flux)
    model = trained(run, path, task="regression")
    assert run.metrics["r2"] > 0.9
    assert {"predicted-true", "worst", "quality", "leakage", "baselines"} <= views_of(run).keys()
    model.save(tmp_path / "model")
    answers = METHOD.load(tmp_path / "model").predict(FeatureSet.open(path).take([20, 60]), {})
    assert [each["value"] for each in answers] == pytest.approx(strength[[20, 60]], abs=120)
    assert 0 < answers[0]["spread"] < 120


def test_of_many_spectra_only_so_many_are_drawn(run: Run, tmp_path: Path) -> None:
    path = write_features(tmp_path / "f.parquet", cycle(150))
    trained(run, path, maximum_rows=100)
    assert run.metrics["spectra_drawn"] == 100
    assert sum(map(sum, views_of(run)["confusion"]["data"]["counts"])) == 100
    assert len(np.load(run.folder / "report" / "confusion-marks.npy")) == 150


@pytest.mark.parametrize(
    ("labels", "given", "message"),
    [
        (["absorption"] * 20, {}, "All 20 labelled spectra are of one class"),
        (["absorption", "double"] * 2, {"folds": 5}, "4 labelled spectra are fewer than the 5 folds"),
        (cycle(30), {"task": "regression"}, "'absorption' of spectrum star-0 is no number"),
    ],
)
def test_what_cannot_be_learned_from_is_rejected_in_a_sentence(
    run: Run, tmp_path: Path, labels: list[str], given: dict[str, Any], message: str
) -> None:
    path = write_features(tmp_path / "f.parquet", labels)
    with pytest.raises(InvalidInput, match=message):
        trained(run, path, **given)


def test_training_stops_when_the_run_is_cancelled(run: Run, features: Path) -> None:
    run.cancel()
    with pytest.raises(Cancelled):
        trained(run, features)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("coefficients", np.zeros((3, 3)), "coefficients is not an array of shape"),
        ("intercept", np.array([0.0, np.nan, 0.0]), "intercept has numbers that are not finite"),
        ("shape", np.array([140, 512, 10**9]), "do not fit"),
        ("shape", np.array([0, 512, 8]), "no positive numbers"),
        ("kernels", np.zeros((5, 2, 12, 9), dtype=np.float32), "no whole groups"),
        ("sharpness", np.array("much"), "sharpness is not an array"),
    ],
)
def test_arrays_that_do_not_belong_together_are_not_loaded(
    run: Run, features: Path, tmp_path: Path, name: str, value: Any, message: str
) -> None:
    trained(run, features, folds=0).save(tmp_path / "model")
    path = tmp_path / "model" / "convolutions.npz"
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **{**arrays, name: value})
    with pytest.raises(InvalidInput, match=message):
        METHOD.load(tmp_path / "model")


def test_a_pickled_array_or_no_archive_is_not_loaded(run: Run, features: Path, tmp_path: Path) -> None:
    trained(run, features, folds=0).save(tmp_path / "model")
    path = tmp_path / "model" / "convolutions.npz"
    np.savez(path, kernels=np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(InvalidInput, match="damaged"):
        METHOD.load(tmp_path / "model")
    path.write_bytes(b"PK nothing")
    with pytest.raises(InvalidInput, match="damaged"):
        METHOD.load(tmp_path / "model")
    path.unlink()
    with pytest.raises(InvalidInput, match="missing"):
        METHOD.load(tmp_path / "model")


def test_spectra_of_another_length_are_rejected(run: Run, features: Path) -> None:
    model = trained(run, features, folds=0)
    batch = FeatureSet.open(features).take([0])
    short = type(batch)(
        batch.flux[:, :100], GRID[:100], batch.names, batch.labels, batch.groups, batch.sources
    )
    with pytest.raises(InvalidInput, match="100 features, the model was trained on 140"):
        model.predict(short, {"probabilities": True})


def test_predicting_needs_numpy_alone(run: Run, features: Path, tmp_path: Path) -> None:
    trained(run, features, folds=0).save(tmp_path / "model")
    code = (
        "import sys, pathlib; from deepaas_plugins.methods.convolutions import plugin;"
        f"plugin.method.load(pathlib.Path({str(tmp_path / 'model')!r}));"
        "print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert {"sklearn", "scipy", "astropy", "pyarrow"}.isdisjoint(loaded.split())


def test_synthetic_rows_change_the_ridge_but_not_what_judges_it(run: Run, tmp_path: Path) -> None:
    labels = [CLASSES[0]] * 50 + [CLASSES[1]] * 8 + [CLASSES[2]] * 8
    path = write_features(tmp_path / "rare.parquet", labels, [f"object-{row}" for row in range(66)])
    plain, made = (trained(run, path, oversampling=given, folds=0) for given in ("none", "smote"))
    assert not np.array_equal(plain.coefficients, made.coefficients)
    features = FeatureSet.open(path)
    batch = features.take(np.arange(features.rows))
    found = made.class_probabilities(batch).argmax(axis=1)
    assert np.mean(found == np.array([made.classes.index(label) for label in labels])) > 0.9
