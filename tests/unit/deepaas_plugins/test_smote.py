"""Synthetic examples of rare classes."""

from __future__ import annotations

import numpy as np

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
