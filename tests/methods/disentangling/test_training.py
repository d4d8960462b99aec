from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract.errors import Cancelled, InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from spectra import FeatureSet, read
from tests.unit.deepaas_plugins.disentangling.binary import (
    ELEMENTS,
    GRID,
    METHOD,
    TIMES,
    composites,
    moved,
    near,
    train,
    write,
)

ASKED = {"time": None, "fit_strengths": False, "largest": None}


@pytest.fixture
def features(tmp_path: Path) -> FeatureSet:
    return write(tmp_path / "features.parquet", composites(moved(), snr=150.0))


def views_of(run: Run) -> dict[str, Any]:
    report = json.loads((run.folder / "report" / "report.json").read_text())
    return {view["id"]: view for view in report["views"]}


def test_a_local_fit_finds_the_orbit(run: Run, features: FeatureSet) -> None:
    train(run, features, **near())
    for name, value in {"period": 0.01, "k1": 1.0, "k2": 1.0, "eccentricity": 0.02}.items():
        assert run.metrics[name] == pytest.approx(ELEMENTS[name], abs=value)
        assert 0.0 < run.metrics[f"{name}_error"] < value
    assert run.metrics["chi2_reduced"] == pytest.approx(1.0, abs=0.3)


def test_the_search_finds_the_orbit_and_the_brighter_star_first(run: Run, features: FeatureSet) -> None:
    train(run, features, search="global", period=6.35, generations=25, population=8)
    assert run.metrics["period"] == pytest.approx(6.3, abs=0.01)
    assert [run.metrics["k1"], run.metrics["k2"]] == pytest.approx([90.0, 130.0], abs=1.5)


def test_fixed_elements_stay_and_bounded_ones_stay_inside(run: Run, features: FeatureSet) -> None:
    train(run, features, **near(eccentricity=0.3, k1=80.0), fixed=["eccentricity"], k1_range=[70.0, 85.0])
    assert run.metrics["eccentricity"] == 0.3
    assert "eccentricity_error" not in run.metrics
    assert 70.0 <= run.metrics["k1"] <= 85.0


def test_the_report_shows_what_was_found(run: Run, features: FeatureSet) -> None:
    train(run, features, **near(), map_points=5, bootstrap=3)
    views = views_of(run)
    assert {"figures", "elements", "components", "phase-diagram", "velocities", "o-c", "residuals"} <= set(
        views
    )
    assert {"chi2-map", "undulation", "epochs"} <= set(views)
    star = views["components"]["data"]["series"][0]
    assert len(star["low"]) == len(star["y"]) == GRID.size
    image = views["residuals"]["data"]
    assert sorted(image["rows"]) == list(range(12))
    assert np.load(run.folder / "report" / image["z"]).shape[0] == 12
    found = views["chi2-map"]["data"]
    assert found["parameters"] == {"x": "k1", "y": "k2"}
    assert found["others"]["search"] == "local"
    chi2 = np.load(run.folder / "report" / found["z"])
    assert np.unravel_index(chi2.argmin(), chi2.shape) == (2, 2)
    points = [one for one in views["o-c"]["data"]["series"] if one.get("mode") == "points"]
    assert len(points) == 2
    assert np.abs(points[0]["y"]).max() < 10.0
    assert "Warning: undulations longer than" in views["undulation"]["help"]
    assert "bootstrap" in views["elements"]["help"]
    assert {path.name for path in (run.folder / "korel").iterdir()} == {
        "korel.dat",
        "korel.par",
        "korel.rv",
        "korel.spe",
    }


def test_velocities_may_be_free_of_an_orbit(run: Run, features: FeatureSet) -> None:
    train(run, features, velocities="free", **near(k1=80.0, k2=110.0))
    table = views_of(run)["epochs"]["data"]
    names = [column["name"] for column in table["columns"]]
    found = np.array([[row[names.index(f"velocity_{star}")] for row in table["rows"]] for star in (1, 2)])
    wrong = found - moved()
    assert (wrong - wrong.mean(axis=1)[:, None]).std() < 3.0
    assert "elements" not in views_of(run)


def test_a_saved_model_measures_velocities_as_before(run: Run, features: FeatureSet, tmp_path: Path) -> None:
    model = train(run, features, **near())
    model.save(tmp_path / "model")
    loaded = METHOD.load(tmp_path / "model")
    batch = features.take([0, 5])
    answers = loaded.predict(batch, ASKED)
    assert answers == model.predict(batch, ASKED)
    for row, answer in zip((0, 5), answers, strict=True):
        assert answer["velocity_1"] == pytest.approx(moved()[0, row], abs=5.0)
        assert answer["velocity_2"] == pytest.approx(moved()[1, row], abs=5.0)
        assert abs(answer["o_c_1"]) < 5.0
        assert answer["chi2"] < 2.0
        assert answer["time"] == pytest.approx(TIMES[row])
    json.dumps(answers, allow_nan=False)


def test_a_spectrum_without_a_time_has_velocities_and_one_of_another_star_a_large_chi2(
    run: Run, features: FeatureSet, tmp_path: Path
) -> None:
    model = train(run, features, **near())
    flux = composites(moved()[:, :2], snr=150.0, seed=9)
    flux[1] = flux[1, ::-1]
    answers = model.predict(write(tmp_path / "more.parquet", flux, None).take([0, 1]), ASKED)
    assert "o_c_1" not in answers[0]
    assert answers[0]["velocity_1"] == pytest.approx(moved()[0, 0], abs=6.0)
    assert answers[0]["chi2"] < 2.0 < 20.0 < answers[1]["chi2"]


def test_a_damaged_model_is_rejected(run: Run, features: FeatureSet, tmp_path: Path) -> None:
    train(run, features, **near()).save(tmp_path / "model")
    np.savez(tmp_path / "model" / "components.npz", grid=np.array([8.7, -1.0, 400.0]))
    with pytest.raises(InvalidInput):
        METHOD.load(tmp_path / "model")


def test_a_telluric_component_is_separated_from_the_star(run: Run, tmp_path: Path) -> None:
    earth = 25.0 * np.sin(np.arange(12) / 2.0)
    both = np.stack([moved()[0], earth])
    features = write(tmp_path / "f.parquet", composites(both, (1.0, 0.3), snr=200.0) - 0.3, earth=earth)
    model = train(run, features, system="SB1", telluric=True, light=None, **{**near(), "k2": None})
    assert run.metrics["k1"] == pytest.approx(90.0, abs=1.0)
    assert len(model.components.spectra) == 2


def test_wavelengths_of_the_observatory_lose_the_motion_of_the_earth(run: Run, tmp_path: Path) -> None:
    earth = 20.0 * np.cos(np.arange(12) / 3.0)
    features = write(tmp_path / "f.parquet", composites(moved() - earth, snr=200.0), earth=earth)
    train(run, features, frame="observatory", **near())
    assert run.metrics["k1"] == pytest.approx(90.0, abs=1.0)


def test_the_times_may_be_labels_or_a_list(run: Run, tmp_path: Path) -> None:
    flux = composites(moved(), snr=200.0)
    labelled = write(tmp_path / "l.parquet", flux, None, labels=[str(time) for time in TIMES])
    train(run, labelled, time_source="label", **near())
    assert run.metrics["period"] == pytest.approx(6.3, abs=0.01)
    listed = write(tmp_path / "m.parquet", flux, None)
    given = "\n".join(f"epoch-{row}, {time - 2400000.0}" for row, time in enumerate(TIMES))
    train(run, listed, times=given, **near(periastron=59002.8))
    assert run.metrics["periastron"] == pytest.approx(2459003.0, abs=0.2)


def test_a_cancelled_run_stops(run: Run, features: FeatureSet, tmp_path: Path) -> None:
    run.cancel()
    with pytest.raises(Cancelled):
        train(run, features, search="global", period=6.3)


def test_one_star_of_several_is_chosen(run: Run, tmp_path: Path) -> None:
    flux = np.concatenate(
        [composites(moved(), snr=200.0), np.ones((2, GRID.size)) + 0.01 * np.eye(2, GRID.size)]
    )
    features = write(
        tmp_path / "f.parquet", flux, np.concatenate([TIMES, TIMES[:2]]), groups=["star"] * 12 + ["other"] * 2
    )
    with pytest.raises(InvalidInput, match="2 objects"):
        train(run, features, **near())
    train(run, features, star="star", **near())
    assert run.metrics["epochs"] == 12
    load_parameters(METHOD.train_schema, {"star": "star"})


def test_the_korel_dat_of_a_training_is_read_back_as_it_was(run: Run, features: FeatureSet) -> None:
    train(run, features, **near())
    epochs = read(run.folder / "korel" / "korel.dat")
    assert len(epochs) == 12
    given = features.take([4]).flux[0]
    found = np.interp(GRID.wavelength[5:-5], epochs[4].wavelength, epochs[4].flux)
    assert np.abs(found - given[5:-5]).std() < 0.01
    assert epochs[4].meta.moment is not None
    assert epochs[4].meta.moment.date == pytest.approx(TIMES[4], abs=1e-4)
