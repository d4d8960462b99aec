"""Convolutional networks: training, resuming, numbers, what is rejected, serving without TensorFlow."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract import registry
from deepaas_plugins.contract.checkpoints import Checkpoint, Checkpoints
from deepaas_plugins.contract.errors import Cancelled, InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.cnn.calibration import softmax
from deepaas_plugins.methods.cnn.fits.augmentation import Augmentation, noise_levels, shifted, velocity_slope
from deepaas_plugins.methods.cnn.fits.inputs import Inputs
from deepaas_plugins.methods.cnn.networks import keras_archive
from deepaas_plugins.methods.spectral_features.representation import Representation
from spectra import FeatureSet
from tests.methods.networks import need_tensorflow, trained
from tests.unit.deepaas_plugins.halpha import CLASSES, GRID, cycle, profiles, write_features

NAMED = "teff={:.1f}; depth={:.3f}"


@pytest.fixture(autouse=True)
def _tensorflow() -> None:
    need_tensorflow()


@pytest.fixture
def features(tmp_path: Path) -> Path:
    return write_features(
        tmp_path / "features.parquet", cycle(90), [f"object-{row // 2}" for row in range(90)]
    )


def views_of(run: Run) -> dict[str, Any]:
    report = json.loads((run.folder / "report" / "report.json").read_text())
    return {view["id"]: view for view in report["views"]}


def test_the_network_learns_the_profiles_and_reports_as_every_classifier_does(
    run: Run, features: Path
) -> None:
    model = trained(
        run, features, folds=2, epochs=20, points=70, noise=1.0, radial_velocity=20.0, tilt=0.1, gaps=0.1
    )
    assert model.classes == list(CLASSES)
    assert run.metrics["balanced_accuracy"] > 0.9
    views = views_of(run)
    assert {"training", "confusion", "quality", "leakage", "baselines", "importance", "importance-0"} <= set(
        views
    )
    assert [one["name"] for one in views["training"]["data"]["series"]] == ["training", "validation"]
    importance = views["importance"]["data"]["series"]
    emission = next(one for one in importance if one["name"] == "emission")
    peak = emission["x"][int(np.argmax(emission["y"]))]
    assert abs(peak - 6564.6) < 20
    assert model.held_out is not None
    assert len(model.held_out.rows) == 90


def test_a_saved_model_predicts_the_same_without_tensorflow(run: Run, features: Path, tmp_path: Path) -> None:
    model = trained(run, features, members=2, epochs=2)
    model.save(tmp_path / "model")
    expected = model.predict(FeatureSet.open(features).take(range(4)), {"probabilities": True})
    program = (
        "import sys, json; from pathlib import Path; from spectra import FeatureSet\n"
        "from deepaas_plugins.pipeline.predictor import Predictor\n"
        "predictor = Predictor(Path(sys.argv[1]))\n"
        "batch = FeatureSet.open(sys.argv[2]).take(range(4))\n"
        "found = predictor.model.predict(batch, {'probabilities': True})\n"
        "loaded = {name.split('.')[0] for name in sys.modules}\n"
        "print(json.dumps([found, sorted(loaded & {'tensorflow', 'keras', 'sklearn'})]))\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "model"), str(features)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found, loaded = json.loads(done.stdout)
    assert loaded == []
    for one, other in zip(found, expected, strict=True):
        assert one["label"] == other["label"]
        assert one["probabilities"] == pytest.approx(other["probabilities"], abs=1e-6)


def test_the_files_for_keras_answer_what_the_graph_answers(run: Run, features: Path, tmp_path: Path) -> None:
    import keras  # noqa: PLC0415 - it may be missing

    model = trained(run, features, members=2, epochs=2, folds=0, points=0)
    model.save(tmp_path / "model")
    spectra = FeatureSet.open(features).matrix()
    centre, scale = Inputs(Representation(), spectra, GRID).measure(np.arange(len(spectra)))
    cube = ((spectra - centre) / scale)[:, :, None]
    members = []
    for number in range(2):
        path = tmp_path / "model" / f"network-{number}.keras"
        keras_archive.check(path)
        network = keras.saving.load_model(path, safe_mode=True, compile=False)
        members.append(softmax(np.asarray(network(cube, training=False), dtype=np.float64)))
    np.testing.assert_allclose(model.graph.answers(spectra), np.mean(members, axis=0), atol=1e-4)


def interrupted(tmp_path: Path, features: Path, after: int, **given: Any) -> Checkpoint:
    """Train until so many epochs have ended; return the checkpoint that is left."""
    with Run(tmp_path / "first", checkpoints=Checkpoints(tmp_path / "first", every_s=0)) as run:
        ended = []

        def stop(*_: Any) -> None:
            ended.append(1)
            if len(ended) > after:
                raise Cancelled

        run.progress = stop  # type: ignore[method-assign]
        with pytest.raises(Cancelled):
            trained(run, features, **given)
    folder = next(path for path in (tmp_path / "first" / "checkpoint").iterdir() if path.is_dir())
    return Checkpoint(folder, int(folder.name))


@pytest.mark.parametrize(("after", "teacher"), [(4, "none"), (8, "none"), (5, "published")])
def test_a_killed_training_goes_on_to_the_same_weights(
    after: int, teacher: str, features: Path, tmp_path: Path
) -> None:
    given = {"folds": 2, "epochs": 3, "mixup": 0.2, "gaps": 0.2, "teacher": teacher}
    with Run(tmp_path / "whole") as run:
        whole, metrics = trained(run, features, **given), run.metrics
    brought = interrupted(tmp_path, features, after, **given)
    with Run(tmp_path / "second", checkpoints=Checkpoints(tmp_path / "second", brought=brought)) as run:
        again = trained(run, features, **given)
        assert run.metrics == metrics
    assert again.graph.content == whole.graph.content
    assert again.outputs.sharpness == whole.outputs.sharpness


def test_a_checkpoint_of_another_training_is_not_used(
    features: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    brought = interrupted(tmp_path, features, 2, epochs=3)
    with Run(tmp_path / "second", checkpoints=Checkpoints(tmp_path / "second", brought=brought)) as run:
        trained(run, features, epochs=2)
    assert "begins anew" in capsys.readouterr().out


def test_several_numbers_are_learned_though_some_are_missing(run: Run, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    depth = random.uniform(0.2, 1.0, 120)
    flux = 1.0 - depth[:, None] * np.exp(-0.5 * ((GRID - 6564.6) / 6.0) ** 2)
    labels = [NAMED.format(4000 + 3000 * one, one) for one in depth]
    labels[::3] = [label.split(";")[0] for label in labels[::3]]
    path = write_features(tmp_path / "values.parquet", labels, flux=flux + random.normal(0, 0.02, flux.shape))
    model = trained(run, path, task="regression", folds=2, epochs=25, learning_rate=0.01)
    assert model.targets == ["teff", "depth"]
    assert run.metrics["robust_sigma:depth"] < 0.1
    assert {"predicted-true-teff", "outlying-depth", "baselines", "baselines-depth"} <= set(views_of(run))
    assert {"baseline_mean", "baseline_mean:depth", "beats_baselines:depth"} <= set(run.metrics)
    model.save(tmp_path / "model")
    batch = FeatureSet.open(path).take([0, 1])
    first = registry.method("cnn").load(tmp_path / "model").predict(batch, {"probabilities": True})[0]
    assert model.held_out.targets == ("teff", "depth")
    assert np.isnan(model.held_out.truths).any()
    assert first["depth"] == pytest.approx(depth[0], abs=0.2)


def test_a_training_goes_on_from_the_weights_of_a_saved_model(
    run: Run, features: Path, tmp_path: Path
) -> None:
    trained(run, features, epochs=12).save(tmp_path / "model")
    start = registry.method("cnn").load(tmp_path / "model")
    with Run(tmp_path / "out") as second:
        more = trained(second, features, start, epochs=1, learning_rate=1e-6, averaging=0.0)
    batch = FeatureSet.open(features).take(range(20))
    seen = start.representation.of_spectra(batch.flux)
    np.testing.assert_allclose(more.graph.answers(seen), start.graph.answers(seen), atol=0.02)
    with pytest.raises(InvalidInput, match="may have learned from spectra of a test set"):
        trained(run, features, start, test_fraction=0.2)


def test_numbers_go_on_though_they_are_scaled_anew(run: Run, tmp_path: Path) -> None:
    depth = np.linspace(0.2, 1.0, 60)
    flux = 1.0 + depth[:, None] * np.exp(-0.5 * ((GRID - 6564.6) / 5.0) ** 2)
    labels = [NAMED.format(5000 + 1000 * one, one) for one in depth]
    whole = write_features(tmp_path / "a.parquet", labels, flux=flux)
    part = write_features(tmp_path / "b.parquet", labels[30:], flux=flux[30:])
    trained(run, whole, task="regression", epochs=15).save(tmp_path / "model")
    start = registry.method("cnn").load(tmp_path / "model")
    with Run(tmp_path / "out") as second:
        more = trained(second, part, start, task="regression", epochs=1, learning_rate=1e-6, averaging=0.0)
    batch = FeatureSet.open(part).take(range(10))
    np.testing.assert_allclose(more.values(batch.flux), start.values(batch.flux), rtol=0.1)
    other = write_features(tmp_path / "c.parquet", [f"teff={5000 + row}" for row in range(60)], flux=flux)
    with pytest.raises(InvalidInput, match="start model answers teff, depth, the labels give teff"):
        trained(run, other, start, task="regression")


def test_labels_from_which_nothing_can_be_learned_are_told(run: Run, tmp_path: Path) -> None:
    one_object = ["A", "A", "B", "B", "C", "C"] * 5
    groups: list[str | None] = [
        f"{label}{row if label != 'C' else ''}" for row, label in enumerate(one_object)
    ]
    flux = np.random.default_rng(0).normal(size=(30, len(GRID)))
    path = write_features(tmp_path / "one.parquet", one_object, groups, flux)
    with pytest.raises(InvalidInput, match="Class C has one object only"):
        trained(run, path)
    path = write_features(tmp_path / "words.parquet", ["1.0", "hot"] * 15, flux=flux)
    with pytest.raises(
        InvalidInput, match="'hot' of spectrum star-1 says that value is 'hot', which is no number"
    ):
        trained(run, path, task="regression")
    path = write_features(tmp_path / "constant.parquet", ["1.0"] * 30, flux=flux)
    with pytest.raises(InvalidInput, match="All 30 values of value are 1: there is nothing to learn"):
        trained(run, path, task="regression")


def test_augmentation_keeps_lines_and_what_is_not_covered() -> None:
    flux = profiles(GRID, cycle(60)).astype(np.float32)[:, :, None]
    flux[:, :20] = 0.0
    params = {"noise": 1.0, "radial_velocity": 50.0, "tilt": 0.1, "blur": 1.0, "gaps": 0.0}
    empty = np.zeros(1, dtype=np.float32)
    made = Augmentation(params, velocity_slope(GRID), np.array([True]), empty)
    levels = noise_levels(flux[:, 20:])
    assert np.median(levels) == pytest.approx(0.03, rel=0.2)
    changed = made.apply(flux, levels, np.random.default_rng(0))
    assert not changed[:, :20].any()
    assert np.abs(changed - flux).max() > 0.1
    emission = flux[2::3, :, 0].mean(axis=0)
    assert np.corrcoef(emission, changed[2::3, :, 0].mean(axis=0))[0, 1] > 0.95
    gaps = Augmentation({**params, "gaps": 0.5}, None, np.array([True]), empty)
    assert (gaps.apply(flux, levels, np.random.default_rng(0)) == 0).mean() > (changed == 0).mean() + 0.1


def test_a_shift_is_that_of_the_velocity() -> None:
    line = np.exp(-0.5 * ((GRID - 6564.6) / 5.0) ** 2)[None, :, None].astype(np.float32)
    moved = shifted(line, 300.0 * velocity_slope(GRID)[None])
    expected = 6564.6 * (1 + 300.0 / 299_792.458)
    assert np.average(GRID, weights=moved[0, :, 0]) == pytest.approx(expected, abs=0.2)


def test_rare_classes_are_learned_with_synthetic_spectra(run: Run, tmp_path: Path) -> None:
    labels = [CLASSES[0]] * 60 + [CLASSES[1]] * 10 + [CLASSES[2]] * 10
    path = write_features(tmp_path / "rare.parquet", labels, [f"object-{row}" for row in range(80)])
    model = trained(run, path, oversampling="smote", folds=2, epochs=12, points=70)
    assert model.held_out is not None
    assert len(model.held_out.rows) == 80
    assert run.metrics["balanced_accuracy"] > 0.7
