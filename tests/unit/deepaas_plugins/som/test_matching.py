from __future__ import annotations

import numpy as np
import pytest

from deepaas_plugins.methods.som.map import matching
from deepaas_plugins.methods.som.map.grid import Grid
from deepaas_plugins.methods.som.map.matching import Matcher
from deepaas_plugins.methods.som.map.rows import Frame, MatrixRows

from .synthetic import rows


def both(offset: float = 0.0, factor: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows and prototypes in the frame, and the brute-force distances of the plain ones."""
    matrix = (rows(300, 20) * factor + offset).astype(np.float32)
    plain = matrix[::9].astype(np.float64)[1:] + 0.1 * factor
    frame = Frame.of(MatrixRows(matrix))
    distance = np.linalg.norm(matrix[:, None].astype(np.float64) - plain, axis=2)
    return frame.rows(matrix), frame.into(plain), distance, matrix


def test_the_best_two_cells_are_those_that_brute_force_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, prototypes, distance, _ = both()
    expected = np.argsort(distance, axis=1)[:, :2]
    for size in (1, matching.SCORE_BYTES):  # many small blocks; one block
        monkeypatch.setattr(matching, "SCORE_BYTES", size)
        matcher = Matcher(prototypes)
        np.testing.assert_array_equal(matcher.best(inside).cell, expected[:, 0])
        np.testing.assert_array_equal(np.stack(matcher.best_two(inside), axis=1), expected)


@pytest.mark.parametrize(("offset", "factor"), [(1000.0, 1.0), (0.0, 1e-17), (3e-16, 1e-17), (0.0, 1e12)])
def test_single_precision_finds_the_best_cell_whatever_the_unit_and_the_level(
    offset: float, factor: float
) -> None:
    inside, prototypes, distance, _ = both(offset, factor)
    assert inside.dtype == np.float32
    found = Matcher(prototypes).best(inside).cell
    lost = distance[np.arange(len(found)), found] / distance.min(axis=1) - 1
    assert lost.max() < 1e-6


def test_the_score_gives_the_squared_distance() -> None:
    inside, prototypes, _, _ = both()
    best = Matcher(prototypes, np.float64).best(inside.astype(np.float64))
    squared = (inside[:, :-1].astype(np.float64) ** 2).sum(axis=1) - 2 * best.score
    direct = ((inside[:, :-1] - prototypes[best.cell]) ** 2).sum(axis=1)
    np.testing.assert_allclose(squared, direct, rtol=1e-9, atol=1e-9)


def test_probing_climbs_to_the_best_cell_of_an_ordered_map_from_anywhere() -> None:
    grid = Grid(6, 7, "hexagonal")
    places = np.random.default_rng(2).uniform(0, 5, size=(200, 2))
    inside = np.concatenate([places, np.ones((200, 1))], axis=1)
    matcher = Matcher(grid.positions, np.float64)
    full = matcher.best(inside)
    probed = matcher.probe(inside, np.zeros(200, dtype=np.int64), grid, steps=20)
    np.testing.assert_array_equal(probed.cell, full.cell)
    np.testing.assert_allclose(probed.score, full.score)


def test_probing_takes_no_more_steps_than_allowed() -> None:
    grid = Grid(1, 10)
    matcher = Matcher(grid.positions, np.float64)
    probed = matcher.probe(np.array([[9.0, 0.0, 1.0]]), np.zeros(1, dtype=np.int64), grid, steps=3)
    assert probed.cell[0] == 3
