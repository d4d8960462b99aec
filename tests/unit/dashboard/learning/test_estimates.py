"""Precision and recall of a round, and the stopping rule."""

from __future__ import annotations

import pytest

from dashboard.base.errors import Invalid
from dashboard.labels.current import LabelState
from dashboard.learning.estimates import StratumLabels, recall, wilson
from dashboard.learning.figures import of_round, reason_to_stop
from dashboard.learning.oracle import Oracle
from dashboard.learning.session import Entry, EntryKind, Round
from dashboard.learning.settings import SessionSettings, StopRule


def test_wilson_gives_the_published_interval() -> None:
    # Newcombe 1998, Statistics in Medicine 17, 857, table I: 81 of 263 and 0 of 20.
    assert wilson(81, 263).low == pytest.approx(0.2553, abs=5e-5)
    assert wilson(81, 263).high == pytest.approx(0.3662, abs=5e-5)
    assert (wilson(0, 20).low, wilson(0, 20).high) == (0.0, pytest.approx(0.1611, abs=5e-5))
    assert wilson(0, 0).value is None


def test_recall_counts_what_the_strata_hold() -> None:
    # 900 of 1000 found are right, and a tenth of 500 others are targets: 900 / 950.
    found = recall(1000, wilson(90, 100), 0, [StratumLabels(500, 10, 100), StratumLabels(0, 0, 0)])
    assert found.value == pytest.approx(900 / 950)
    assert found.low < 900 / 950 < found.high
    assert found.high - found.low < 0.1


def test_nothing_is_said_of_recall_while_a_stratum_has_no_label() -> None:
    found = recall(1000, wilson(90, 100), 0, [StratumLabels(500, 0, 10), StratumLabels(9, 0, 0)])
    assert found.value is None


def test_a_stratum_without_any_target_leaves_recall_uncertain() -> None:
    found = recall(100, wilson(50, 50), 0, [StratumLabels(1_000_000, 0, 50)])
    assert found.value == 1.0
    assert found.low < 0.1


def _round(**result: object) -> Round:
    settings = {"targets": ["Be"]}
    told = {"labelled": {"Be": 3, "other": 5}, "predicted_targets": 10, "strata": [], **result}
    return Round("s", 2, "j", settings, 0, None, "", "", "", "", "", told, None, None)


def _entry(position: int, kind: EntryKind, label: str = "Be", stratum: int | None = None) -> Entry:
    return Entry("s", 2, position, kind, position, f"[{position}]", "", label, 0.9, None, stratum, None)


def test_figures_count_answers_and_leave_conflicts_out() -> None:
    entries = [_entry(0, EntryKind.BATCH), *(_entry(one, EntryKind.PERFORMANCE) for one in range(1, 5))]
    labels = {
        "[0]": (LabelState.AGREED, "Be"),
        "[1]": (LabelState.AGREED, "Be"),
        "[2]": (LabelState.DECIDED, "other"),
        "[3]": (LabelState.CONFLICTING, None),
    }
    found = of_round(_round(), entries, labels)
    assert (found.precision.right, found.precision.of) == (1, 2)
    assert (found.labelled, found.conflicting, found.targets) == (3, 1, 2)
    assert not found.complete
    labels["[4]"] = (LabelState.SKIPPED, None)
    assert of_round(_round(), entries, labels).complete


def test_the_stopping_rule_takes_the_lower_end_of_the_interval() -> None:
    entries = [_entry(one, EntryKind.PERFORMANCE) for one in range(60)]
    labels = {one.spectrum: (LabelState.AGREED, "Be") for one in entries}
    figures = [of_round(_round(), entries, labels)]
    assert reason_to_stop(StopRule(precision=0.9), figures)
    assert not reason_to_stop(StopRule(precision=0.99), figures)
    assert not reason_to_stop(StopRule(precision=0.9, recall=0.5), figures)
    assert reason_to_stop(StopRule(labels=60), figures)
    assert not reason_to_stop(StopRule(labels=61), figures)
    assert not reason_to_stop(StopRule(), figures)


def test_an_oracle_errs_as_often_as_it_is_asked_to_and_always_alike() -> None:
    truth = {number: "ab"[number % 2] for number in range(4000)}
    oracle = Oracle(truth, noise=0.1, seed=3)
    wrong = [number for number in truth if oracle.label(number) != truth[number]]
    assert 300 < len(wrong) < 500
    assert wrong == [number for number in truth if Oracle(truth, 0.1, 3).label(number) != truth[number]]
    assert oracle.label(99_999) is None
    with pytest.raises(ValueError, match="one class"):
        Oracle({1: "a"}, noise=0.5)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"targets": []}, "targets"),
        ({"targets": ["nova"]}, "targets"),
        ({"targets": ["a", "b"]}, "targets"),
        ({"batch": 0}, "batch"),
        ({"strategy": "oracle"}, "strategy"),
        ({"committee": 1}, "committee"),
    ],
)
def test_settings_that_cannot_be_used_are_named_by_field(changes: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        SessionSettings.from_json({"targets": ["a"], "module": "rdf", **changes}, ["a", "b"])
    assert [error.field for error in caught.value.errors] == [field]
