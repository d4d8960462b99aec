from __future__ import annotations

import numpy as np
import pytest

from deepaas_plugins.methods.som.map.grid import Grid

SIZES = [(1, 1), (1, 5), (4, 3), (5, 6), (6, 5)]


@pytest.mark.parametrize("size", SIZES)
def test_hexagonal_neighbours_are_exactly_the_cells_at_distance_one(size: tuple[int, int]) -> None:
    grid = Grid(*size, "hexagonal")
    distance = np.linalg.norm(grid.positions[:, None] - grid.positions, axis=2)
    for cell in range(grid.cells):
        expected = set(np.flatnonzero(np.isclose(distance[cell], 1)))
        assert set(grid.neighbours[cell]) - {-1} == expected


@pytest.mark.parametrize("size", SIZES)
def test_rectangular_neighbours_are_the_cells_around_also_diagonally(size: tuple[int, int]) -> None:
    grid = Grid(*size)
    distance = np.linalg.norm(grid.positions[:, None] - grid.positions, axis=2)
    for cell in range(grid.cells):
        expected = set(np.flatnonzero((distance[cell] > 0) & (distance[cell] < 1.42)))
        assert set(grid.neighbours[cell]) - {-1} == expected


def test_a_cell_is_not_its_own_neighbour_and_map_edges_do_not_wrap() -> None:
    grid = Grid(3, 4)
    assert not grid.adjacent(np.array([5]), np.array([5]))[0]
    assert not grid.adjacent(np.array([3]), np.array([4]))[0]  # end of the first row, start of the second


def test_a_part_of_the_reach_is_the_same_as_those_rows_of_the_whole() -> None:
    for topology in ("rectangular", "hexagonal"):
        for kind in ("gaussian", "bubble"):
            grid = Grid(4, 5, topology)
            whole = grid.reach(kind, 1.7)
            np.testing.assert_array_equal(grid.reach(kind, 1.7, slice(3, 9)), whole[3:9])
            np.testing.assert_array_equal(whole, whole.T)
            np.testing.assert_array_equal(np.diag(whole), 1.0)


def test_a_hexagonal_bubble_of_radius_one_and_a_half_holds_the_six_neighbours() -> None:
    grid = Grid(5, 5, "hexagonal")
    assert grid.reach("bubble", 1.5)[12].sum() == 7
    assert grid.reach("bubble", 1.0)[12].sum() == 1


def test_a_grid_without_cells_or_with_an_unknown_topology_is_rejected() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        Grid(0, 3)
    with pytest.raises(ValueError, match="topology"):
        Grid(2, 3, "torus")  # type: ignore[arg-type]
