"""From a file to answers."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.rdf import plugin
from deepaas_plugins.pipeline.predictor import Predictor
from deepaas_plugins.pipeline.preparation import Input
from deepaas_plugins.pipeline.training import Training, train
from spectra import FeatureSet, FeatureSetWriter, Recipe
from spectra.reading.limits import Limits
from tests.unit.deepaas_plugins.halpha import cycle, write_features, write_files


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_files(tmp_path, cycle(36))


@pytest.fixture
def model(run: Run, data: Path, tmp_path: Path) -> Path:
    given = Training(
        Input("spectra", data, tmp_path / "manifest.csv", "profiles", "abc", synthetic=True),
        {"trees": 20, "folds": 3},
        None,
        {"module": "rdf", "image": "sha256:1"},
    )
    train(plugin.method, given, run)
    return run.folder / "model"


def test_a_raw_spectrum_is_prepared_as_the_training_set_was(model: Path, data: Path) -> None:
    answer = Predictor(model).answer(data / "star-2.fits", spectra_too=True)
    (result,) = answer["results"]
    assert (result["name"], result["label"]) == ("star-2", "emission")
    assert answer["model"] == {
        "method": "rdf",
        "version": answer["model"]["version"],
        "classes": ["absorption", "double", "emission"],
        "calibrated": False,
        "coverage": 0.9,
        "domain": False,
    }
    assert len(answer["prepared"]["wavelength"]) == len(answer["prepared"]["flux"][0]) == 140


def test_bytes_are_as_good_as_a_path(model: Path, data: Path) -> None:
    predictor = Predictor(model)
    path = data / "star-1.fits"
    by_path, by_bytes = predictor.answer(path)["results"], predictor.answer(path.read_bytes())["results"]
    assert by_bytes[0]["probabilities"] == by_path[0]["probabilities"]


def test_an_archive_is_answered_in_its_order_and_what_is_broken_is_listed(
    model: Path, data: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "some.zip"
    with zipfile.ZipFile(archive, "w") as stream:
        for name in ("star-3.fits", "star-1.fits"):
            stream.write(data / name, name)
        stream.writestr("star-2.fits", b"SIMPLE  = nonsense")
    answer = Predictor(model).answer(archive)
    assert sorted(result["name"] for result in answer["results"]) == ["star-1", "star-3"]
    (rejected,) = answer["rejected"]
    assert rejected["name"].endswith("star-2.fits")
    assert rejected["reason"]


def test_a_feature_set_of_the_same_recipe_is_answered(model: Path, run: Run) -> None:
    answer = Predictor(model).answer(run.folder / "features.parquet")
    assert len(answer["results"]) == 36


def test_a_feature_set_of_another_recipe_is_rejected(model: Path, tmp_path: Path) -> None:
    features = FeatureSet.open(write_features(tmp_path / "one.parquet", cycle(3)))
    other = Recipe.from_json({"schema": 1, "steps": [{"step": "scale", "method": "l2"}]})
    with FeatureSetWriter(tmp_path / "two.parquet", wavelength=features.wavelength, recipe=other) as writer:
        writer.write(features.take([0, 1, 2]))
    with pytest.raises(InvalidInput, match="another recipe"):
        Predictor(model).answer(tmp_path / "two.parquet")


def test_the_card_tells_where_the_model_comes_from(model: Path) -> None:
    card = Predictor(model).card
    assert card.training_set is not None
    assert card.training_set["rows"] == 36
    assert card.training_set["sha256"] == "abc"
    assert card.training_set["synthetic"] is True
    assert card.image == "sha256:1"
    assert card.metrics["accuracy"] > 0.8
    own = {"forest.skops", "trees.npz", "recipe/recipe.json"}
    assert {file["path"] for file in card.files} == own | {"conformal.npz"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "holds no model"),
        ("{", "is not JSON"),
        ('{"schema": 2}', "not a model card of schema 1"),
        ('{"schema": 1, "recipe": {}}', "names no method"),
        ('{"schema": 1, "method": "som", "recipe": {}}', "made by som, not by rdf"),
    ],
)
def test_a_folder_without_proper_card_is_rejected(tmp_path: Path, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / "model.json").write_text(content)
    with pytest.raises(InvalidInput, match=message):
        Predictor(tmp_path, plugin.method)


def test_a_spectrum_that_does_not_fit_is_told_by_its_own_name_not_by_where_it_lay(
    model: Path, tmp_path: Path
) -> None:
    (tmp_path / "short.txt").write_text("4000 1\n4001 2\n4002 1\n")
    (rejected,) = Predictor(model).answer(tmp_path / "short.txt")["rejected"]
    assert rejected["name"] == "short.txt"
    assert rejected["reason"]


def test_what_is_held_of_a_feature_set_at_once_is_bounded(model: Path, tmp_path: Path) -> None:
    path = write_features(tmp_path / "many.parquet", cycle(50))
    predictor = Predictor(model)
    batches = list(predictor.batches(path, [], Limits(points=150)))
    assert {len(batch) for batch in batches} == {8, 2}  # of 8 times 150 points, 140 each
    assert sum(len(batch) for batch in batches) == 50
    with pytest.raises(InvalidInput, match="140 columns"):
        list(predictor.batches(path, [], Limits(points=100)))
