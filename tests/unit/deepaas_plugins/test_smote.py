"""Synthetic examples of rare classes."""

from __future__ import annotations

import numpy as np

from deepaas_plugins.methods.cnn.fits.oversampling import Examples
from deepaas_plugins.methods.spectral_features.smote import synthetic


def test_all_classes_become_equally_frequent_between_rows_of_their_own() -> None:
    rng = np.random.default_rng(0)
    target = np.repeat([0, 1, 2], [30, 6, 1])
    matrix = (rng.normal(0, 1, (37, 4)) + 100 * target[:, None]).astype(np.float32)
    made = synthetic(matrix, target, rng)
    counts = np.bincount(np.concatenate([target, made.target]))
    assert counts.tolist() == [30, 30, 30]
    assert made.matrix.dtype == np.float32
    assert (target[made.parents] == made.target[:, None]).all()
    ends = matrix[made.parents]
    inside = (made.matrix >= ends.min(axis=1) - 1e-3) & (made.matrix <= ends.max(axis=1) + 1e-3)
    assert inside.all()
    assert (made.matrix[made.target == 2] == matrix[-1]).all()


def test_a_row_lies_between_near_rows_of_its_class_only() -> None:
    matrix = np.array([[0.0], [1.0], [2.0], [50.0], [51.0], *[[9.0]] * 8], dtype=np.float32)
    target = np.array([0] * 5 + [1] * 8)
    made = synthetic(matrix, target, np.random.default_rng(1), neighbours=1)
    assert len(made.target) == 3
    assert (np.abs(np.diff(matrix[made.parents][:, :, 0], axis=1)) <= 1).all()


def test_balanced_classes_get_nothing() -> None:
    made = synthetic(np.eye(4, dtype=np.float32), np.array([0, 0, 1, 1]), np.random.default_rng(0))
    assert made.matrix.shape == (0, 4)


def test_no_more_than_asked_for_are_made() -> None:
    target = np.repeat([0, 1], [40, 2])
    made = synthetic(np.ones((42, 3), dtype=np.float32), target, np.random.default_rng(0), most=5)
    assert made.target.tolist() == [1] * 5


def test_a_network_learns_from_balanced_classes_made_of_its_own_rows_alone() -> None:
    rng = np.random.default_rng(2)
    matrix = rng.normal(0, 1, (60, 8)).astype(np.float32)
    classes = np.repeat([0, 1], [50, 10])
    learn = np.sort(np.concatenate([np.arange(0, 40), np.arange(50, 56)]))
    weights = np.where(classes == 1, 4.0, 1.0)
    target = np.eye(2)[classes]
    found = Examples.oversampled(matrix, learn, target, weights, seed=0)
    assert np.isin(found.first, learn).all()
    assert np.isin(found.second, learn).all()
    assert np.bincount(classes[found.first]).tolist() == [40, 40]
    assert (classes[found.first] == classes[found.second]).all()
    assert found.weights.tolist() == [1.0] * 80
    plain = Examples.plain(learn, weights)
    assert plain.weights.tolist() == weights[learn].tolist()
    assert not plain.share.any()
