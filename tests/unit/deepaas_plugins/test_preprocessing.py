"""Parameters of preprocessing become steps of its recipe, and its report shows what came out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.preprocessing import plugin
from deepaas_plugins.methods.preprocessing.export import FILES
from deepaas_plugins.pipeline.predictor import Predictor
from deepaas_plugins.pipeline.preparation import Input
from deepaas_plugins.pipeline.training import Training, train
from spectra import FeatureSet, Recipe
from spectra.features.exchange import import_features
from tests.unit.deepaas_plugins.halpha import cycle, write_files

METHOD = plugin.method


def recipe_of(given: dict[str, Any] | None = None, **parameters: Any) -> list[dict[str, Any]]:
    recipe = METHOD.recipe_for(load_parameters(METHOD.train_schema, parameters), given)
    Recipe.from_json(recipe)
    return recipe["steps"]


def test_without_parameters_the_recipe_is_as_it_was() -> None:
    assert recipe_of() == METHOD.default_recipe["steps"]


def test_a_grid_replaces_cutout_and_resampling() -> None:
    steps = recipe_of(minimum=4000.0, maximum=7000.0, points=500)
    assert [step["step"] for step in steps] == ["cutout", "resample", "scale"]
    assert steps[1] == {
        "step": "resample",
        "method": "linear",
        "minimum": 4000.0,
        "maximum": 7000.0,
        "points": 500,
    }


def test_part_of_a_grid_takes_the_rest_from_the_recipe() -> None:
    assert recipe_of(points=70)[1]["minimum"] == 6519.0


def test_part_of_a_grid_is_rejected_where_the_recipe_has_none() -> None:
    with pytest.raises(InvalidInput, match="maximum is missing"):
        recipe_of({"schema": 1, "steps": []}, minimum=4000.0, points=10)


def test_normalisation_replaces_the_scale_or_follows_the_resampling() -> None:
    assert recipe_of(normalisation="l2")[2] == {"step": "scale", "method": "l2"}
    assert [step["step"] for step in recipe_of(normalisation="none")] == ["cutout", "resample"]
    bare = {"schema": 1, "steps": [METHOD.default_recipe["steps"][1], {"step": "pca", "components": 3}]}
    assert [step["step"] for step in recipe_of(bare, normalisation="l2")] == ["resample", "scale", "pca"]


def test_a_reduction_comes_last_after_the_selection_of_features() -> None:
    steps = recipe_of(reduction="ica", components=4, percentile=50.0)
    assert [step["step"] for step in steps[2:]] == ["scale", "feature_selection", "ica"]
    assert steps[-1]["components"] == 4


def prepared(run: Run, tmp_path: Path, **parameters: Any):
    data = write_files(tmp_path, cycle(24))
    (data / "broken.fits").write_bytes(b"SIMPLE  = nonsense")
    return train(METHOD, Training(Input("spectra", data), parameters), run)


def report(run: Run) -> dict[str, Any]:
    return {
        view["id"]: view for view in json.loads((run.folder / "report" / "report.json").read_text())["views"]
    }


def test_a_job_yields_a_feature_set_and_tells_what_it_rejected(run: Run, tmp_path: Path) -> None:
    prepared(run, tmp_path)
    features = FeatureSet.open(run.folder / "features.parquet")
    assert (features.rows, features.columns) == (24, 140)
    views = report(run)
    ((source, reason),) = views["rejected"]["data"]["rows"]
    assert source == "broken.fits", "a file is named as in the data, not by where a container sees it"
    assert str(tmp_path) not in reason
    assert reason
    assert len(views["prepared"]["data"]["rows"]) == 24


def test_components_are_shown_as_points_and_their_variance_as_a_curve(run: Run, tmp_path: Path) -> None:
    prepared(run, tmp_path, reduction="pca", components=5)
    views = report(run)
    assert views["components"]["data"]["x_title"] == "PC1"
    x = np.load(run.folder / "report" / views["components"]["data"]["x"])
    assert x.shape == (24,)
    cumulative = views["variance"]["data"]["series"][1]["y"]
    assert cumulative == sorted(cumulative)
    assert cumulative[-1] == pytest.approx(1.0)


def test_its_model_prepares_new_spectra_as_the_old_ones(run: Run, tmp_path: Path) -> None:
    prepared(run, tmp_path, reduction="pca", components=3)
    features = FeatureSet.open(run.folder / "features.parquet")
    answer = Predictor(run.folder / "model", METHOD).answer(tmp_path / "data" / "star-0.fits")
    row = features.names().index("star-0")
    assert answer["results"][0]["wavelength"] is None
    assert np.allclose(answer["results"][0]["features"], features.take([row]).flux[0], atol=1e-5)


@pytest.mark.parametrize(("kind", "name"), FILES.items())
def test_the_feature_set_is_exported_as_asked(run: Run, tmp_path: Path, kind: str, name: str) -> None:
    prepared(run, tmp_path, export=kind)
    back = import_features(run.folder / name, tmp_path / "back.parquet")
    features = FeatureSet.open(run.folder / "features.parquet")
    assert np.allclose(back.matrix(), features.matrix(), atol=1e-6)
