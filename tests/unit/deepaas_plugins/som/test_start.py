from __future__ import annotations

import numpy as np
import pytest

from deepaas_plugins.methods.som.map.grid import Grid
from deepaas_plugins.methods.som.map.rows import Frame, MatrixRows
from deepaas_plugins.methods.som.map.start import prototypes

from .synthetic import rows


def begin(kind: str, grid: Grid, matrix: np.ndarray, seed: int = 0) -> np.ndarray:
    source = MatrixRows(matrix)
    frame = Frame.of(source)
    return frame.out_of(prototypes(kind, grid, source, frame, seed))  # type: ignore[arg-type]


def test_random_prototypes_are_different_rows_and_the_seed_decides_which() -> None:
    matrix = rows(60, 5)
    first = begin("random", Grid(6, 7), matrix)
    distance = np.linalg.norm(first[:, None] - matrix, axis=2)
    np.testing.assert_allclose(distance.min(axis=1), 0, atol=1e-5)
    assert len(set(distance.argmin(axis=1))) == 42
    np.testing.assert_array_equal(first, begin("random", Grid(6, 7), matrix))
    assert not np.array_equal(first, begin("random", Grid(6, 7), matrix, seed=1))


def test_a_map_with_more_cells_than_rows_begins_with_rows_repeated() -> None:
    assert begin("random", Grid(5, 5), rows(4, 3)).shape == (25, 3)


@pytest.mark.parametrize("shape", [(500, 6), (20, 300)])
@pytest.mark.parametrize("size", [(4, 9), (9, 4)])
def test_pca_prototypes_span_the_two_first_components_the_longer_side_the_first(
    shape: tuple[int, int], size: tuple[int, int]
) -> None:
    matrix = rows(*shape)
    start = begin("pca", Grid(*size), matrix).reshape(*size, shape[1])
    mean = matrix.mean(axis=0, dtype=np.float64)
    _, spread, axes = np.linalg.svd(matrix - mean, full_matrices=False)
    spread = spread / np.sqrt(len(matrix))
    np.testing.assert_allclose(start.mean(axis=(0, 1)), mean, atol=1e-5)
    across, down = start[0, -1] - start[0, 0], start[-1, 0] - start[0, 0]
    long, short = (across, down) if size[1] > size[0] else (down, across)
    assert abs(long @ axes[0]) == pytest.approx(2 * spread[0], rel=1e-4)
    assert abs(short @ axes[1]) == pytest.approx(2 * spread[1], rel=1e-4)
    assert np.linalg.norm(long) == pytest.approx(2 * spread[0], rel=1e-4)


def test_pca_of_one_column_lies_on_a_line() -> None:
    start = begin("pca", Grid(2, 3), rows(50, 1))
    np.testing.assert_allclose(start[:3], start[3:])
