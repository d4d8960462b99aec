"""Ranks, quantiles, marks and relevance."""

from __future__ import annotations

import numpy as np
import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.methods.outliers import marks
from deepaas_plugins.methods.outliers.ranking import Ranking, quantile_nodes, quantile_of
from deepaas_plugins.methods.outliers.relevance import LOWEST, SPAN, Relevance, usual_distance
from deepaas_plugins.methods.outliers.remembered import Remembered


def test_ranks_begin_with_the_oddest_and_equal_scores_share_one() -> None:
    scores = np.array([[5.0, 1.0, 3.0, 3.0], [9.0, 8.0, 1.0, 2.0]], dtype=np.float32)
    found = Ranking.of(scores)
    np.testing.assert_array_equal(found.ranks, [[1, 4, 2, 2], [1, 2, 4, 3]])
    np.testing.assert_allclose(found.mean, [1.0, 3.0, 3.0, 2.5])
    np.testing.assert_array_equal(found.order, [0, 3, 1, 2])
    assert found.disagreement[0] == 0.0
    assert found.disagreement[1] == pytest.approx(0.25)


def test_the_quantile_of_a_score_is_the_share_of_smaller_ones() -> None:
    values = np.arange(1000.0)
    found = quantile_of(np.array([-5.0, 250.0, 999.0, 2000.0]), quantile_nodes(values))
    np.testing.assert_allclose(found, [0.0, 0.25, 1.0, 1.0], atol=2e-3)
    constant = quantile_of(np.array([1.0, 0.0, 2.0]), quantile_nodes(np.ones(50)))
    np.testing.assert_allclose(constant, [0.5, 0.0, 1.0])


def test_the_end_of_the_odd_is_finer_than_a_thousandth() -> None:
    values = np.linspace(0.0, 1.0, 1_000_001)
    found = quantile_of(np.array([0.99997, 0.99999]), quantile_nodes(values))
    np.testing.assert_allclose(found, [0.99997, 0.99999], atol=2e-6)


@pytest.mark.parametrize(
    ("text", "message"),
    [("[1]", "no JSON object"), ('{"a": 6}', "'a' is 6"), ('{"a": "x"}', "'a' is 'x'"), ("{", "Expecting")],
)
def test_marks_that_are_none_are_told(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        marks.parse(text)
    assert marks.parse('{"a": 5, "b": 0.5}') == {"a": 5.0, "b": 0.5}
    assert marks.parse(" ") == {}


def clusters() -> np.ndarray:
    """Return three groups of points, far from each other."""
    random = np.random.default_rng(0)
    centres = np.repeat(np.array([[0.0, 0.0], [50.0, 0.0], [0.0, 50.0]]), 30, axis=0)
    return (centres + random.normal(size=(90, 2))).astype(np.float32)


def test_what_is_like_a_boring_spectrum_sinks_and_the_unknown_keeps_its_score() -> None:
    features = clusters()
    rows = np.array([0, 1, 2, 30, 31, 32])
    learned = Relevance.learn(
        features[rows], np.array([0.0, 0.0, 0.0, 5.0, 5.0, 5.0]), usual_distance(features)
    )
    weight = learned.weight(features)
    assert weight[0] == pytest.approx(LOWEST, abs=0.02)
    assert weight[30] == pytest.approx(LOWEST + SPAN, abs=0.02)
    assert weight[5:30].mean() < weight[35:60].mean()
    np.testing.assert_allclose(weight[60:], 1.0, atol=1e-6)
    assert learned.expected(features[:2]).max() < 1.0 < 4.0 < learned.expected(features[30:32]).min()


def test_marks_name_spectra_that_the_model_remembers() -> None:
    remembered = Remembered(("a", "b", "c"), clusters()[[0, 30, 60]], 1.0)
    assert remembered.relevance({"a": 0.0, "b": 5.0}).marks.tolist() == [0.0, 5.0]
    with pytest.raises(InvalidInput, match="'z' is none of the 3 spectra that the model remembers"):
        remembered.relevance({"z": 1.0})
    again = Remembered.of_arrays(remembered.arrays(), 2)
    assert again.names == remembered.names
    with pytest.raises(ValueError, match="features is not an array of shape"):
        Remembered.of_arrays(remembered.arrays(), 3)


def test_the_usual_distance_is_that_of_two_neighbours() -> None:
    assert usual_distance(np.arange(10.0, dtype=np.float32)[:, None]) == pytest.approx(1.0)
    assert usual_distance(np.zeros((5, 2), dtype=np.float32)) == 1.0
