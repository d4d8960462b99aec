from __future__ import annotations

import numpy as np
import pytest

from deepaas_plugins.methods.unsupervised.frame import Frame
from deepaas_plugins.methods.unsupervised.standard import CLIP, standardised


def noise(rows: int = 20, columns: int = 300) -> np.ndarray:
    return np.random.default_rng(0).normal(5.0, 2.0, (rows, columns)).astype(np.float32)


def test_brightness_and_contrast_do_not_count() -> None:
    matrix, known = noise(), np.ones((20, 300), dtype=bool)
    found = standardised(matrix, known)
    np.testing.assert_allclose(found.mean(axis=1), 0.0, atol=0.01)
    np.testing.assert_allclose(found.std(axis=1), 1.0, atol=0.03)
    np.testing.assert_allclose(standardised(7.0 * matrix - 3.0, known), found, atol=1e-4)


def test_the_points_that_count_are_those_that_are_known() -> None:
    matrix, known = noise(), np.ones((20, 300), dtype=bool)
    known[:, 200:] = False
    spoiled = matrix.copy()
    spoiled[:, 200:] = np.nan
    found = standardised(spoiled, known)
    np.testing.assert_allclose(found[:, :200], standardised(matrix[:, :200], known[:, :200]), atol=1e-5)
    assert not found[:, 200:].any()


def test_a_spike_neither_sets_the_scale_nor_goes_beyond_the_cut() -> None:
    matrix, known = noise(), np.ones((20, 300), dtype=bool)
    spiked = matrix.copy()
    spiked[0, 7] = 1e5
    found = standardised(spiked, known)
    assert found[0, 7] <= CLIP
    others = np.arange(300) != 7
    assert np.abs(found[0, others] - standardised(matrix, known)[0, others]).max() < 0.3


def test_a_spectrum_that_does_not_vary_or_has_no_value_is_zero() -> None:
    matrix, known = noise(3), np.ones((3, 300), dtype=bool)
    matrix[0], known[1] = 4.0, False
    found = standardised(matrix, known)
    assert not found[:2].any()
    assert found[2].any()


def test_a_frame_standardises_when_it_is_asked_to_and_when_it_comes_back() -> None:
    matrix = noise(200) * np.linspace(1.0, 50.0, 200, dtype=np.float32)[:, None]
    frame = Frame.fit(matrix, zeros_missing=True, standardise=True)
    rows = frame.rows(matrix).values
    assert rows[0].std() == pytest.approx(rows[-1].std(), rel=0.2)
    again = Frame.of_arrays(frame.arrays(), 300)
    np.testing.assert_array_equal(again.rows(matrix).values, rows)
