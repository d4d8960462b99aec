from pathlib import Path

import numpy as np
import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.held_out import HeldOut
from deepaas_plugins.pipeline.reliability.calibration_report import half_widths
from deepaas_plugins.pipeline.reliability.intervals import Intervals
from deepaas_plugins.pipeline.reliability.limits import fewest_objects
from deepaas_plugins.pipeline.reliability.storage import Reliability
from spectra import Batch, Source


def held_of(rows: int, seed: int) -> HeldOut:
    """Return two values: the errors of the first grow with it, those of the second do not."""
    random = np.random.default_rng(seed)
    truth = random.uniform(0.0, 10.0, (rows, 2))
    predicted = truth + random.normal(size=(rows, 2)) * np.stack(
        [0.1 + truth[:, 0] / 5, np.ones(rows)], axis=1
    )
    return HeldOut(np.arange(rows), predicted, truth, np.arange(rows), None, ("teff", "feh"))


def rows(count: int) -> Batch:
    nothing = [None] * count
    flux = np.zeros((count, 3), dtype=np.float32)
    return Batch(flux, None, ["a"] * count, nothing, nothing, [Source("a")] * count)


@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
def test_intervals_hold_the_truth_of_every_value_as_often_as_they_say(coverage: float) -> None:
    made, fresh = Intervals.fit(held_of(3000, 1), coverage), held_of(5000, 2)
    wide, narrow = made.half_widths(fresh.values)
    error = np.abs(fresh.values - fresh.truths)
    assert np.mean(error <= wide, axis=0) == pytest.approx([coverage, coverage], abs=0.03)
    assert np.mean(error <= narrow, axis=0) == pytest.approx([0.683, 0.683], abs=0.03)


def test_an_interval_is_as_wide_as_errors_of_similar_predictions() -> None:
    made = Intervals.fit(held_of(3000, 1))
    (low, high), _ = made.half_widths(np.array([[1.0, 5.0], [9.0, 5.0]]))
    # True widths are 0.49 and 3.1; neighbours on both sides even them out a little.
    assert low[0] == pytest.approx(0.65, rel=0.35)
    assert high[0] == pytest.approx(1.645 * 1.9, rel=0.3)
    assert low[1] == pytest.approx(high[1], rel=0.35)


def test_a_missing_true_value_counts_for_the_other_values_only() -> None:
    held = held_of(400, 3)
    held.truths[:380, 1] = np.nan
    made = Intervals.fit(held)
    assert made.objects.tolist() == [400, 20]
    held.truths[:, 1] = np.nan
    assert np.isfinite(Intervals.fit(held).factors).tolist() == [[True, False], [True, False]]


def test_few_objects_have_one_width_for_all() -> None:
    made = Intervals.fit(held_of(40, 4))
    wide, _ = made.half_widths(np.array([[1.0, 5.0], [9.0, 5.0]]))
    assert wide[0].tolist() == wide[1].tolist()


def test_predictions_without_error_have_narrow_intervals() -> None:
    held = held_of(200, 5)
    exact = HeldOut(held.rows, held.values, held.values.copy(), held.members, None, held.targets)
    wide, _ = Intervals.fit(exact).half_widths(held.values)
    assert wide.max() < 1e-6


def test_the_parts_of_a_report_are_judged_by_the_other_parts() -> None:
    held = held_of(1000, 6)
    covered = np.abs(held.values - held.truths) <= half_widths(held)
    assert covered.mean(axis=0) == pytest.approx([0.9, 0.9], abs=0.03)
    assert np.isinf(half_widths(held_of(fewest_objects(0.9) - 1, 7))).all()


def test_answers_carry_the_interval_of_each_value_under_its_name(tmp_path: Path) -> None:
    Reliability(Intervals.fit(held_of(300, 8))).save(tmp_path)
    predictions = [{"name": "a", "teff": 5.0, "feh": 1.0}, {"name": "b", "teff": None, "feh": 1.0}]
    Reliability.load(tmp_path, None).complete(predictions, rows(2), [])
    first, second = predictions
    assert first["teff_interval"][0] < 5.0 < first["teff_interval"][1]
    assert 0 < first["feh_sigma"] < first["feh_interval"][1] - 1.0
    assert (first["coverage"], set(second)) == (0.9, {"name", "teff", "feh"})


def test_intervals_of_an_earlier_version_have_one_width(tmp_path: Path) -> None:
    np.savez(tmp_path / "conformal.npz", widths=[2.0, 1.0], objects=np.array(40), coverage=np.array(0.9))
    predictions = [{"name": "a", "value": 5.0}]
    Reliability.load(tmp_path, None).complete(predictions, rows(1), [])
    assert predictions == [{"name": "a", "value": 5.0, "sigma": 1.0, "interval": [3.0, 7.0], "coverage": 0.9}]


@pytest.mark.parametrize(
    "change",
    [
        {"targets": np.array([1, 2])},
        {"targets": np.array(["teff"])},
        {"widths": np.full((2, 2), np.nan)},
        {"widths": -np.ones((2, 2))},
        {"objects": np.zeros(2)},
        {"reference": np.full((300, 2), np.inf)},
        {"error": np.zeros((2, 2))},
        {"scale": np.zeros(2)},
    ],
)
def test_damaged_intervals_are_not_loaded(tmp_path: Path, change: dict[str, np.ndarray]) -> None:
    np.savez(tmp_path / "conformal.npz", **(Intervals.fit(held_of(300, 9)).arrays() | change))
    with pytest.raises(InvalidInput, match="stored calibration"):
        Reliability.load(tmp_path, None)
