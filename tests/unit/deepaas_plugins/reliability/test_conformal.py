from pathlib import Path

import numpy as np
import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.held_out import HeldOut
from deepaas_plugins.pipeline.reliability import conformal
from deepaas_plugins.pipeline.reliability.conformal import ClassSets
from deepaas_plugins.pipeline.reliability.limits import fewest_objects, limit
from deepaas_plugins.pipeline.reliability.storage import Reliability


def classes_held_of(rows: int, seed: int) -> HeldOut:
    random = np.random.default_rng(seed)
    target = random.choice(3, rows, p=[0.6, 0.3, 0.1])
    logits = random.normal(size=(rows, 3))
    logits[np.arange(rows), target] += np.array([2.0, 1.0, 0.5])[target]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return HeldOut(np.arange(rows), probabilities, target, np.arange(rows), ["a", "b", "c"])


@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
def test_sets_hold_the_truth_of_every_class_as_often_as_they_say(coverage: float) -> None:
    sets = ClassSets.fit(classes_held_of(6000, 1), coverage)
    fresh = classes_held_of(20_000, 2)
    rows = np.arange(20_000)
    inside = sets.of(fresh.predicted)[rows, fresh.target]
    limited = 1 - fresh.predicted[rows, fresh.target] <= sets.limits[fresh.target]
    for number in range(3):
        its = fresh.target == number
        assert abs(limited[its].mean() - coverage) < 0.03
        # The most probable class is added to every set: coverage is never less.
        assert inside[its].mean() >= limited[its].mean()


def test_the_limit_is_the_order_statistic_of_the_finite_sample() -> None:
    # The ceil(0.9 · (19 + 1)) = 18th smallest of 19 scores.
    assert limit(np.arange(19.0), np.arange(19), 0.9) == 17.0


def test_many_spectra_of_one_object_weigh_as_much_as_one_of_another() -> None:
    scores = np.concatenate([np.arange(19.0), np.full(1000, 100.0)])
    members = np.concatenate([np.arange(19), np.full(1000, 19)])
    # 20 objects: 0.9 · 21 = 18.9 of them are reached at the score 18, whatever the 1000 spectra say.
    assert limit(scores, members, 0.9) == 18.0


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9, 0.95, 0.99])
def test_fewer_objects_than_a_finite_limit_needs_have_none(coverage: float) -> None:
    enough = fewest_objects(coverage)
    assert np.isfinite(limit(np.arange(float(enough)), np.arange(enough), coverage))
    assert limit(np.arange(float(enough - 1)), np.arange(enough - 1), coverage) == np.inf


def test_a_class_with_too_few_objects_is_in_every_set() -> None:
    held = classes_held_of(300, 4)
    few = np.flatnonzero(held.target == 2)[5:]
    sets = ClassSets.fit(held.some(~np.isin(np.arange(300), few)))
    assert sets.calibrated.tolist() == [True, True, False]
    assert sets.of(np.array([[1.0, 0.0, 0.0]])).tolist() == [[True, False, True]]


def test_too_few_objects_give_no_sets_and_no_intervals() -> None:
    rows = np.arange(8)
    assert conformal.fit(HeldOut(rows, np.zeros(8), np.ones(8), rows, None)) is None
    assert conformal.fit(HeldOut(rows, np.full((8, 2), 0.5), rows % 2, rows, ["a", "b"])) is None


def test_a_set_is_never_empty() -> None:
    sets = ClassSets(np.array([0.1, 0.1]), np.array([50, 50]), 0.9)
    assert sets.of(np.array([[0.55, 0.45], [0.95, 0.05]])).tolist() == [[True, False], [True, False]]


def test_calibration_is_read_as_it_was_saved(tmp_path: Path) -> None:
    sets = ClassSets.fit(classes_held_of(300, 5))
    Reliability(sets).save(tmp_path)
    read = Reliability.load(tmp_path, 3).conformal
    assert isinstance(read, ClassSets)
    assert read.limits.tolist() == sets.limits.tolist()
    assert (read.coverage, read.objects.tolist()) == (sets.coverage, sets.objects.tolist())


def test_a_model_of_an_earlier_version_has_neither_sets_nor_domain(tmp_path: Path) -> None:
    read = Reliability.load(tmp_path, 3)
    assert (read.conformal, read.domain, read.coverage) == (None, None, None)


@pytest.mark.parametrize(
    "change",
    [
        {"limits": np.zeros(4)},
        {"limits": np.array([0.1, np.nan, 0.2])},
        {"coverage": np.array(1.5)},
        {"coverage": np.array("0.9")},
        {"objects": np.zeros(3)},
    ],
)
def test_a_damaged_calibration_is_not_loaded(tmp_path: Path, change: dict[str, np.ndarray]) -> None:
    arrays = ClassSets.fit(classes_held_of(300, 5)).arrays() | change
    np.savez(tmp_path / "conformal.npz", **arrays)
    with pytest.raises(InvalidInput, match="stored calibration"):
        Reliability.load(tmp_path, 3)
