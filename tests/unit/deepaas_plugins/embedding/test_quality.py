from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import procrustes

from deepaas_plugins.methods.embedding import quality


def groups_of_points(each: int = 30) -> tuple[np.ndarray, list[str | None]]:
    random = np.random.default_rng(0)
    centres = np.repeat(np.array([[0.0, 0.0], [50.0, 0.0], [0.0, 50.0]]), each, axis=0)
    labels: list[str | None] = [name for name in "abc" for _ in range(each)]
    return (centres + random.normal(size=centres.shape)).astype(np.float32), labels


def test_classes_that_lie_apart_have_precision_one_against_a_third_by_chance() -> None:
    points, labels = groups_of_points()
    nearest = quality.neighbours(points, quality.LOOKED_AT)
    found = quality.precision(nearest, labels, [None] * 90)
    assert found == (1.0, pytest.approx(29 / 89))
    mixed = [str(name) for name in np.random.default_rng(1).permutation(np.array(labels))]
    precise, chance = quality.precision(nearest, mixed, [None] * 90) or (0.0, 0.0)
    assert precise == pytest.approx(chance, abs=0.06)


def test_spectra_of_one_object_do_not_count_as_neighbours_of_each_other() -> None:
    random = np.random.default_rng(0)
    points = np.repeat(random.normal(size=(60, 2)), 3, axis=0).astype(np.float32)
    labels = [str(random.integers(2)) for _ in range(60) for _ in range(1)]
    of_rows: list[str | None] = [label for label in labels for _ in range(3)]
    objects: list[str | None] = [f"object {number}" for number in range(60) for _ in range(3)]
    nearest = quality.neighbours(points, quality.LOOKED_AT)
    naive, _ = quality.precision(nearest, of_rows, [None] * 180) or (0.0, 0.0)
    fair, chance = quality.precision(nearest, of_rows, objects) or (0.0, 0.0)
    assert naive > fair + 0.05
    assert fair == pytest.approx(chance, abs=0.1)


def test_spectra_without_class_are_left_out_and_one_class_is_no_measure() -> None:
    points, labels = groups_of_points()
    some: list[str | None] = [None if row % 3 == 0 else label for row, label in enumerate(labels)]
    nearest = quality.neighbours(points, quality.LOOKED_AT)
    assert (quality.precision(nearest, some, [None] * 90) or (0.0, 0.0))[0] == 1.0
    assert quality.precision(nearest, ["a"] * 90, [None] * 90) is None
    assert quality.precision(nearest, [None] * 90, [None] * 90) is None


def test_a_turned_shifted_and_scaled_layout_is_the_same() -> None:
    points, _ = groups_of_points()
    turned = 3.0 * points @ np.array([[0.0, 1.0], [1.0, 0.0]], dtype=np.float32) + 7.0
    assert quality.disparity(points, turned) == pytest.approx(0.0, abs=1e-6)
    noise = np.random.default_rng(2).normal(size=points.shape).astype(np.float32)
    assert quality.disparity(points, noise) == pytest.approx(procrustes(points, noise)[2], abs=1e-6)


def test_neighbours_kept_is_one_for_the_same_and_small_for_noise() -> None:
    points, _ = groups_of_points()
    nearest = quality.neighbours(points, 10)
    assert quality.kept(nearest, nearest) == 1.0
    noise = np.random.default_rng(2).normal(size=points.shape).astype(np.float32)
    assert quality.kept(nearest, quality.neighbours(noise, 10)) < 0.25
