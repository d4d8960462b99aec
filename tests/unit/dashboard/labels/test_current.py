"""What a log says about each spectrum, and how far people agree."""

from __future__ import annotations

import pytest

from dashboard.data.dataset import SpectrumLocation
from dashboard.labels.agreement import agreements
from dashboard.labels.current import CurrentLabels, LabelState
from dashboard.labels.event import EventKind, LabelEvent
from dashboard.labels.spectrum_key import SpectrumKey, location_of, location_text


def event(number: int, labeller: str, row: int, label: str | None = None, **more: object) -> LabelEvent:
    spectrum = SpectrumKey(row, SpectrumLocation(f"{row}.fits"))
    kind = more.pop("kind", EventKind.LABEL if label else EventKind.SKIP)
    return LabelEvent(
        number, f"k{number}", spectrum, EventKind(str(kind)), label, labeller, "2026-01-01T00:00:00Z", **more
    )


def state_of(*events: LabelEvent) -> tuple[LabelState, str | None]:
    current = CurrentLabels()
    current.add(events)
    found = current.get(events[0].spectrum)
    assert found is not None
    return found.state()


def test_the_last_label_of_a_person_counts() -> None:
    assert state_of(event(1, "a", 0, "x"), event(2, "a", 0, "y")) == (LabelState.AGREED, "y")


def test_people_who_disagree_make_a_conflict_that_no_later_label_overwrites() -> None:
    assert state_of(event(1, "a", 0, "x"), event(2, "b", 0, "y"), event(3, "c", 0, "y")) == (
        LabelState.CONFLICTING,
        None,
    )


def test_a_label_that_decides_settles_a_conflict_and_both_opinions_stay() -> None:
    current = CurrentLabels()
    events = [event(1, "a", 0, "x"), event(2, "b", 0, "y"), event(3, "c", 0, "y", decides=True)]
    current.add(events)
    [found] = current
    assert found.state() == (LabelState.DECIDED, "y")
    assert found.opinions() == {"a": "x", "b": "y", "c": "y"}


def test_an_undone_label_gives_way_to_the_one_before() -> None:
    undo = event(3, "a", 0, kind=EventKind.UNDO, undoes="k2")
    assert state_of(event(1, "a", 0, "x"), event(2, "a", 0, "y"), undo) == (LabelState.AGREED, "x")


def test_nobody_undoes_what_somebody_else_said() -> None:
    undo = event(2, "b", 0, kind=EventKind.UNDO, undoes="k1")
    assert state_of(event(1, "a", 0, "x"), undo) == (LabelState.AGREED, "x")


def test_a_skip_is_no_opinion_and_unsure_takes_the_own_class_back() -> None:
    label, skip = event(1, "a", 0, "x"), event(2, "a", 0)
    assert state_of(label, skip) == (LabelState.AGREED, "x")
    assert state_of(skip) == (LabelState.SKIPPED, None)
    unsure = event(3, "a", 0, kind=EventKind.UNSURE)
    assert state_of(label, unsure) == (LabelState.UNSURE, None)


def test_kappa_is_that_of_a_worked_example() -> None:
    # 20 both yes, 15 both no, 5 yes/no, 10 no/yes: observed .7, by chance .5
    table = [("y", "y")] * 20 + [("n", "n")] * 15 + [("y", "n")] * 5 + [("n", "y")] * 10
    current = CurrentLabels()
    for row, (one, other) in enumerate(table):
        current.add([event(2 * row + 1, "a", row, one), event(2 * row + 2, "b", row, other)])
    [found] = agreements(current)
    assert (found.first, found.second, found.both, found.agreed) == ("a", "b", 50, 35)
    assert found.kappa == pytest.approx(0.4)


def test_kappa_is_unknown_where_both_always_give_one_class() -> None:
    current = CurrentLabels()
    current.add([event(1, "a", 0, "x"), event(2, "b", 0, "x")])
    assert agreements(current)[0].kappa is None


def test_a_location_comes_back_from_its_text() -> None:
    there = SpectrumLocation("a.zip!/ünï.fits", 2, 17)
    assert location_of(location_text(there)) == there
