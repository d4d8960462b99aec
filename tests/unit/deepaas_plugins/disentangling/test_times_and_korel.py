from __future__ import annotations

import numpy as np
import pytest

from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.disentangling.barycentric import corrections
from deepaas_plugins.methods.disentangling.fit.guess import guess
from deepaas_plugins.methods.disentangling.parameters import korel_par, texts

from .binary import ELEMENTS, GRID, TIMES, composites, moved, problem_of, train, write


def test_the_motion_of_the_earth_is_astropys_within_its_limits() -> None:
    dates = np.array([2457000.25, 2457182.5])
    position = np.tile([180.0, 0.0], (2, 1))
    site = np.tile([14.78, 49.91, 528.0], (2, 1))
    late, speeds = corrections(dates, ["utc", "tdb"], position, site)
    assert np.abs(late - dates).max() < 600.0 / 86400.0
    assert np.abs(speeds).max() < 31.0
    assert speeds[0] > 25.0 > -20.0 > speeds[1]


def test_a_korel_par_gives_values_and_says_which_converge() -> None:
    text = """ 1 2 0 0 0 | key(1,...,5)
o 0 1 1 = 6.3 0.01 | PERIOD(0)
o 0 2 1 = 59003.0 0.1 | PERIASTRON EPOCH
o 0 3 0 = .2D0 0 | ECCENTRICITY
o 0 4 1 = 60. 5 | PERIASTRON LONG
o 0 5 1 = 90 1
o 0 6 1 = 0.75 .1 | Q
"""
    found = korel_par.parse(text)
    assert found.values == {
        "period": 6.3, "periastron": 2459003.0, "eccentricity": 0.2, "omega": 60.0, "k1": 90.0, "k2": 120.0,
    }  # fmt: skip
    assert found.fixed == ("eccentricity",)
    assert found.ignored == 1


def test_elements_are_written_as_they_are_read() -> None:
    outer = {
        "outer_period": 300.0, "outer_periastron": 2459100.5, "outer_eccentricity": 0.1, "outer_omega": 10.0,
        "k_pair": 12.0, "k3": 24.0,
    }  # fmt: skip
    elements = {**ELEMENTS, **outer}
    found = korel_par.parse(korel_par.write(elements, ["period", "k3"]))
    assert found.values == pytest.approx(elements)
    assert set(found.fixed) == set(elements) - {"period", "k3"}


def test_a_training_starts_from_a_korel_par(run: Run, tmp_path) -> None:
    text = korel_par.write({**ELEMENTS, "period": 6.29, "k1": 85.0}, list(ELEMENTS))
    features = write(tmp_path / "f.parquet", composites(moved(), snr=200.0))
    train(run, features, korel_par=text)
    assert run.metrics["period"] == pytest.approx(6.3, abs=0.01)
    assert run.metrics["k1"] == pytest.approx(90.0, abs=1.0)


def test_cross_correlation_suggests_the_period() -> None:
    given = problem_of(composites(moved(), (0.85, 0.15), snr=100.0), 0.01)
    found = guess(given, TIMES, (2.0, 30.0), 20.0)
    assert min(abs(period - ELEMENTS["period"]) for period in found.best) < 0.2
    velocities = found.shifts * GRID.velocity_step
    assert np.corrcoef(velocities, moved()[0])[0, 1] > 0.95


def test_texts_of_parameters() -> None:
    assert texts.times("# BJD\n2459000.5\n 2459001.5 ") == ([2459000.5, 2459001.5], {})
    assert texts.times("a.fits, 1.5\nb,c;2") == ([], {"a.fits": 1.5, "b,c": 2.0})
    assert texts.ranges("6276–6282, 6295 - 6310.5") == [(6276.0, 6282.0), (6295.0, 6310.5)]
    assert texts.rows_of_numbers("0.5, .5\n.6 .4") == [[0.5, 0.5], [0.6, 0.4]]
    assert texts.ranges(None) == texts.rows_of_numbers("") == []
