"""Representations, templates, weights and prior steps: what they are made of, and what they must not know."""

from __future__ import annotations

import numpy as np
import pytest

from deepaas_plugins.methods.spectral_features import prior, weights
from deepaas_plugins.methods.spectral_features.representation import (
    REPRESENTATIONS,
    Representation,
    covered,
    smoothed,
)
from deepaas_plugins.methods.spectral_features.templates import Templates

RANDOM = np.random.default_rng(0)


def spectra(rows: int = 6, columns: int = 200) -> np.ndarray:
    flux = RANDOM.normal(1.0, 0.05, (rows, columns)).astype(np.float32)
    flux[0, :60] = 0.0
    return flux


@pytest.mark.parametrize("name", REPRESENTATIONS)
@pytest.mark.parametrize("points", [0, 90])
def test_a_representation_is_finite_and_of_each_spectrum_alone(name: str, points: int) -> None:
    matrix, made = spectra(), Representation(name, smoothing=1.0, points=points)
    whole = made.of_spectra(matrix)
    assert whole.shape == (6, made.size(200))
    assert np.isfinite(whole).all()
    assert np.allclose(whole[2:3], made.of_spectra(matrix[2:3]), atol=1e-6)
    parts = whole.reshape(6, made.parts, -1)
    assert (parts[0, :, : 60 // (1 if not points else 3) - 1] == 0).all()


def test_spectra_that_are_learned_from_as_they_are_are_not_copied() -> None:
    matrix = spectra()
    assert Representation().of_spectra(matrix) is matrix


def test_a_high_pass_does_not_see_scale_or_slope() -> None:
    matrix = 1.0 + np.abs(spectra(3)[1:])
    tilted = matrix * np.exp(np.linspace(-0.2, 0.2, 200)) * 7.0
    one, other = (Representation("log_high_pass", 10.0).of_spectra(each) for each in (matrix, tilted))
    assert np.allclose(one[:, 40:-40], other[:, 40:-40], atol=2e-3)


def test_smoothing_does_not_leak_zeros_of_what_is_not_covered() -> None:
    matrix = np.ones((1, 100), dtype=np.float32)
    matrix[0, :30] = 0.0
    known = covered(matrix)
    assert np.allclose(smoothed(matrix, known, 5.0)[0, 30:], 1.0, atol=1e-5)


def test_importance_of_parts_and_bins_comes_back_to_the_points_with_its_sum() -> None:
    made = Representation("log_stack", points=50)
    values = RANDOM.random(made.size(200))
    assert made.over_columns(values, 200).shape == (200,)
    assert made.over_columns(values, 200).sum() == pytest.approx(values.sum())


def test_a_spectrum_is_nearest_to_the_template_of_its_class_whatever_its_scale() -> None:
    line = np.exp(-0.5 * ((np.arange(120) - 60) / 5.0) ** 2)
    shapes = np.stack([1.0 + line, 1.0 - 0.8 * line, np.ones(120)])
    target = np.repeat([0, 1, 2], 5)
    matrix = (shapes[target] + RANDOM.normal(0, 0.02, (15, 120))).astype(np.float32)
    made = Templates.of_rows(matrix, target)
    found = made.distances(matrix * 30.0)
    assert found.shape == (15, made.size)
    assert (found[:, :3].argmin(axis=1) == target).all()


def test_root_counts_favour_the_rare_and_a_tuned_step_gains_balanced_accuracy() -> None:
    target = np.array([0] * 90 + [1] * 10)
    steps = prior.of_counts(target, 2)
    assert steps[1] - steps[0] == pytest.approx(0.5 * np.log(9.0))
    score = np.clip(np.where(target == 1, 0.35, 0.1) + RANDOM.normal(0, 0.08, 100), 0.01, 0.99)
    probabilities = np.stack([1 - score, score], axis=1)
    found = prior.tuned(probabilities, target, np.ones(100))
    before = prior.recall_mean(probabilities.argmax(axis=1), target, np.ones(100))
    after = prior.recall_mean(prior.apply(probabilities, found).argmax(axis=1), target, np.ones(100))
    assert after > before + 0.2
    assert prior.apply(probabilities, found).sum(axis=1) == pytest.approx(np.ones(100))


def test_weights_of_objects_and_classes_balance_what_they_say() -> None:
    members, target = np.array([0, 0, 0, 0, 1, 2]), np.array([0, 0, 0, 0, 0, 1])
    of_objects = weights.of_objects(members, 1.0)
    assert of_objects[:4].sum() == pytest.approx(of_objects[4])
    balanced = weights.of_classes(target, of_objects, 1.0)
    assert balanced[:5].sum() == pytest.approx(balanced[5])
