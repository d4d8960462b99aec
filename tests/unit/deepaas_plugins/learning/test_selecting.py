"""What a round keeps of a pool: scores, samples, diverse batches, unusual spectra."""

from __future__ import annotations

import numpy as np
import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.learning import diverse, strategies
from deepaas_plugins.learning.pool import PoolPass, even_shares
from deepaas_plugins.learning.settings import RoundSettings
from deepaas_plugins.learning.top_rows import TopRows
from deepaas_plugins.learning.unusual import Unusual
from deepaas_plugins.learning.unusual_map import UnusualMap


def test_scores_rank_the_most_even_probabilities_first() -> None:
    told = np.array([[0.98, 0.01, 0.01], [0.34, 0.33, 0.33], [0.5, 0.5, 0.0]])
    assert strategies.entropy(told).argmax() == 1
    assert strategies.margin(told).argmax() == 2
    assert strategies.least_confidence(told).argmax() == 1
    assert strategies.entropy(told).max() == pytest.approx(1.0, abs=1e-3)


def test_models_that_are_unsure_together_do_not_disagree() -> None:
    unsure = np.full((3, 1, 2), 0.5)
    split = np.array([[[1.0, 0.0]], [[0.0, 1.0]]])
    assert strategies.disagreement(unsure)[0] == pytest.approx(0.0)
    assert strategies.disagreement(split)[0] == pytest.approx(1.0)


def test_top_rows_are_those_of_a_whole_sort_however_they_come() -> None:
    scores = np.random.default_rng(0).random(50_000).round(3)  # with ties
    rows = np.arange(50_000)
    top = TopRows(100)
    for start in range(0, 50_000, 777):
        top.add(scores[start : start + 777], rows[start : start + 777])
    expected = np.lexsort((rows, -scores))[:100]
    assert top.best()[0].tolist() == expected.tolist()
    assert top.seen == 50_000


def test_random_keys_make_a_fair_sample() -> None:
    rng, counts = np.random.default_rng(1), np.zeros(50)
    for _ in range(2000):
        top = TopRows(5)
        for start in range(0, 50, 10):
            top.add(rng.random(10), np.arange(start, start + 10))
        counts[top.best()[0]] += 1
    assert abs(counts - 200).max() < 6 * np.sqrt(200 * 0.9)


def test_a_diverse_batch_visits_every_cluster() -> None:
    rng = np.random.default_rng(2)
    clusters = np.repeat(np.arange(8), 100)
    points = rng.normal(0, 0.1, (800, 4)) + rng.normal(0, 10, (8, 4))[clusters]
    assert set(clusters[diverse.plus_plus(points, np.ones(800), 12, rng)]) == set(range(8))
    assert set(clusters[diverse.core_set(points, points[:1], 7)]) == set(range(1, 8))


def test_a_diverse_batch_of_copies_still_has_its_size_and_no_row_twice() -> None:
    rows = diverse.plus_plus(np.zeros((20, 3)), np.zeros(20), 7, np.random.default_rng(0))
    assert len(set(rows.tolist())) == 7


def test_a_spike_is_unusual_and_an_ordinary_spectrum_is_not() -> None:
    rng = np.random.default_rng(3)
    usual = (rng.normal(0, 1, (3000, 3)) @ rng.normal(0, 1, (3, 60)) + rng.normal(0, 0.1, (3000, 60))).astype(
        np.float32
    )
    known = Unusual.fit(usual, 0.999)
    spiked = usual[:5].copy()
    spiked[:, 30] += 25
    assert known.found(spiked).all()
    assert known.found(usual).mean() < 0.002


def test_performance_rows_are_predicted_targets_and_strata_count_all_others() -> None:
    rng = np.random.default_rng(4)
    settings = RoundSettings(batch=10, performance=20, recall=8, targets=("Be",))
    passed = PoolPass(settings, ["Be", "other"], rng)
    chance = rng.random(5000)
    for start in range(0, 5000, 500):
        part = chance[start : start + 500]
        passed.add(np.arange(start, start + 500), np.stack([part, 1 - part], axis=1))
    assert (chance[passed.performance] > 0.5).all()
    assert len(passed.performance) == 20
    assert sum(one.count for one in passed.strata) + passed.predicted_targets == 5000
    assert all(((chance[one.rows] >= one.low) & (chance[one.rows] < one.high)).all() for one in passed.strata)
    best, _ = passed.candidates
    assert chance[best[0]] == chance.max()


@pytest.mark.parametrize(
    "given",
    [
        {"strategy": "oracle"},
        {"batch": -1},
        {"batch": True},
        {"targets": "Be"},
        {"rejection_quantile": 2},
        {"committee": 1},
        None,
    ],
)
def test_settings_that_make_no_sense_are_named(given: object) -> None:
    with pytest.raises(InvalidInput):
        RoundSettings.from_json(given)


def test_a_stratified_sample_is_shared_out_evenly_and_takes_all_of_small_strata() -> None:
    assert even_shares(20, [1000, 1000, 1000, 1000]) == [5, 5, 5, 5]
    assert even_shares(20, [1000, 0, 2, 1000]) == [9, 0, 2, 9]
    assert even_shares(20, [3, 0, 2, 1]) == [3, 0, 2, 1]
    assert sum(even_shares(3, [9, 9, 9, 9])) == 3


def test_distances_are_the_same_whether_there_are_more_rows_or_more_columns() -> None:
    tall = np.random.default_rng(5).normal(size=(40, 12)).astype(np.float32)
    wide = np.concatenate([tall, np.zeros((40, 60), dtype=np.float32)], axis=1)
    first, second = (
        np.linalg.norm(points[:, None] - points[None], axis=2)
        for points in (diverse.embedding(tall, 12), diverse.embedding(wide, 12))
    )
    assert np.allclose(first, second, atol=1e-4)


def test_classes_with_few_labels_are_wanted_sooner() -> None:
    told = np.array([[0.5, 0.4, 0.1], [0.1, 0.4, 0.5]])
    kept = {}
    for balance in (0.0, 1.0):
        settings = RoundSettings(strategy="margin", batch=1, performance=0, balance=balance)
        passed = PoolPass(settings, ["F", "G", "B"], np.random.default_rng(0), np.array([40, 40, 4]))
        passed.add(np.array([0, 1]), told)
        kept[balance] = passed.wanted
    assert kept[0.0][1][0] == kept[0.0][1][1]
    assert kept[1.0][0].tolist() == [1, 0]
    assert strategies.rarity(np.array([10, 0]), 1.0).tolist() == [0.55, 5.5]


def test_what_is_labelled_is_not_asked_for_again_by_a_diverse_batch() -> None:
    rng = np.random.default_rng(5)
    points = np.concatenate([rng.normal(0, 0.1, (50, 2)), rng.normal(20, 0.1, (50, 2))])
    [row] = diverse.plus_plus(points, np.ones(100), 1, rng, known=np.zeros((1, 2)))
    assert row >= 50


def test_what_lies_off_a_curved_crowd_is_unusual_to_a_map() -> None:
    rng = np.random.default_rng(6)
    angle = rng.uniform(0, np.pi, 4000)
    usual = np.zeros((4000, 30), dtype=np.float32)
    usual[:, 0], usual[:, 1] = np.cos(angle), np.sin(angle)
    usual += rng.normal(0, 0.02, usual.shape)
    known = UnusualMap.fit(usual, 0.999, rng)
    inside = np.zeros((1, 30), dtype=np.float32)  # the middle of the bow, which two axes reconstruct
    assert known.found(inside).all()
    assert known.found(usual).mean() < 0.002
