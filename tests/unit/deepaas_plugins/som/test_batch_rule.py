from __future__ import annotations

import numpy as np
import pytest

from deepaas_plugins.methods.som.map import batch_rule
from deepaas_plugins.methods.som.map import rows as rows_module
from deepaas_plugins.methods.som.map.batch_rule import BatchTraining, Epoch, PreparedRows, Schedule, cell_sums
from deepaas_plugins.methods.som.map.decay import Decay
from deepaas_plugins.methods.som.map.grid import Grid
from deepaas_plugins.methods.som.map.measures import place
from deepaas_plugins.methods.som.map.minisom_map import from_minisom
from deepaas_plugins.methods.som.map.rows import Frame, MatrixRows
from deepaas_plugins.methods.som.map.start import prototypes

from .synthetic import rows, train_both


@pytest.mark.parametrize("size", [(5, 4), (4, 5), (6, 6)])
@pytest.mark.parametrize(
    ("topology", "neighbourhood"),
    [("rectangular", "gaussian"), ("hexagonal", "gaussian"), ("rectangular", "bubble")],
)
def test_the_batch_rule_ends_where_minisoms_ends(
    size: tuple[int, int], topology: str, neighbourhood: str
) -> None:
    grid = Grid(*size, topology)  # type: ignore[arg-type]
    ours, peer = train_both(rows(), grid, neighbourhood)
    np.testing.assert_allclose(ours, from_minisom(grid, peer.get_weights()), rtol=1e-9, atol=1e-9)


def trained(
    matrix: np.ndarray, dtype: type = np.float32, **changes: object
) -> tuple[np.ndarray, list[Epoch], Frame]:
    grid = Grid(6, 7, "hexagonal")
    source = MatrixRows(matrix)
    frame = Frame.of(source, unit_length=bool(changes.pop("unit_length", False)))
    plan = {
        "epochs": 12,
        "neighbourhood": "gaussian",
        "radius": Decay(3.0, 1.0),
        "learning_rate": Decay(1, 1),
    }
    epochs: list[Epoch] = []
    start = prototypes("pca", grid, source, frame, 0)
    training = BatchTraining(grid, frame, start, Schedule(**(plan | changes)), dtype)  # type: ignore[arg-type]
    return frame.out_of(training.run(source, epochs.append)), epochs, frame


def test_single_precision_ends_where_double_does() -> None:
    matrix = rows(800, 30) + 100
    single, _, _ = trained(matrix)
    double, _, _ = trained(matrix, np.float64)
    assert np.abs(single - double).max() < 1e-4 * np.abs(double - 100).max()


def test_chunks_and_cache_change_nothing_but_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = rows(1000, 8)
    whole, _, _ = trained(matrix, np.float64)
    monkeypatch.setattr(rows_module, "CHUNK_BYTES", 1)
    monkeypatch.setattr(batch_rule, "CACHE_BYTES", 0)
    monkeypatch.setattr(batch_rule, "REACH_BYTES", 5 * 8 * 42)
    chunked, _, _ = trained(matrix, np.float64)
    np.testing.assert_allclose(chunked, whole, rtol=1e-6, atol=1e-6)


def test_rows_are_read_again_each_time_only_where_the_cache_is_too_small() -> None:
    class Counting(MatrixRows):
        read = 0

        def chunks(self):  # type: ignore[no-untyped-def]
            type(self).read += 1
            return super().chunks()

    source = Counting(rows(200, 5))
    frame = Frame.of(source)
    for cache, expected in ((10**6, 1), (10, 3)):
        Counting.read = 0
        prepared = PreparedRows(source, frame, cache_bytes=cache)
        seen = [sum(len(chunk) for chunk, _ in prepared) for _ in range(3)]
        assert seen == [200, 200, 200]
        assert Counting.read == expected


def test_the_quantisation_error_of_an_epoch_is_that_of_the_prototypes_before_it() -> None:
    matrix = rows(500, 10)
    grid, source = Grid(6, 7, "hexagonal"), MatrixRows(matrix)
    before, _, frame = trained(matrix, epochs=3, radius=Decay(3.0, 1.0, "constant"))
    _, epochs, _ = trained(matrix, epochs=4, radius=Decay(3.0, 1.0, "constant"))
    assert grid.cells == len(before)
    expected = place(source, frame, before).quantisation_error()
    assert epochs[3].quantisation_error == pytest.approx(expected, rel=1e-4)


def test_training_lowers_the_quantisation_error_and_settles() -> None:
    _, epochs, _ = trained(rows(600, 10), epochs=30, radius=Decay(3.0, 0.5))
    assert [epoch.number for epoch in epochs] == list(range(1, 31))
    assert epochs[-1].quantisation_error < 0.85 * epochs[0].quantisation_error
    assert epochs[0].moved == 1.0
    assert epochs[-1].moved < 0.2


def test_probing_trains_a_map_about_as_good_as_the_full_search() -> None:
    matrix = rows(800, 10)
    _, full, _ = trained(matrix)
    _, probing, _ = trained(matrix, search="probing")
    assert probing[-1].quantisation_error == pytest.approx(full[-1].quantisation_error, rel=0.05)


def test_a_learning_rate_below_one_goes_only_part_of_the_way() -> None:
    matrix = rows(300, 6)
    grid, source = Grid(6, 7, "hexagonal"), MatrixRows(matrix)
    frame = Frame.of(source)
    start = frame.out_of(prototypes("pca", grid, source, frame, 0))
    whole, _, _ = trained(matrix, np.float64, epochs=1)
    part, _, _ = trained(matrix, np.float64, epochs=1, learning_rate=Decay(0.25, 0.25))
    np.testing.assert_allclose(part, start + 0.25 * (whole - start), atol=1e-6)


def test_with_the_cosine_distance_prototypes_have_length_one_and_lengths_of_rows_do_not_matter() -> None:
    matrix = rows(300, 6)
    one, _, _ = trained(matrix, np.float64, unit_length=True)
    other, _, _ = trained(matrix * np.linspace(1, 9, 300)[:, None], np.float64, unit_length=True)
    np.testing.assert_allclose(np.linalg.norm(one, axis=1), 1)
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_training_stops_between_chunks_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "CHUNK_BYTES", 1)
    grid, source = Grid(2, 2), MatrixRows(rows(1000, 3))
    frame = Frame.of(source)
    plan = Schedule(5, "gaussian", Decay(1, 1), Decay(1, 1))
    calls = 0

    class Stop(Exception):
        pass

    def watch() -> None:
        nonlocal calls
        calls += 1
        if calls == 20:  # 16 chunks an epoch: in the second, whose chunks come from the cache
            raise Stop

    training = BatchTraining(grid, frame, prototypes("pca", grid, source, frame, 0), plan)
    epochs: list[Epoch] = []
    with pytest.raises(Stop):
        training.run(source, epochs.append, watch)
    assert len(epochs) == 1


def test_the_sums_of_cells_are_those_of_a_loop() -> None:
    matrix = rows(50, 4)
    cell = np.random.default_rng(0).integers(0, 6, 50)
    expected = np.stack([matrix[cell == k].sum(axis=0) for k in range(7)])
    np.testing.assert_allclose(cell_sums(matrix, cell, 7), expected, rtol=1e-4, atol=1e-5)
