from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract.errors import Cancelled, InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.embedding import plugin
from deepaas_plugins.methods.embedding.parameters import LAYOUTS
from deepaas_plugins.methods.unsupervised import sample
from spectra import FeatureSet
from tests.methods.damaged import assert_damage_is_told
from tests.unit.deepaas_plugins.halpha import GRID, cycle, profiles, write_features

METHOD = plugin.method
#: UMAP compiles for many seconds: it has a process of its own, without compiling.
SMALL = {"umap": False, "epochs": 10, "latent": 3, "components": 6, "perplexity": 15.0, "stability_runs": 0}
ASKED = {"similar": 3, "like": None}


def trained(run: Run, features: FeatureSet, **given: Any):
    return METHOD.train(features, load_parameters(METHOD.train_schema, {**SMALL, **given}), run)


def views_of(run: Run) -> dict[str, Any]:
    report = json.loads((run.folder / "report" / "report.json").read_text())
    return {view["id"]: view for view in report["views"]}


def rows_of(view: dict[str, Any]) -> list[dict[str, Any]]:
    names = [column["name"] for column in view["data"]["columns"]]
    return [dict(zip(names, row, strict=True)) for row in view["data"]["rows"]]


def same(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> bool:
    """Whether two answers name the same spectra; distances are rounded by the size of the batch."""
    near = np.allclose([each["distance"] for each in one], [each["distance"] for each in other], atol=1e-4)
    return near and [each["row"] for each in one] == [each["row"] for each in other]


@pytest.fixture
def features(tmp_path: Path) -> FeatureSet:
    return FeatureSet.open(write_features(tmp_path / "f.parquet", cycle(150)))


def test_the_planes_part_the_classes_far_better_than_chance(run: Run, features: FeatureSet) -> None:
    trained(run, features)
    assert run.metrics["precision_at_10"] > 0.9
    assert run.metrics["precision_by_chance"] == pytest.approx(49 / 149)
    table = {row["layout"]: row for row in rows_of(views_of(run)["quality"])}
    assert table["t-SNE"]["precision"] > 0.85
    assert table["PCA"]["precision"] > 0.6
    assert table["t-SNE"]["kept"] > table["PCA"]["kept"] > 0.1


def test_every_spectrum_is_a_point_of_its_class_on_every_plane(run: Run, features: FeatureSet) -> None:
    trained(run, features)
    for name in ("pca", "tsne", "autoencoder"):
        view = views_of(run)[f"plane-{name}"]
        assert view["kind"] == "scatter"
        assert len(np.load(run.folder / "report" / view["data"]["x"])) == 150
        assert view["data"]["colour"] == cycle(150)
    assert "plane-umap" not in views_of(run)


def test_umap_lays_out_with_the_neighbours_of_the_inverted_file(tmp_path: Path) -> None:
    code = """
import sys
sys.modules["tensorflow"] = None  # umap looks for it
import numpy as np
from deepaas_plugins.methods.embedding.layouts import umap
from deepaas_plugins.methods.embedding.quality import kept, neighbours
random = np.random.default_rng(0)
vectors = (np.repeat(random.normal(0, 20, (3, 5)), 30, axis=0) + random.normal(size=(90, 5))).astype("f4")
params = {"neighbours": 8, "minimum_distance": 0.1, "umap_epochs": 60}
one, other = umap(vectors, params, 0), umap(vectors, params, 0)
print(kept(neighbours(vectors, 10), neighbours(one, 10)), (one == other).all(), one.shape)
"""
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    share, same, shape = done.stdout.split(maxsplit=2)
    assert float(share) > 0.4
    assert same == "True"
    assert shape.strip() == "(90, 2)"


def test_a_saved_model_places_spectra_and_finds_those_like_them(
    run: Run, features: FeatureSet, tmp_path: Path
) -> None:
    model = trained(run, features)
    model.save(tmp_path / "model")
    loaded = METHOD.load(tmp_path / "model")
    batch = features.take([7, 30, 31])
    answers = loaded.predict(batch, ASKED)
    assert answers == model.predict(batch, ASKED)
    for row, answer in zip((7, 30, 31), answers, strict=True):
        assert answer["similar"][0]["row"] == row
        assert answer["similar"][0]["name"] == f"star-{row}"
        assert answer["nearest_distance"] == pytest.approx(0.0, abs=1e-4)
        assert {each["label"] for each in answer["similar"]} == {cycle(150)[row]}
        for name in ("pca", "tsne", "autoencoder"):
            view = views_of(run)[f"plane-{name}"]["data"]
            place = [np.load(run.folder / "report" / view[axis])[row] for axis in "xy"]
            assert [answer[name]["x"], answer[name]["y"]] == pytest.approx(place, abs=1e-3)
    alone = loaded.predict(batch.select([2]), ASKED)[0]
    assert same(alone["similar"], answers[2]["similar"])


def test_a_new_spectrum_is_like_those_of_its_class(run: Run, features: FeatureSet, tmp_path: Path) -> None:
    model = trained(run, features)
    new = write_features(tmp_path / "n.parquet", cycle(30), flux=profiles(GRID, cycle(30), seed=5))
    answers = model.predict(FeatureSet.open(new).take(range(30)), {"similar": 5, "like": None})
    shares = [
        np.mean([each["label"] == label for each in answer["similar"]])
        for answer, label in zip(answers, cycle(30), strict=True)
    ]
    assert np.mean(shares) > 0.9
    distances = [[each["distance"] for each in answer["similar"]] for answer in answers]
    assert all(each == sorted(each) for each in distances)


def test_more_like_a_training_spectrum_is_found_by_its_name_or_row(run: Run, features: FeatureSet) -> None:
    model = trained(run, features, tsne=False)
    batch = features.take([0])
    by_name = model.predict(batch, {"similar": 4, "like": "star-8"})[0]["similar"]
    assert by_name == model.predict(batch, {"similar": 4, "like": "8"})[0]["similar"]
    itself = model.predict(features.take([8]), {"similar": 4, "like": None})[0]["similar"]
    assert same(by_name, itself)
    with pytest.raises(InvalidInput, match="'nova' is neither the name nor the row number of one of the 150"):
        model.predict(batch, {"similar": 4, "like": "nova"})


def test_of_many_spectra_a_sample_is_laid_out_and_the_others_are_placed_beside_it(
    run: Run, features: FeatureSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "rows_per_chunk", lambda _: 64)
    model = trained(run, features, layout_rows=60, references=40, autoencoder=False)
    view = views_of(run)["plane-tsne"]
    assert "a random sample of 60 of the 150" in view["help"]
    assert len(np.load(run.folder / "report" / view["data"]["x"])) == 150
    assert len(model.fitted.references.rows) == 40
    assert run.metrics["precision_at_10_tsne"] > 0.7


def test_similar_spectra_may_be_sought_in_the_latent_space(
    run: Run, features: FeatureSet, tmp_path: Path
) -> None:
    model = trained(run, features, space="autoencoder", pca=True, autoencoder=False, tsne=False, epochs=25)
    assert model.fitted.space.dimensions == 3
    assert run.metrics["precision_at_10"] > 0.7
    model.save(tmp_path / "model")
    batch = features.take([3])
    assert METHOD.load(tmp_path / "model").predict(batch, ASKED) == model.predict(batch, ASKED)


def test_the_report_says_what_stays_the_same_over_seeds(run: Run, features: FeatureSet) -> None:
    trained(run, features, stability_runs=2)
    table = {row["layout"]: row for row in rows_of(views_of(run)["quality"])}
    for name in ("t-SNE", "Autoencoder"):
        assert 0.1 < table[name]["overlap"] <= 1.0
        assert 0.0 <= table[name]["disparity"] < 1.0
    assert table["PCA"]["overlap"] is None
    assert run.metrics["tsne_stability"] == table["t-SNE"]["overlap"]


def test_the_table_of_similar_spectra_does_not_name_a_spectrum_itself(run: Run, features: FeatureSet) -> None:
    trained(run, features, tsne=False, autoencoder=False)
    rows = rows_of(views_of(run)["similar"])
    assert len(rows) == 150
    assert not any(f"{row['name']} (" in row["similar"] for row in rows)
    assert all(row["similar"].count("(") == 5 for row in rows)


def test_without_labels_there_is_no_precision(run: Run, tmp_path: Path) -> None:
    flux = profiles(GRID, cycle(60))
    path = write_features(tmp_path / "f.parquet", [None] * 60, flux=flux)
    trained(run, FeatureSet.open(path), tsne=False)
    assert "precision_at_10" not in run.metrics
    assert "colour" not in views_of(run)["plane-pca"]["data"]


def test_the_report_of_a_prediction_shows_the_planes(run: Run, features: FeatureSet) -> None:
    model = trained(run, features, tsne=False)
    numbers = {f"{name}_{axis}": np.zeros(150, np.float32) for name in model.fitted.names for axis in "xy"}
    shown = model.prediction_views({**numbers, "nearest_distance": np.ones(150, np.float32)}, features)
    assert [view.id for view in shown] == ["plane-pca", "plane-autoencoder"]


@pytest.mark.parametrize(
    ("rows", "given", "message"),
    [
        (1, {}, "one spectrum: there is nothing to compare"),
        (15, {}, "perplexity = 15: there are 15 spectra. Give less than 15, or switch tsne off"),
        (12, {"umap": True, "neighbours": 12}, "neighbours = 12: there are 12 spectra"),
    ],
)
def test_too_few_spectra_are_rejected_in_a_sentence(
    run: Run, tmp_path: Path, rows: int, given: dict[str, Any], message: str
) -> None:
    path = write_features(tmp_path / "f.parquet", cycle(rows))
    with pytest.raises(InvalidInput, match=message):
        trained(run, FeatureSet.open(path), **given)


@pytest.mark.parametrize(
    ("flux", "message"),
    [
        (np.ones((30, 140)), "All 30 spectra are equal"),
        (
            np.where(GRID > 6700.0, np.nan, profiles(GRID, cycle(30))),
            "21 of 140 columns hold no finite value",
        ),
    ],
)
def test_what_cannot_be_compared_is_rejected_in_a_sentence(
    run: Run, tmp_path: Path, flux: np.ndarray, message: str
) -> None:
    path = write_features(tmp_path / "f.parquet", cycle(30), flux=flux)
    with pytest.raises(InvalidInput, match=message):
        trained(run, FeatureSet.open(path))


def test_without_any_layout_the_form_says_so() -> None:
    with pytest.raises(InvalidInput, match="every layout is switched off"):
        load_parameters(METHOD.train_schema, dict.fromkeys(LAYOUTS, False))


def test_two_spectra_are_enough_for_planes_with_a_formula(run: Run, tmp_path: Path) -> None:
    path = write_features(tmp_path / "f.parquet", cycle(2))
    model = trained(run, FeatureSet.open(path), tsne=False)
    assert len(model.predict(FeatureSet.open(path).take([0]), ASKED)[0]["similar"]) == 2


def test_training_stops_when_the_run_is_cancelled(run: Run, features: FeatureSet) -> None:
    run.cancel()
    with pytest.raises(Cancelled):
        trained(run, features)


def test_arrays_that_do_not_belong_together_are_not_loaded(
    run: Run, features: FeatureSet, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    trained(run, features).save(folder)
    arrays = (
        ("frame", "centre"),
        ("components", "axes"),
        ("autoencoder", "plane_centre"),
        ("placement", "place_tsne"),
        ("references", "rows"),
        ("references", "texts"),
    )
    assert_damage_is_told(METHOD, folder, arrays)


def test_predicting_needs_neither_scikit_learn_nor_numba(
    run: Run, features: FeatureSet, tmp_path: Path
) -> None:
    trained(run, features).save(tmp_path / "model")
    code = (
        "import sys, pathlib, numpy as np; from deepaas_plugins.methods.embedding import plugin;"
        "from spectra import Batch, Source;"
        f"model = plugin.method.load(pathlib.Path({str(tmp_path / 'model')!r}));"
        "batch = Batch(np.ones((1, 140), np.float32), None, ['x'], [None], [None], [Source('x')]);"
        "model.predict(batch, {'similar': 3, 'like': None}); print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert {"sklearn", "numba", "umap"}.isdisjoint(loaded.split())
