"""Several numbers at once: labels, machines, weights, intervals, saving, and what is rejected."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.parameters import plugin, targets
from deepaas_plugins.methods.parameters.fitting import robust_weights
from deepaas_plugins.methods.parameters.machine import Machine
from spectra import FeatureSet
from tests.unit.deepaas_plugins.halpha import GRID, write_features

METHOD = plugin.method
FEW = {"folds": 3, "trees": 10, "components": 8}
RANDOM = np.random.default_rng(0)


def written(path: Path, rows: int = 90) -> Path:
    """Write spectra with one line for a temperature and one for a metallicity."""
    random = np.random.default_rng(1)
    teff, feh = random.uniform(3500.0, 9000.0, rows), random.uniform(-2.0, 0.5, rows)
    lines = [np.exp(-0.5 * ((GRID - centre) / 6.0) ** 2) for centre in (6564.6, 6680.0)]
    depth = (np.log(teff / 3500.0) / 1.2)[:, None] * lines[0] + (feh[:, None] + 2.2) / 4.0 * lines[1]
    flux = 1.0 - 0.8 * depth + random.normal(0.0, 0.004, depth.shape)
    labels = [f"teff={one:.1f}; feh={other:.3f}" for one, other in zip(teff, feh, strict=True)]
    return write_features(path, labels, flux=flux)


@pytest.fixture
def features(tmp_path: Path) -> Path:
    return written(tmp_path / "f.parquet")


def trained(run: Run, features: Path, **given: Any):
    return METHOD.train(
        FeatureSet.open(features), load_parameters(METHOD.train_schema, {**FEW, **given}), run
    )


def test_values_are_learned_and_answered_alike_by_the_saved_model(
    run: Run, features: Path, tmp_path: Path
) -> None:
    model = trained(run, features)
    assert run.metrics["robust_sigma:teff"] < 250
    assert run.metrics["robust_sigma:feh"] < 0.15
    assert model.held_out is not None
    assert model.held_out.targets == ("teff", "feh")
    assert model.held_out.values.shape == model.held_out.truths.shape == (90, 2)
    views = {each["id"] for each in json.loads((run.folder / "report/report.json").read_text())["views"]}
    assert {"quality", "predicted-true-teff", "residuals-feh", "pull-teff", "outlying-feh"} <= views
    assert {"baselines", "baselines-feh", "leakage"} <= views
    assert run.metrics["beats_baselines:feh"] in (0.0, 1.0)
    model.save(tmp_path / "model")
    batch = FeatureSet.open(features).take(range(8))
    loaded = METHOD.load(tmp_path / "model")
    answers = loaded.predict(batch, {})
    assert answers == model.predict(batch, {})
    assert set(answers[0]) == {"name", "teff", "feh"}
    code = (
        "import sys, pathlib; from deepaas_plugins.methods.parameters import plugin;"
        f"plugin.method.load(pathlib.Path({str(tmp_path / 'model')!r})); print(*sys.modules)"
    )
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert {"sklearn", "skops", "pyarrow"}.isdisjoint(modules.split())


def test_values_may_have_any_name_that_labels_have(run: Run, tmp_path: Path) -> None:
    rows = 40
    strength = np.linspace(0.2, 1.0, rows)
    flux = 1.0 - strength[:, None] * np.exp(-0.5 * ((GRID - 6564.6) / 6.0) ** 2)
    flux += np.random.default_rng(0).normal(0.0, 0.01, flux.shape)
    labels = [f"Teff={5000 + 10 * row}; fe_h={value:.2f}; FE_H={row}" for row, value in enumerate(strength)]
    trained(run, write_features(tmp_path / "g.parquet", labels, flux=flux))
    views = {each["id"] for each in json.loads((run.folder / "report/report.json").read_text())["views"]}
    assert len([each for each in views if each.startswith("residuals-")]) == 3


@pytest.mark.parametrize(
    ("label", "values"),
    [
        ("5780", {"value": 5780.0}),
        ("teff=5780; logg=4.44,feh=-0.1", {"teff": 5780.0, "logg": 4.44, "feh": -0.1}),
        ("teff=nan; feh=-", {}),
    ],
)
def test_a_label_holds_one_number_or_several_with_names(label: str, values: dict[str, float]) -> None:
    assert targets.parse(label, "star") == values


@pytest.mark.parametrize("label", ["G2 V", "teff=hot", "teff=1;teff=2", "=3", "teff=inf", "name=4"])
def test_a_label_that_is_no_number_is_rejected(label: str) -> None:
    with pytest.raises(InvalidInput, match="of spectrum star-7"):
        targets.parse(label, "star-7")


def test_rows_that_lack_a_value_are_left_out() -> None:
    names, rows, values = targets.table(["a=1;b=2", None, "a=3", "b=4;a=5"], ["w", "x", "y", "z"])
    assert (names, rows.tolist(), values.tolist()) == (["a", "b"], [0, 3], [[1.0, 2.0], [5.0, 4.0]])
    with pytest.raises(InvalidInput, match="each of a, b"):
        targets.table(["a=1", "b=2"], ["w", "x"])


def test_temperatures_are_learned_as_logarithms_and_come_back() -> None:
    values = np.array([[4000.0, 1.0], [8000.0, 4.0], [6000.0, 2.0]])
    scaling = targets.Scaling.of_values(values, automatic=True)
    assert scaling.logarithm.tolist() == [True, False]
    assert scaling.values(scaling.standard(values)) == pytest.approx(values)
    assert not targets.Scaling.of_values(values, automatic=False).logarithm.any()


def test_a_machine_equals_that_of_scikit_learn_and_is_checked_when_read() -> None:
    matrix = RANDOM.normal(size=(40, 6)).astype(np.float32)
    target = np.stack([matrix[:, 0], matrix[:, 1] ** 2], axis=1).astype(np.float64)
    machine = Machine.fit(matrix, target, cost=10.0, gamma=0.5, components=5, seed=0)
    assert np.abs(machine.predict(matrix) - target).mean() < 0.3
    again = Machine.of_arrays(machine.arrays(), 6, 2)
    assert np.array_equal(again.predict(matrix), machine.predict(matrix))
    for name in ("dual", "gamma", "axes"):
        with pytest.raises(ValueError, match="machine"):
            Machine.of_arrays({**machine.arrays(), name: np.zeros((3, 3, 3))}, 6, 2)


def test_weights_prefer_the_better_member_and_do_not_follow_wrong_labels() -> None:
    target = RANDOM.normal(size=200)
    answers = np.stack([target + RANDOM.normal(0, 0.05, 200), target + RANDOM.normal(0, 1.0, 200)], axis=1)
    target[:10] += 50.0
    weights = robust_weights(answers, target)
    assert weights.sum() == pytest.approx(1.0)
    assert weights[0] > 0.9


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["5"] * 30, "All 30 values of value are 5"),
        ([str(each) for each in range(9)], "9 labelled spectra are too few"),
    ],
)
def test_what_cannot_be_learned_is_rejected(
    run: Run, tmp_path: Path, labels: list[str], message: str
) -> None:
    path = write_features(tmp_path / "g.parquet", labels, flux=np.ones((len(labels), len(GRID))))
    with pytest.raises(InvalidInput, match=message):
        trained(run, path)


def test_damaged_arrays_are_not_loaded(run: Run, features: Path, tmp_path: Path) -> None:
    trained(run, features).save(tmp_path / "model")
    path = tmp_path / "model" / "parameters.npz"
    with np.load(path) as file:
        arrays = dict(file)
    for name, value in (
        ("weights", np.zeros((2, 2))),
        ("share", arrays["share"] * np.nan),
        ("trees_feature", arrays["trees_feature"] + 10**6),
        ("logarithm", np.array(["yes", "no"])),
    ):
        np.savez(path, **{**arrays, name: value})
        with pytest.raises(InvalidInput, match="damaged"):
            METHOD.load(tmp_path / "model")
    path.write_bytes(b"PK nothing")
    with pytest.raises(InvalidInput, match="damaged"):
        METHOD.load(tmp_path / "model")
