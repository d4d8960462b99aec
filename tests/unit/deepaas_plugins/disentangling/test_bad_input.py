"""What cannot be disentangled is rejected before anything is fitted; what the form can tell, by its field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from marshmallow import ValidationError

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.describe import describe

from .binary import GRID, METHOD, TIMES, composites, moved, near, train, write


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"period": 0.0}, "period"),
        ({"period": -3.0}, "period"),
        ({"eccentricity": 1.0}, "eccentricity"),
        ({"outer_eccentricity": 1.2}, "outer_eccentricity"),
        ({"k1": -5.0}, "k1"),
        ({"period": 5.0, "period_range": [6.0, 7.0]}, "period_range"),
        ({"period_range": [7.0, 6.0]}, "period_range"),
        ({"period_range": [7.0]}, "period_range"),
        ({"eccentricity_range": [0.0, 1.5]}, "eccentricity_range"),
        ({"fixed": ["k1"]}, "k1"),
        ({"fixed": ["mass"]}, "fixed"),
        ({"system": "SB1", "k2": 10.0}, "k2"),
        ({"light": [0.5]}, "light"),
        ({"light": [0.5, -0.5]}, "light"),
        ({"search": "local"}, "period"),
        ({"outer_period": 300.0}, "k_pair"),
        ({"strengths": "given"}, "light_factors"),
        ({"light_factors": "0.5, 0.5\n0.4"}, "light_factors"),
        ({"time_source": "list"}, "times"),
        ({"times": "a, 1\n2"}, "times"),
        ({"times": "today"}, "times"),
        ({"mask": "6563"}, "mask"),
        ({"mask": "6570-6560"}, "mask"),
        ({"right_ascension": 10.0}, "declination"),
        ({"map_x": "k1", "map_y": "k1"}, "map_y"),
        ({"korel_par": "nothing of it"}, "korel_par"),
        ({"korel_par": "o 0 3 1 = 1.7 0.1 | ECCENTRICITY"}, "korel_par"),
        ({"system": "SB9"}, "system"),
    ],
)
def test_the_form_names_the_field_that_is_wrong(given: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as error:
        METHOD.train_schema().load(given)
    assert list(error.value.normalized_messages()) == [field]


def rejected(run: Run, features: Any, **given: Any) -> str:
    with pytest.raises(InvalidInput) as error:
        train(run, features, **{**near(), **given})
    return str(error.value)


def test_too_few_epochs(run: Run, tmp_path: Path) -> None:
    flux = composites(moved())
    assert "one spectrum" in rejected(run, write(tmp_path / "1.parquet", flux[:1], TIMES[:1]))
    assert "3 epochs are the least" in rejected(run, write(tmp_path / "2.parquet", flux[:2], TIMES[:2]))


def test_all_epochs_at_one_phase(run: Run, tmp_path: Path) -> None:
    times = 2459000.0 + 6.29 * np.arange(12)
    features = write(tmp_path / "f.parquet", composites(moved(times=times)), times)
    assert "within 0.000 of a phase" in rejected(run, features)
    same = write(tmp_path / "s.parquet", composites(moved()), np.full(12, 2459000.5))
    assert "the same time" in rejected(run, same)


def test_no_times_and_mixed_times(run: Run, tmp_path: Path) -> None:
    flux = composites(moved())
    assert "12 of 12 spectra have no time" in rejected(run, write(tmp_path / "n.parquet", flux, None))
    mixed = write(tmp_path / "m.parquet", flux, systems=["BJD"] * 8 + ["HJD"] * 4)
    assert "BJD (8), HJD (4)" in rejected(run, mixed)
    lacking = write(tmp_path / "l.parquet", flux, None, labels=["2459000.5"] * 11 + ["K0V"])
    assert "'K0V'" in rejected(run, lacking, time_source="label")
    assert "3 times for 12" in rejected(run, lacking, times="1\n2\n3")
    clock = write(tmp_path / "c.parquet", flux, systems="JD(UTC)")
    assert "right_ascension" in rejected(run, clock, barycentric_times=True)
    assert "only those of the observatory's clock" in rejected(
        run, write(tmp_path / "b.parquet", flux), barycentric_times=True
    )


def test_fluxes_that_are_no_normalised_spectra(run: Run, tmp_path: Path) -> None:
    flux = composites(moved())
    bad = flux.copy()
    bad[4] = -bad[4]
    assert "epoch-4 is negative" in rejected(run, write(tmp_path / "n.parquet", bad))
    assert "not at 1" in rejected(run, write(tmp_path / "c.parquet", 500.0 * flux))
    flat = flux.copy()
    flat[2] = 1.0
    assert "epoch-2 is constant" in rejected(run, write(tmp_path / "f.parquet", flat))
    few = write(tmp_path / "s.parquet", flux[:, :40], wavelength=GRID.wavelength[:40])
    assert "40 points" in rejected(run, few)


def test_gaps_that_leave_wavelengths_undetermined(run: Run, tmp_path: Path) -> None:
    flux = composites(moved())
    for epoch in range(12):
        share = slice(0, 250) if epoch >= 2 else slice(250, 400)
        flux[epoch, share] = 0.0
    assert "gaps leave" in rejected(run, write(tmp_path / "g.parquet", flux))
    assert "less than a fifth" in rejected(
        run, write(tmp_path / "m.parquet", composites(moved())), mask="6000-6700"
    )


def test_telluric_lines_need_the_motion_of_the_earth(run: Run, tmp_path: Path) -> None:
    features = write(tmp_path / "f.parquet", composites(moved()))
    assert "motion of the Earth" in rejected(run, features, telluric=True)


def test_texts_of_several_lines_are_said_to_be_so() -> None:
    described = {one["name"]: one for one in describe("disentangling")["train"]}
    assert {name for name, one in described.items() if one.get("format") == "multiline"} == {
        "times", "light_factors", "korel_par",
    }  # fmt: skip
    assert described["fixed"]["items"] == "string"
    assert described["period"]["nullable"]
