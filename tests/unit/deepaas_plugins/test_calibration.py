"""Calibration makes probabilities honest."""

from __future__ import annotations

import numpy as np
import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.methods.rdf.calibration import Calibration
from deepaas_plugins.pipeline.classification import calibration_error


def timid(rows: int = 4000, seed: int = 0):
    """Return probabilities that are too timid, as forests' are, and the classes they speak of."""
    random = np.random.default_rng(seed)
    real = random.uniform(0.02, 0.98, rows)
    true = (random.uniform(size=rows) < real).astype(np.int64)
    said = 0.5 + (real - 0.5) * 0.4
    return np.stack([1.0 - said, said], axis=1), true


@pytest.mark.parametrize("kind", ["sigmoid", "isotonic"])
def test_timid_probabilities_become_honest(kind: str) -> None:
    said, true = timid()
    fresh, fresh_true = timid(seed=1)
    before = calibration_error(fresh, fresh_true)
    after = calibration_error(Calibration.fit(kind, said, true).apply(fresh), fresh_true)
    assert before > 0.1
    assert after < 0.03


def test_calibrated_rows_sum_to_one_even_where_every_class_gets_nothing() -> None:
    calibration = Calibration(np.zeros((3, 201)))
    assert calibration.apply(np.full((2, 3), 1 / 3)).sum(axis=1) == pytest.approx(1.0)


def test_a_calibration_comes_back_from_its_arrays() -> None:
    said, true = timid(200)
    calibration = Calibration.fit("sigmoid", said, true)
    again = Calibration.of_arrays(calibration.arrays(), 2)
    assert np.array_equal(again.apply(said), calibration.apply(said))


@pytest.mark.parametrize(
    "arrays", [{}, {"curves": np.zeros((3, 201))}, {"curves": np.full((2, 201), np.nan)}]
)
def test_arrays_of_another_model_are_rejected(arrays) -> None:
    with pytest.raises(InvalidInput, match="2 classes"):
        Calibration.of_arrays(arrays, 2)
