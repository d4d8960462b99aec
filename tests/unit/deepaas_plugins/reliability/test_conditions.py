"""A spectrum observed otherwise than the training set is told so, with what differs as data."""

from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.pipeline.reliability.conditions import Conditions, _judged
from spectra.batch import NUMBERS, Observations

RANDOM = np.random.default_rng(0)


def observed(**numbers: Any) -> Observations:
    columns = [np.atleast_1d(numbers.get(name, np.nan)) for name in NUMBERS]
    both = np.stack(np.broadcast_arrays(*columns), axis=1).astype(np.float32)
    return Observations(both, [None] * len(both))


TRAINING = observed(
    coverage=RANDOM.uniform(0.95, 1.0, 300),
    sampling=np.full(300, 2000.0),
    snr=RANDOM.lognormal(3.4, 0.5, 300),
)


def causes(**numbers: Any) -> dict[str, str]:
    conditions = Conditions.fit(TRAINING)
    assert conditions is not None
    (found,) = conditions.causes(observed(**numbers))
    return {cause.what: cause.facts["state"] for cause in found}


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({"coverage": 1.0, "sampling": 2000.0, "snr": 30.0}, {}),
        ({"coverage": 0.88}, {"coverage": "edge"}),
        ({"coverage": 0.5}, {"coverage": "outside"}),
        ({"sampling": 2050.0}, {}),
        ({"sampling": 1650.0}, {"resolution": "edge"}),
        ({"sampling": 2500.0}, {"resolution": "edge"}),
        ({"sampling": 500.0}, {"resolution": "outside"}),
        ({"sampling": 9000.0}, {"resolution": "outside"}),
        ({"resolution": 100.0}, {}),  # the training set states none
        ({"snr": 0.5}, {"snr": "outside"}),
        ({"snr": 1e5}, {}),  # more signal is no fault
        ({"snr": 0.5, "coverage": 0.2}, {"snr": "outside", "coverage": "outside"}),
        ({}, {}),
    ],
)
def test_what_differs_from_the_training_set_is_named(
    numbers: dict[str, float], expected: dict[str, str]
) -> None:
    assert causes(**numbers) == expected


def test_a_cause_has_the_value_its_quantile_and_the_range_of_the_training_set() -> None:
    conditions = Conditions.fit(TRAINING)
    assert conditions is not None
    ((cause,),) = conditions.causes(observed(snr=0.5))
    low, high = float(TRAINING.numbers[:, 4].min()), float(TRAINING.numbers[:, 4].max())
    assert cause.facts["value"] == 0.5
    assert cause.facts["quantile"] == 0.0
    assert (cause.facts["low"], cause.facts["high"]) == pytest.approx((low, high))
    assert cause.distance > 1.0
    assert "signal-to-noise ratio per pixel, 0.5, is lower than usual" in cause.facts["reason"]


def test_pixels_are_not_compared_where_the_resolving_power_is_stated_on_both_sides() -> None:
    stated = observed(sampling=np.full(50, 4000.0), resolution=np.full(50, 1800.0))
    conditions = Conditions.fit(stated)
    assert conditions is not None
    same, other, silent = conditions.causes(
        observed(sampling=[9000.0, 4000.0, 9000.0], resolution=[1800.0, 600.0, np.nan])
    )
    assert same == []
    assert [cause.what for cause in other] == ["resolution"]
    assert [(cause.what, cause.facts["measure"]) for cause in silent] == [("resolution", "sampling")]


def test_too_little_known_of_a_training_set_judges_nothing() -> None:
    assert Conditions.fit(None) is None
    assert Conditions.fit(observed(snr=np.full(19, 5.0))) is None
    assert Conditions.fit(observed(snr=np.where(np.arange(100) < 50, 5.0, np.nan))) is None


@pytest.mark.parametrize(
    "array", [np.zeros((3, 5)), np.full((201, 5), np.inf), np.arange(1005.0)[::-1].reshape(201, 5)]
)
def test_damaged_conditions_are_not_loaded(array: np.ndarray) -> None:
    with pytest.raises(InvalidInput, match="stored domain"):
        Conditions.of_array(array)


def test_what_is_told_of_many_at_once_is_what_is_told_of_each() -> None:
    conditions = Conditions.fit(TRAINING)
    assert conditions is not None
    spread = RANDOM.lognormal(0.0, 0.4, (500, 1)).astype(np.float32)
    known = TRAINING.numbers[RANDOM.integers(0, 300, 500)]
    many = Observations(np.where(RANDOM.random(known.shape) < 0.1, np.nan, known * spread), [None] * 500)
    at_once = conditions.causes(many)
    places = [NUMBERS.index(name) for name in ("coverage", "sampling", "snr")]
    for row, numbers in enumerate(many.numbers):
        each = [
            _judged(NUMBERS[place], float(numbers[place]), conditions.quantiles[:, place])
            for place in places
            if np.isfinite(numbers[place])
        ]
        assert at_once[row] == [cause for cause in each if cause is not None]
    assert 100 < sum(bool(found) for found in at_once) < 500
