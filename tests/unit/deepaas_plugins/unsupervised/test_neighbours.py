from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from deepaas_plugins.methods.unsupervised import neighbours
from deepaas_plugins.methods.unsupervised.neighbours import NeighbourIndex
from tests.unit.deepaas_plugins.halpha import GRID, cycle, profiles


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return profiles(GRID, cycle(3000)).astype(np.float32)


def test_exact_neighbours_are_those_of_scikit_learn(rows: np.ndarray) -> None:
    found = NeighbourIndex(rows).among_themselves(7)
    distance, row = NearestNeighbors(n_neighbors=7).fit(rows).kneighbors()
    np.testing.assert_allclose(found.distance, distance, atol=1e-4)
    assert (found.row == row).mean() > 0.999


def test_an_inverted_file_misses_few_neighbours_and_its_distances_are_exact(rows: np.ndarray) -> None:
    index = NeighbourIndex(rows, exact=False)
    found, true = index.among_themselves(7), NeighbourIndex(rows, exact=True).among_themselves(7)
    shared = [len(set(one) & set(other)) for one, other in zip(found.row, true.row, strict=True)]
    assert np.mean(shared) / 7 > 0.9
    of_pairs = np.linalg.norm(rows[found.row[:50]] - rows[:50, None, :], axis=2)
    np.testing.assert_allclose(found.distance[:50], of_pairs, rtol=1e-5)
    assert not (found.row == np.arange(len(rows))[:, None]).any()


@pytest.mark.parametrize("exact", [True, False])
def test_the_answer_for_a_query_does_not_depend_on_those_beside_it(rows: np.ndarray, exact: bool) -> None:
    index = NeighbourIndex(rows, exact=exact)
    queries = profiles(GRID, cycle(40), seed=9).astype(np.float32)
    together = index.search(queries, 5)
    alone = [index.search(queries[[row]], 5) for row in range(40)]
    np.testing.assert_array_equal(together.row, np.concatenate([one.row for one in alone]))


@pytest.mark.parametrize("exact", [True, False])
def test_a_row_is_its_own_nearest_when_it_is_asked_for(rows: np.ndarray, exact: bool) -> None:
    found = NeighbourIndex(rows, exact=exact).search(rows[:100], 1)
    np.testing.assert_array_equal(found.row[:, 0], np.arange(100))
    assert found.distance.max() < 1e-5


def test_few_rows_and_small_pieces_give_the_same(rows: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = NeighbourIndex(rows[:300]).among_themselves(9)
    monkeypatch.setattr(neighbours, "QUERIES", 7)
    monkeypatch.setattr(neighbours, "HELD", 1000)
    pieces = NeighbourIndex(rows[:300]).among_themselves(9)
    np.testing.assert_array_equal(whole.row, pieces.row)


def test_a_process_that_may_not_see_its_libraries_searches_too(rows: np.ndarray) -> None:
    code = """
import numpy as np
from deepaas_plugins.methods.unsupervised.neighbours import NeighbourIndex
from spectra.isolation.reader import isolate_process
isolate_process([], [])
index = NeighbourIndex(np.random.default_rng(0).normal(size=(3000, 8)).astype("f4"), exact=False)
print(index.among_themselves(5).row.shape)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(3000, 5)"


def test_equal_rows_and_many_neighbours_are_found_too() -> None:
    random = np.random.default_rng(0)
    rows = np.concatenate([np.zeros((1500, 4)), random.normal(size=(1500, 4))]).astype(np.float32)
    found = NeighbourIndex(rows, exact=False).among_themselves(600)
    assert np.isfinite(found.distance).all()
    assert not found.distance[:1500].any()
    assert (np.diff(found.distance, axis=1) >= 0).all()
