from __future__ import annotations

import numpy as np
import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.methods.unsupervised.frame import Frame, check_values


def noise(rows: int = 50, columns: int = 8) -> np.ndarray:
    return np.random.default_rng(0).normal(3.0, 2.0, (rows, columns)).astype(np.float32)


def test_rows_are_centred_and_of_unit_scatter_in_the_frame() -> None:
    matrix = noise(2000)
    frame = Frame.fit(matrix, zeros_missing=True)
    values = frame.rows(matrix).values
    assert np.abs(np.median(values, axis=0)).max() < 1e-5
    assert values.std() == pytest.approx(1.0, abs=0.05)
    np.testing.assert_allclose(frame.out_of(values), matrix, atol=1e-4)


def test_missing_values_lie_at_the_centre_and_are_said_to_be_missing() -> None:
    matrix = noise()
    matrix[3, 2] = np.nan
    matrix[4, :5] = 0.0
    frame = Frame.fit(matrix, zeros_missing=True)
    rows = frame.rows(matrix)
    assert not rows.known[3, 2]
    assert not rows.known[4, :5].any()
    assert rows.known.sum() == matrix.size - 6
    assert not rows.values[~rows.known].any()
    assert Frame.fit(matrix, zeros_missing=False).rows(matrix).known[4].all()


def test_a_frame_comes_back_from_its_arrays() -> None:
    frame = Frame.fit(noise(), zeros_missing=True)
    again = Frame.of_arrays(frame.arrays(), 8)
    np.testing.assert_array_equal(again.rows(noise()).values, frame.rows(noise()).values)
    with pytest.raises(ValueError, match="scale or scatter"):
        Frame.of_arrays({**frame.arrays(), "scale": np.array(0.0)}, 8)


def test_a_single_row_equal_rows_and_columns_without_values_are_rejected() -> None:
    with pytest.raises(InvalidInput, match="1 spectrum: there is nothing to compare"):
        Frame.fit(noise(1), zeros_missing=True)
    with pytest.raises(InvalidInput, match="All 9 spectra are equal"):
        Frame.fit(np.tile(noise(1), (9, 1)), zeros_missing=True)
    matrix = noise()
    matrix[:, [1, 5]] = np.nan
    with pytest.raises(InvalidInput, match=r"2 of 8 columns hold no finite value .*column 1, 5"):
        Frame.fit(matrix, zeros_missing=True)


def test_a_row_without_values_is_named() -> None:
    matrix = noise()
    matrix[7] = np.nan
    with pytest.raises(InvalidInput, match="Row 107 of the feature set holds no finite value"):
        check_values(matrix, first=100)


def test_columns_that_hardly_vary_do_not_weigh_as_much_as_lines() -> None:
    matrix = noise()
    matrix[:, 0] = 1.0
    frame = Frame.fit(matrix, zeros_missing=True)
    assert frame.scatter[0] == pytest.approx(0.1 * np.median(frame.scatter[1:]), rel=0.3)
    assert not frame.rows(matrix).values[:, 0].any()
