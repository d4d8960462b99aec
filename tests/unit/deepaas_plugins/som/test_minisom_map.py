from __future__ import annotations

import numpy as np
import pytest
from minisom import MiniSom

from deepaas_plugins.methods.som.map.decay import Decay
from deepaas_plugins.methods.som.map.grid import Grid
from deepaas_plugins.methods.som.map.measures import place
from deepaas_plugins.methods.som.map.minisom_map import MiniSomMap, from_minisom, to_minisom
from deepaas_plugins.methods.som.map.rows import Frame, MatrixRows

from .synthetic import asymptotic, rows


@pytest.mark.parametrize("size", [(5, 4), (4, 5), (2, 2), (3, 3)])
@pytest.mark.parametrize("topology", ["rectangular", "hexagonal"])
def test_distances_between_cells_are_the_same_in_minisoms_plane(size: tuple[int, int], topology: str) -> None:
    grid = Grid(*size, topology)  # type: ignore[arg-type]
    peer = MiniSom(grid.columns, grid.rows, 3, topology=topology)
    plane = from_minisom(grid, np.stack(peer.get_euclidean_coordinates(), axis=2))
    ours = np.linalg.norm(grid.positions[:, None] - grid.positions, axis=2)
    np.testing.assert_allclose(np.linalg.norm(plane[:, None] - plane, axis=2), ours, atol=1e-12)


@pytest.mark.parametrize("topology", ["rectangular", "hexagonal"])
def test_our_neighbourhood_is_minisoms(topology: str) -> None:
    grid = Grid(4, 5, topology)  # type: ignore[arg-type]
    kinds = ["gaussian", "bubble"] if topology == "rectangular" else ["gaussian"]
    for kind in kinds:
        peer = MiniSom(5, 4, 3, sigma=2, neighborhood_function=kind, topology=topology)
        ours = MiniSomMap(grid, rows(20, 3), neighbourhood=kind)  # type: ignore[arg-type]
        for winner in ((0, 0), (2, 1), (4, 3)):
            np.testing.assert_allclose(ours.neighborhood(winner, 2.0), peer.neighborhood(winner, 2.0))


def test_values_go_to_minisoms_order_and_come_back() -> None:
    grid = Grid(3, 4)
    values = np.arange(24.0).reshape(12, 2)
    there = to_minisom(grid, values)
    assert there.shape == (4, 3, 2)
    np.testing.assert_array_equal(there[1, 2], values[1])  # first row of ours is the top one: the largest y
    np.testing.assert_array_equal(from_minisom(grid, there), values)


def test_online_training_is_minisoms_own() -> None:
    grid, matrix, epochs = Grid(4, 5), rows(60, 4).astype(np.float64), 3
    start = matrix[:20].copy()
    radius, rate = asymptotic(2.0, epochs), asymptotic(0.4, epochs)
    ours = MiniSomMap(grid, start, radius=radius, learning_rate=rate, seed=5)
    done: list[int] = []
    ours.train_epochs(matrix, epochs, done.append)
    peer = MiniSom(5, 4, 4, sigma=2, learning_rate=0.4, random_seed=5)
    peer._weights = to_minisom(grid, start)
    peer.train(matrix, epochs, random_order=True, use_epochs=True)
    np.testing.assert_allclose(ours.prototypes, from_minisom(grid, peer.get_weights()), rtol=1e-12)
    assert done == list(range(180))


def test_online_training_on_a_hexagonal_bubble_lowers_the_error_and_can_be_stopped() -> None:
    grid, matrix = Grid(5, 5, "hexagonal"), rows(200, 4)
    source = MatrixRows(matrix)
    frame = Frame.of(source)
    start = 0.1 * matrix[:25].astype(np.float64)
    online = MiniSomMap(
        grid, start, neighbourhood="bubble", radius=Decay(2.5, 1.0), learning_rate=Decay(0.5, 0.05)
    )

    class Stop(Exception):
        pass

    def stop(done: int) -> None:
        if done == 300:
            raise Stop

    before = place(source, frame, start).quantisation_error()
    with pytest.raises(Stop):
        online.train_epochs(matrix, 10, stop)
    online.train_epochs(matrix, 10, lambda _: None)
    assert place(source, frame, online.prototypes).quantisation_error() < 0.7 * before
