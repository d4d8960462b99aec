from __future__ import annotations

import numpy as np
import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.methods.som.map import rows as rows_module
from deepaas_plugins.methods.som.map.rows import Frame, MatrixRows

from .synthetic import rows


def test_the_frame_has_mean_zero_and_unit_spread_however_it_is_chunked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    matrix = rows(1000, 7) * 3 + 40
    frames = []
    for size in (1, rows_module.CHUNK_BYTES):
        monkeypatch.setattr(rows_module, "CHUNK_BYTES", size)
        frames.append(Frame.of(MatrixRows(matrix)))
    np.testing.assert_allclose(frames[0].offset, frames[1].offset, rtol=1e-6)
    assert frames[0].factor == pytest.approx(frames[1].factor)
    inside = frames[0].rows(matrix, np.float64)
    np.testing.assert_allclose(inside[:, :-1].mean(axis=0), 0, atol=1e-6)
    assert np.sqrt((inside[:, :-1] ** 2).mean()) == pytest.approx(1)
    np.testing.assert_array_equal(inside[:, -1], 1)


def test_prototypes_go_into_the_frame_and_come_back() -> None:
    matrix = rows() * 5 - 7
    frame = Frame.of(MatrixRows(matrix))
    plain = matrix[:9].astype(np.float64)
    np.testing.assert_allclose(frame.out_of(frame.into(plain)), plain)
    np.testing.assert_allclose(frame.into(plain), frame.rows(matrix[:9], np.float64)[:, :-1])


def test_rows_of_unit_length_compare_angles_and_a_row_of_zeros_stays() -> None:
    matrix = np.concatenate([rows(50, 5), np.zeros((1, 5), np.float32)])
    frame = Frame.of(MatrixRows(matrix), unit_length=True)
    np.testing.assert_allclose(
        frame.rows(matrix[:50] * 7, np.float64), frame.rows(matrix[:50], np.float64), atol=1e-6
    )
    assert np.isfinite(frame.rows(matrix)).all()


def test_rows_that_are_all_equal_have_a_frame() -> None:
    frame = Frame.of(MatrixRows(np.full((5, 3), 2.5, np.float32)))
    np.testing.assert_array_equal(frame.rows(np.full((1, 3), 2.5, np.float32))[:, :-1], 0)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_not_finite_is_rejected_with_its_row(
    value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "CHUNK_BYTES", 1)
    matrix = rows(300, 4)
    matrix[217, 2] = value
    with pytest.raises(InvalidInput, match="row 217 "):
        Frame.of(MatrixRows(matrix))


def test_an_empty_feature_set_is_rejected() -> None:
    with pytest.raises(InvalidInput, match="empty"):
        Frame.of(MatrixRows(np.empty((0, 4), np.float32)))
