from __future__ import annotations

import numpy as np
import pytest

from deepaas_plugins.methods.som.map.grid import Grid
from deepaas_plugins.methods.som.map.measures import place, u_matrix
from deepaas_plugins.methods.som.map.minisom_map import MiniSomMap, from_minisom
from deepaas_plugins.methods.som.map.rows import Frame, MatrixRows

from .synthetic import rows, train_both

SIZES = [(5, 4), (4, 5), (6, 6), (7, 3), (1, 6), (6, 1)]


@pytest.mark.parametrize("topology", ["rectangular", "hexagonal"])
@pytest.mark.parametrize("size", SIZES)
def test_errors_and_hits_equal_minisoms(size: tuple[int, int], topology: str) -> None:
    grid, matrix = Grid(*size, topology), rows(500, 6)  # type: ignore[arg-type]
    ours, _ = train_both(matrix, grid, epochs=3)
    source = MatrixRows(matrix)
    placement = place(source, Frame.of(source), ours)
    peer, data = MiniSomMap(grid, ours), matrix.astype(np.float64)
    assert placement.quantisation_error() == pytest.approx(peer.quantization_error(data), rel=1e-9)
    assert placement.topographic_error(grid) == pytest.approx(peer.topographic_error(data), abs=1e-12)
    response = from_minisom(grid, peer.activation_response(data)[:, :, None])[:, 0]
    np.testing.assert_array_equal(placement.hits(grid), response)


def test_some_topographic_errors_are_neither_none_nor_all() -> None:
    """The comparison with MiniSom above would be empty otherwise."""
    matrix, grid = rows(500, 6), Grid(5, 4, "hexagonal")
    ours, _ = train_both(matrix, grid, epochs=3)
    source = MatrixRows(matrix)
    assert 0.02 < place(source, Frame.of(source), ours).topographic_error(grid) < 0.98


@pytest.mark.parametrize(
    ("size", "topology"),
    [(size, "rectangular") for size in SIZES] + [((5, 4), "hexagonal"), ((7, 3), "hexagonal")],
)
def test_the_u_matrix_is_minisoms_distance_map_before_scaling(size: tuple[int, int], topology: str) -> None:
    grid = Grid(*size, topology)  # type: ignore[arg-type]
    prototypes = rows(grid.cells, 6).astype(np.float64)
    ours = u_matrix(grid, prototypes)
    peer = from_minisom(grid, MiniSomMap(grid, prototypes).distance_map("mean")[:, :, None])
    np.testing.assert_allclose(ours.ravel() / ours.max(), peer[:, 0], rtol=1e-12)


@pytest.mark.parametrize("size", SIZES)
def test_the_u_matrix_of_a_hexagonal_map_averages_over_the_cells_at_distance_one(
    size: tuple[int, int],
) -> None:
    grid = Grid(*size, "hexagonal")
    prototypes = rows(grid.cells, 6).astype(np.float64)
    ours = u_matrix(grid, prototypes).ravel()
    apart = np.linalg.norm(grid.positions[:, None] - grid.positions, axis=2)
    for cell in range(grid.cells):
        next_to = np.isclose(apart[cell], 1)
        assert ours[cell] == pytest.approx(
            np.linalg.norm(prototypes[next_to] - prototypes[cell], axis=1).mean()
        )


def test_minisom_contradicts_itself_on_hexagonal_maps_of_even_height() -> None:
    """The reason for our own U-matrix; when this fails, MiniSom was mended: drop the note in minisom_map."""
    grid = Grid(4, 5, "hexagonal")
    prototypes = rows(grid.cells, 6).astype(np.float64)
    ours = u_matrix(grid, prototypes)
    peer = from_minisom(grid, MiniSomMap(grid, prototypes).distance_map("mean")[:, :, None])
    assert not np.allclose(ours.ravel() / ours.max(), peer[:, 0])


def test_a_map_of_one_cell_has_no_topographic_error_and_a_flat_u_matrix() -> None:
    grid, source = Grid(1, 1), MatrixRows(rows(20, 3))
    prototypes = np.zeros((1, 3))
    placement = place(source, Frame.of(source), prototypes)
    assert np.isnan(placement.topographic_error(grid))
    np.testing.assert_allclose(placement.distance, np.linalg.norm(source.matrix, axis=1), rtol=1e-6)
    assert u_matrix(grid, prototypes).tolist() == [[0.0]]
