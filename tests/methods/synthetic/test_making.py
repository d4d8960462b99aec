"""What is made has the parameters that were asked for, again and again."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spectra
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.synthetic import plugin
from deepaas_plugins.pipeline.predictor import Predictor
from deepaas_plugins.pipeline.preparation import Input
from deepaas_plugins.pipeline.training import Training, train
from spectra.simulation.broadening import rotation_kernel
from spectra.simulation.profiles import KINDS, VELOCITY, LineModel
from spectra.simulation.stars import at_resolution, fine_grid, normalised
from spectra.synthetic_marker import is_synthetic

METHOD = plugin.method
NOTHING = Input("none", Path("/nonexistent"))


def made(folder: Path, **given: Any) -> list[spectra.Spectrum]:
    """Return the spectra of parameters."""
    folder.mkdir(parents=True)
    parameters = load_parameters(METHOD.train_schema, {"points": 120, "velocity": 0.0, "slope": 0.0, **given})
    with Run(folder / "run") as run:
        target = folder / "files"
        target.mkdir()
        METHOD.make(parameters, target, run)
    return list(spectra.iter_spectra(target))


def test_the_same_seed_makes_the_same_spectra_and_more_leave_the_first_as_they_are(tmp_path: Path) -> None:
    few = made(tmp_path / "few", count=6, gaps=1.0)
    many = made(tmp_path / "many", count=12, gaps=1.0)
    other = made(tmp_path / "other", count=6, gaps=1.0, seed=1)
    for one, same in zip(few, many, strict=False):
        np.testing.assert_array_equal(one.flux, same.flux)
        assert one.meta.label == same.meta.label
    assert not np.array_equal(few[0].flux, other[0].flux)
    assert is_synthetic(tmp_path / "few" / "files")


def test_files_tell_the_truth_and_frame_and_group(tmp_path: Path) -> None:
    found = made(tmp_path / "x", count=12, visits=2, snr_minimum=50.0, snr_maximum=50.0)
    assert {one.meta.label for one in found} == set(KINDS)
    assert len({one.meta.group for one in found}) == 6
    assert found[0].meta.provenance is not None
    assert not found[0].meta.provenance.unit_assumed
    assert not found[0].meta.provenance.frame_assumed
    with (tmp_path / "x" / "files" / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == [one.meta.name for one in found]
    assert {float(row["snr"]) for row in rows} == {50.0}
    assert found[0].ivar is not None
    assert 1.0 / np.sqrt(found[0].ivar.min()) == pytest.approx(1.0 / 50.0, rel=0.05)


def test_a_gap_is_missing_and_not_filled(tmp_path: Path) -> None:
    found = made(tmp_path / "x", count=4, gaps=1.0, gap_width=0.1)
    for one in found:
        assert one.mask is not None
        assert one.mask.sum() == 12


def test_noise_has_the_ratio_that_was_asked_for(tmp_path: Path) -> None:
    asked = {"count": 20, "profiles": ["absorption"], "points": 400, "snr_minimum": 40.0, "snr_maximum": 40.0}
    for one in made(tmp_path / "x", **asked):
        beside = one.wavelength < 6510.0
        assert 1.0 / np.std(one.flux[beside]) == pytest.approx(40.0, rel=0.35)


def test_a_grid_has_every_pair_of_values_for_each_kind(tmp_path: Path) -> None:
    asked = {"count": 18, "layout": "grid", "profiles": ["absorption", "shell"]}
    made(tmp_path / "x", **asked)
    with (tmp_path / "x" / "files" / "labels.csv").open(newline="") as file:
        rows = [(row["label"], row["vsini"], row["strength"]) for row in csv.DictReader(file)]
    assert len(set(rows)) == 18
    assert {row[1] for row in rows} == {"20", "185", "350"}


@pytest.mark.parametrize("limb_darkening", [0.0, 0.6, 1.0])
def test_rotation_keeps_the_equivalent_width_and_has_the_width_of_the_formula(limb_darkening: float) -> None:
    kernel = rotation_kernel(200.0, limb_darkening, 2.0)
    speed = (np.arange(len(kernel)) - len(kernel) // 2) * 2.0
    assert kernel.sum() == pytest.approx(1.0)
    # Variance of Gray's kernel in units of v sin i: (1/4) for a uniform disc, (1/5) for a fully darkened one.
    uniform, darkened = np.pi * (1.0 - limb_darkening), 2.0 * np.pi / 3.0 * limb_darkening
    variance = (uniform / 4.0 + darkened / 5.0) / (uniform + darkened)
    assert (kernel * speed**2).sum() / 200.0**2 == pytest.approx(variance, rel=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_profiles_look_as_they_are_called(kind: str) -> None:
    flux = LineModel(kind, 200.0, 0.9 if kind == "absorption" else 1.5).flux()
    assert flux.min() >= 0.0
    assert flux[0] == pytest.approx(1.0, abs=0.02)
    blue, red = flux[(VELOCITY > -500) & (VELOCITY < -50)], flux[(VELOCITY < 500) & (VELOCITY > 50)]
    middle = flux[len(flux) // 2]
    assert (flux.max() < 1.01) == (kind == "absorption")
    if kind == "double peak":
        assert blue.max() > middle + 0.2
        assert red.max() > middle + 0.2
        assert middle > 0.9
    if kind == "shell":
        assert middle < 0.8 < 1.2 < blue.max()
    if kind == "P Cygni":
        assert blue.min() < 0.8 < 1.0 < red.max()
    if kind == "inverse P Cygni":
        assert red.min() < 0.8 < 1.0 < blue.max()


def test_stars_show_the_lines_of_their_temperature() -> None:
    grid = fine_grid(3850.0, 7200.0)

    def depth(temperature: float, line: float) -> float:
        return 1.0 - float(at_resolution(normalised(grid, temperature), 2000.0)[np.searchsorted(grid, line)])

    assert depth(9500.0, 4862.68) > 2 * depth(5000.0, 4862.68)  # Hβ
    assert depth(20_000.0, 4472.76) > 10 * depth(8000.0, 4472.76)  # He I
    assert depth(4500.0, 5891.58) > 3 * depth(9500.0, 5891.58)  # Na I
    assert depth(3200.0, 7100.0) > 0.2 > depth(5000.0, 7100.0)  # TiO


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"minimum": 6800.0}, "minimum"),
        ({"snr_minimum": 200.0, "snr_maximum": 10.0}, "snr_minimum"),
        ({"line": "Hβ"}, "not within"),
        ({"line": "other"}, "rest"),
        ({"minimum": 1000.0, "maximum": 30_000.0, "points": 30}, "km/s wide"),
        (
            {"what": "stars", "temperature_minimum": 9000.0, "temperature_maximum": 4000.0},
            "temperature_minimum",
        ),
    ],
)
def test_contradictions_are_told_before_anything_is_made(
    tmp_path: Path, given: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidInput, match=told):
        made(tmp_path / "x", **given)
    assert not list((tmp_path / "x" / "files").iterdir())


@pytest.mark.parametrize("what", ["line profiles", "stars"])
def test_a_job_makes_a_dataset_a_report_and_a_model_that_finds_its_own(tmp_path: Path, what: str) -> None:
    given = {
        "what": what,
        "count": 24,
        "points": 200,
        "gaps": 0.5,
        "snr_minimum": 200.0,
        "snr_maximum": 300.0,
    }
    with Run(tmp_path / "out") as run:
        train(METHOD, Training(NOTHING, given), run)
    features = spectra.FeatureSet.open(tmp_path / "out" / "features.parquet")
    assert (features.rows, features.columns) == (24, 200)
    predictor = Predictor(tmp_path / "out" / "model", METHOD)
    assert predictor.card.training_set is not None
    assert predictor.card.training_set["synthetic"] is True
    answers = predictor.answer(tmp_path / "out" / "dataset" / "synthetic-0001.npz")["results"]
    assert [one["label"] for one in answers] == features.labels()
    assert min(one["correlation"] for one in answers) > 0.999


def test_other_methods_do_not_train_on_nothing(tmp_path: Path) -> None:
    from deepaas_plugins.methods.preprocessing import plugin as other  # noqa: PLC0415

    with Run(tmp_path / "out") as run, pytest.raises(InvalidInput, match="does not make its own"):
        train(other.method, Training(NOTHING, {}), run)


def test_the_recipe_of_the_form_follows_the_parameters_and_another_is_kept() -> None:
    parameters = load_parameters(METHOD.train_schema, {"minimum": 4000.0, "maximum": 5000.0, "points": 64})
    shown = spectra.Recipe.from_json(METHOD.default_recipe).to_json()
    assert shown != METHOD.default_recipe
    made = METHOD.recipe_for(parameters, shown)
    assert made["steps"][1]["minimum"] == 4000.0
    own = {"schema": 1, "steps": [{"step": "scale", "method": "median"}]}
    assert METHOD.recipe_for(parameters, own) == own
