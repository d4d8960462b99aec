from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.som.method import SelfOrganisingMap
from deepaas_plugins.methods.som.model import SomModel
from spectra import FeatureSet
from tests.unit.deepaas_plugins.halpha import GRID, cycle, profiles

from .conftest import batch_of

METHOD = SelfOrganisingMap()


def asked(**parameters: Any) -> dict[str, Any]:
    return load_parameters(METHOD.predict_schema, parameters)


@pytest.fixture
def model(features: FeatureSet, run: Run) -> SomModel:
    given = {"rows": 6, "columns": 7, "epochs": 15}
    return METHOD.train(features, load_parameters(METHOD.train_schema, given), run)


@pytest.fixture
def saved(model: SomModel, tmp_path: Path) -> Path:
    model.save(tmp_path / "model")
    return tmp_path / "model"


def test_a_loaded_model_predicts_what_the_trained_one_does(
    model: SomModel, saved: Path, features: FeatureSet
) -> None:
    batch = features.take(range(50))
    assert METHOD.load(saved).predict(batch, asked()) == model.predict(batch, asked())


def test_training_spectra_are_predicted_into_the_cells_of_the_report(
    model: SomModel, features: FeatureSet, run: Run
) -> None:
    cells = np.load(run.folder / "report" / "map-marks.npy", allow_pickle=False)
    answers = model.predict(features.take(range(300)), asked())
    assert [answer["cell"]["row"] * 7 + answer["cell"]["column"] for answer in answers] == cells.tolist()


def test_new_profiles_get_their_class_with_shares_as_probabilities(model: SomModel) -> None:
    labels = cycle(99)
    answers = model.predict(batch_of(profiles(GRID, labels, seed=5).astype(np.float32)), asked())
    right = [answer["label"] == label for answer, label in zip(answers, labels, strict=True)]
    assert np.mean(right) > 0.95
    for answer in answers:
        assert sum(answer["probabilities"].values()) == pytest.approx(1)
        assert (
            answer["probabilities"][answer["label"]]
            == answer["purity"]
            == max(answer["probabilities"].values())
        )
        assert answer["calibrated"] is False
    json.dumps(answers, allow_nan=False)


def test_a_strange_spectrum_is_an_outlier_and_a_common_one_is_not(
    model: SomModel, features: FeatureSet
) -> None:
    strange, common = model.predict(features.take([299, 5]), asked())
    assert strange["is_outlier"]
    assert not common["is_outlier"]
    assert strange["distance"] > 3 * common["distance"]


def test_the_quantile_decides_who_is_an_outlier(model: SomModel, features: FeatureSet) -> None:
    batch = features.take(range(300))
    for quantile, share in ((0.0, 1.0), (0.5, 0.5), (1.0, 0.0)):
        found = [answer["is_outlier"] for answer in model.predict(batch, asked(outlier_quantile=quantile))]
        assert np.mean(found) == pytest.approx(share, abs=0.01)


def test_a_cell_without_labels_takes_those_of_the_nearest_cell_that_has_some(model: SomModel) -> None:
    empty = np.flatnonzero(model.class_counts.sum(axis=0) == 0)
    assert len(empty) > 0, "the map of this test has cells between its groups"
    flux = model.prototypes[empty].astype(np.float32)
    answers = model.predict(batch_of(flux), asked())
    labelled = np.flatnonzero(model.class_counts.sum(axis=0))
    for number, answer in zip(empty, answers, strict=True):
        assert answer["cell"]["row"] * 7 + answer["cell"]["column"] == number
        apart = np.linalg.norm(model.prototypes[labelled] - model.prototypes[number], axis=1)
        from_cell = answer["label_cell"]["row"] * 7 + answer["label_cell"]["column"]
        assert from_cell == labelled[apart.argmin()]


def test_an_empty_batch_has_no_predictions(model: SomModel) -> None:
    assert model.predict(batch_of(np.empty((0, 140), np.float32)), asked()) == []


def test_spectra_of_another_length_or_not_finite_are_rejected(model: SomModel) -> None:
    with pytest.raises(InvalidInput, match="141 columns, the map was trained on 140"):
        model.predict(batch_of(np.ones((1, 141), np.float32)), asked())
    flux = np.ones((2, 140), np.float32)
    flux[1, 3] = np.nan
    with pytest.raises(InvalidInput, match="star-1"):
        model.predict(batch_of(flux), asked())


def test_the_card_says_what_the_model_is(saved: Path, features: FeatureSet) -> None:
    card = json.loads((saved / "model.json").read_text())
    assert card["method"] == "som"
    assert card["classes"] == ["absorption", "double", "emission"]
    assert card["calibrated"] is False
    np.testing.assert_allclose(card["wavelength"], features.wavelength)
    assert {file["path"] for file in card["files"]} >= {"prototypes.npy", "offset.npy", "class_counts.npy"}


def _change_card(folder: Path, **changes: Any) -> None:
    card = json.loads((folder / "model.json").read_text())
    card["details"] |= changes
    (folder / "model.json").write_text(json.dumps(card))


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda folder: (folder / "prototypes.npy").unlink(), "prototypes"),
        (lambda folder: (folder / "offset.npy").write_bytes(b"junk"), "offset"),
        (lambda folder: np.save(folder / "offset.npy", np.array([{}], dtype=object)), "offset"),
        (lambda folder: np.save(folder / "offset.npy", np.array(["a"])), "no numbers"),
        (lambda folder: np.save(folder / "offset.npy", np.zeros(3)), "shape"),
        (lambda folder: np.save(folder / "prototypes.npy", np.full((42, 140), np.nan)), "not finite"),
        (lambda folder: _change_card(folder, rows=7), "shape"),
        (lambda folder: _change_card(folder, topology="torus"), "topology"),
        (lambda folder: _change_card(folder, factor="many"), "does not describe a map"),
        (lambda folder: _change_card(folder, factor=0.0), "factor"),
        (lambda folder: _change_card(folder, rows=10**9), "shape"),
    ],
)
def test_a_broken_or_hostile_model_is_rejected_by_name(saved: Path, harm: Any, message: str) -> None:
    harm(saved)
    with pytest.raises(InvalidInput, match=message):
        METHOD.load(saved)


def test_an_array_that_declares_more_than_its_file_holds_is_rejected_without_allocating_it(
    saved: Path,
) -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000000), }"
    padded = header + b" " * (117 - len(header)) + b"\n"
    (saved / "offset.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded)
    with pytest.raises(InvalidInput, match="offset"):
        METHOD.load(saved)
