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
from deepaas_plugins.methods.outliers import plugin
from deepaas_plugins.methods.outliers.parameters import DETECTORS
from deepaas_plugins.methods.unsupervised import neighbours, sample
from spectra import FeatureSet
from tests.methods.damaged import assert_damage_is_told
from tests.unit.deepaas_plugins.halpha import GRID, write_features
from tests.unit.deepaas_plugins.outliers.conftest import ODD, SMALL, odd_flux

METHOD = plugin.method
ASKED = {"outlier_quantile": 0.97, "marks": None}


def trained(run: Run, features: FeatureSet, **given: Any):
    return METHOD.train(features, load_parameters(METHOD.train_schema, {**SMALL, **given}), run)


def views_of(run: Run) -> dict[str, Any]:
    report = json.loads((run.folder / "report" / "report.json").read_text())
    return {view["id"]: view for view in report["views"]}


def column(view: dict[str, Any], name: str) -> list[Any]:
    place = [one["name"] for one in view["data"]["columns"]].index(name)
    return [row[place] for row in view["data"]["rows"]]


def test_the_odd_spectra_lead_the_table_with_the_rank_of_every_detector(
    run: Run, features: FeatureSet
) -> None:
    trained(run, features)
    table = views_of(run)["outliers"]
    assert set(column(table, "spectrum")[:12]) >= set(ODD)
    assert len(set(column(table, "spectrum")[:5]) & set(ODD)) >= 3
    assert set(DETECTORS) <= {one["name"] for one in table["data"]["columns"]}
    ranks = np.array([column(table, name) for name in DETECTORS])
    np.testing.assert_allclose(ranks.mean(axis=0), column(table, "mean_rank"), rtol=1e-5)
    np.testing.assert_allclose(ranks.std(axis=0) / 160, column(table, "disagreement"), rtol=1e-4)
    assert "All 160 spectra are scored" in table["help"]
    assert "are exact" in table["help"]
    assert table["data"]["marking"] == "marks"


def test_what_is_odd_is_told_and_drawn_over_wavelength(run: Run, features: FeatureSet) -> None:
    trained(run, features)
    views = views_of(run)
    table = views["outliers"]
    told = dict(zip(column(table, "spectrum"), column(table, "odd_at"), strict=True))
    assert abs(float(told[ODD[0]].split(" ")[0]) - 6680.0) < 8.0
    place = column(table, "spectrum").index(ODD[0])
    flux, expected, odd = views[f"odd-{place + 1}"]["data"]["series"]
    marked = [x for x, y in zip(odd["x"], odd["y"], strict=True) if y is not None]
    assert marked
    assert np.median(np.abs(np.array(marked) - 6680.0)) < 12.0
    assert flux["y"] != expected["y"]
    assert len(views["odd-over-wavelength"]["data"]["series"]) == 6
    assert views["top-spectra"]["data"]["rows"] == column(table, "spectrum")[:12]


def test_brightness_is_not_odd_where_spectra_are_standardised(run: Run, tmp_path: Path) -> None:
    flux = odd_flux()
    flux[20] = 5.0 * flux[20]
    features = FeatureSet.open(write_features(tmp_path / "f.parquet", [None] * 160, flux=flux))
    trained(run, features, lof=False, autoencoder=False)
    assert column(views_of(run)["outliers"], "spectrum")[0] == 20
    trained(run, features, lof=False, autoencoder=False, standardise=True)
    assert 20 not in column(views_of(run)["outliers"], "spectrum")[:5]
    assert views_of(run)["odd-1"]["data"]["y_title"] == "flux, standardised"


@pytest.mark.parametrize("name", DETECTORS)
def test_each_detector_runs_alone(run: Run, features: FeatureSet, name: str) -> None:
    model = trained(run, features, trees=100, **{other: other == name for other in DETECTORS})
    assert list(model.scorer.detectors) == [name]
    assert "agreement" not in views_of(run)
    assert len(set(column(views_of(run)["outliers"], "spectrum")[:8]) & set(ODD)) >= 3


def test_a_saved_model_answers_as_before_and_in_any_batch(
    run: Run, features: FeatureSet, tmp_path: Path
) -> None:
    model = trained(run, features)
    model.save(tmp_path / "model")
    batch = features.take([ODD[0], 1, 2, 3])
    loaded = METHOD.load(tmp_path / "model")
    answers = loaded.predict(batch, ASKED)
    assert answers == model.predict(batch, ASKED)
    assert answers[0]["is_outlier"]
    assert not answers[1]["is_outlier"]
    assert answers[0]["oddness"] > 0.97 > answers[1]["oddness"]
    assert set(answers[0]["scores"]) == set(answers[0]["quantiles"]) == set(DETECTORS)
    assert abs(answers[0]["odd_at"][0]["wavelength"] - 6680.0) < 8.0
    alone = loaded.predict(batch.select([2]), ASKED)[0]
    assert alone["scores"] == pytest.approx(answers[2]["scores"], rel=1e-4)


def test_of_many_spectra_a_sample_is_fitted_and_all_are_scored(
    run: Run, features: FeatureSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "EXACT", 50)
    monkeypatch.setattr(sample, "rows_per_chunk", lambda _: 64)
    trained(run, features, sample_rows=100)
    table = views_of(run)["outliers"]
    assert "random sample of 100" in table["help"]
    assert "approximate" in table["help"]
    assert run.metrics["spectra_sampled"] == 100
    assert len(set(column(table, "spectrum")[:6]) & set(ODD)) == 4
    assert len(np.load(run.folder / "report" / "mean-rank-marks.npy")) == 160


def test_marks_of_the_training_rank_by_relevance(run: Run, features: FeatureSet) -> None:
    wanted = {f"star-{row}": 5 if row == ODD[0] else 0 for row in ODD}
    trained(run, features, marks=json.dumps(wanted))
    table = views_of(run)["outliers"]
    assert ODD[0] in column(table, "spectrum")[:8]
    assert not set(column(table, "spectrum")[:30]) & set(ODD[1:])
    assert "relevance" in table["help"]


def test_marks_of_a_prediction_rank_again_without_a_training(
    run: Run, features: FeatureSet, tmp_path: Path
) -> None:
    trained(run, features).save(tmp_path / "model")
    loaded = METHOD.load(tmp_path / "model")
    batch = features.take(range(160))
    given = {"outlier_quantile": 0.97, "marks": json.dumps({f"star-{ODD[1]}": 5, f"star-{ODD[0]}": 0})}
    answers = loaded.predict(batch, given)
    assert answers[ODD[1]]["relevance"] > 0.8
    assert answers[ODD[0]]["relevance"] < 0.3
    assert "relevance" not in loaded.predict(batch, ASKED)[0]
    with pytest.raises(InvalidInput, match="'nova' is none of the 160 spectra that the model remembers"):
        loaded.predict(batch, {**given, "marks": '{"nova": 5}'})


def test_the_report_of_a_prediction_shows_the_oddest_by_relevance_where_there_are_marks(
    run: Run, features: FeatureSet
) -> None:
    model = trained(run, features)
    rows = np.linspace(0.0, 1.0, 160, dtype=np.float32)
    numbers = {"oddness": rows, "disagreement": rows, "is_outlier": rows > 0.9}
    numbers |= {f"quantiles_{name}": rows for name in DETECTORS}
    first = model.prediction_views(numbers, features)[0]
    assert [row[0] for row in first.data["rows"][:2]] == [159, 158]
    assert first.title == "Outliers (16)"
    marked = model.prediction_views({**numbers, "relevance": 1 - rows, "expected_mark": rows}, features)[0]
    assert [row[0] for row in marked.data["rows"][:2]] == [0, 1]


@pytest.mark.parametrize(
    ("flux", "given", "message"),
    [
        (odd_flux()[:1], {}, "one spectrum: there is nothing to compare"),
        (np.ones((30, 140)), {}, "All 30 spectra are equal"),
        (odd_flux()[:15], {"neighbours": 15}, "neighbours = 15: there are 15 spectra"),
        (np.where(GRID > 6700.0, np.nan, odd_flux()), {}, "21 of 140 columns hold no finite value"),
        (np.where(np.arange(160)[:, None] == 3, np.nan, odd_flux()), {}, "Row 3 .* holds no finite value"),
        (odd_flux(), {"marks": '{"nova": 3}'}, "'nova' is none of the 160 spectra"),
    ],
)
def test_what_cannot_be_compared_is_rejected_in_a_sentence(
    run: Run, tmp_path: Path, flux: np.ndarray, given: dict[str, Any], message: str
) -> None:
    path = write_features(tmp_path / "f.parquet", [None] * len(flux), flux=flux)
    with pytest.raises(InvalidInput, match=message):
        trained(run, FeatureSet.open(path), **given)
    assert not (run.folder / "report").exists()


def test_without_any_detector_or_with_bad_marks_the_form_says_so() -> None:
    with pytest.raises(InvalidInput, match="every detector is switched off"):
        load_parameters(METHOD.train_schema, dict.fromkeys(DETECTORS, False))
    with pytest.raises(InvalidInput, match="the mark of 'a' is 7"):
        load_parameters(METHOD.predict_schema, {"marks": '{"a": 7}'})


def test_two_spectra_are_enough_without_neighbours(run: Run, tmp_path: Path) -> None:
    path = write_features(tmp_path / "f.parquet", [None, None], flux=odd_flux()[9:11])
    trained(run, FeatureSet.open(path), lof=False)
    assert len(views_of(run)["outliers"]["data"]["rows"]) == 2


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
        ("lof", "reach"),
        ("residuals", "axes"),
        ("autoencoder", "weights_0"),
        ("remembered", "features"),
    )
    assert_damage_is_told(METHOD, folder, arrays)


def test_predicting_needs_no_scikit_learn(run: Run, features: FeatureSet, tmp_path: Path) -> None:
    trained(run, features).save(tmp_path / "model")
    code = (
        "import sys, pathlib, numpy as np; from deepaas_plugins.methods.outliers import plugin;"
        "from spectra import Batch, Source;"
        f"model = plugin.method.load(pathlib.Path({str(tmp_path / 'model')!r}));"
        "batch = Batch(np.ones((1, 140), np.float32), None, ['x'], [None], [None], [Source('x')]);"
        "model.predict(batch, {'outlier_quantile': 0.9, 'marks': None}); print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "sklearn" not in loaded.split()
