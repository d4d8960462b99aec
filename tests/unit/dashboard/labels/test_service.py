"""Label sets: the log, its rights, versions, and rows that leave."""

from __future__ import annotations

import pytest

from dashboard.auth.policy import Action
from dashboard.base.errors import Conflict, Denied, Invalid, NotFound
from dashboard.labels.event import EventKind, NewEvent
from tests.unit.dashboard.labels.conftest import ANNA, BORIS, CLARA, Labelling


async def test_events_that_are_sent_again_count_once(labelling: Labelling) -> None:
    events = [NewEvent(f"k{row}", EventKind.LABEL, row, "single") for row in range(5)]
    first = await labelling.service.append(labelling.id, events[:3], ANNA)
    second = await labelling.service.append(labelling.id, events, ANNA)
    assert (first.stored, second.known, second.stored) == (
        ("k0", "k1", "k2"),
        ("k0", "k1", "k2"),
        ("k3", "k4"),
    )
    assert [one.number for one in await labelling.service.log.page(labelling.id)] == [1, 2, 3, 4, 5]


async def test_one_wrong_event_keeps_no_other_from_the_log(labelling: Labelling) -> None:
    events = [
        NewEvent("a", EventKind.LABEL, 0, "triple"),
        NewEvent("b", EventKind.LABEL, 99, "single"),
        NewEvent("c", EventKind.UNDO, 0, undoes="nothing"),
        NewEvent("d", EventKind.COMMENT, 0, comment=" "),
        NewEvent("e", EventKind.UNSURE, 1),
    ]
    done = await labelling.service.append(labelling.id, events, ANNA)
    assert done.stored == ("e",)
    reasons = {one.key: one.reason for one in done.rejected}
    assert "'triple' is none of this label set; its classes are other, single, double" in reasons["a"]
    assert "no spectrum 99 any more" in reasons["b"]
    assert "no event nothing of yours" in reasons["c"]
    assert "comment is empty" in reasons["d"]


async def test_a_key_of_somebody_else_is_no_key_of_mine(labelling: Labelling) -> None:
    event = NewEvent("same", EventKind.LABEL, 0, "single")
    await labelling.service.append(labelling.id, [event], ANNA)
    done = await labelling.service.append(labelling.id, [event], BORIS)
    assert not done.known
    assert "somebody else" in done.rejected[0].reason


async def test_members_of_the_project_label_and_others_do_not_see_the_set(labelling: Labelling) -> None:
    await labelling.label(0, "single", BORIS)
    with pytest.raises(NotFound):
        await labelling.label(0, "single", CLARA)
    with pytest.raises(Denied):
        await labelling.service.get(labelling.id, BORIS, Action.CHANGE)


async def test_a_label_and_its_undo_may_come_in_one_request(labelling: Labelling) -> None:
    events = [NewEvent("a", EventKind.LABEL, 0, "single"), NewEvent("b", EventKind.UNDO, 0, undoes="a")]
    done = await labelling.service.append(labelling.id, events, ANNA)
    assert done.stored == ("a", "b")
    [found] = await labelling.service.current(labelling.id, ANNA)
    assert found.opinions() == {}


async def test_conflicts_name_both_opinions_and_agreement_counts_them(labelling: Labelling) -> None:
    await labelling.label(0, "single")
    await labelling.label(0, "double", BORIS)
    await labelling.label(1, "other")
    await labelling.label(1, "other", BORIS)
    [conflict] = await labelling.service.conflicts(labelling.id, ANNA)
    assert conflict.opinions() == {"anna": "single", "boris": "double"}
    [pair] = await labelling.service.agreement(labelling.id, ANNA)
    assert (pair.both, pair.agreed) == (2, 1)


async def test_a_version_never_changes(labelling: Labelling) -> None:
    versions = labelling.service.versions
    await labelling.label(0, "single")
    await labelling.label(1, "double")
    await labelling.label(2, "other")
    await labelling.label(2, "single", BORIS)
    first = await versions.create(labelling.id, ANNA)
    assert await versions.create(labelling.id, ANNA) == first  # nothing new was said
    await labelling.label(0, "other")
    second = await versions.create(labelling.id, BORIS, "after a second look")
    told = [{one.spectrum.row: one.label for one in await versions.labels(v)} for v in (first, second)]
    assert told == [{0: "single", 1: "double"}, {0: "other", 1: "double"}]
    assert first.counts == {
        "classes": {"double": 1, "single": 1},
        "conflicting": 1,
        "decided": 0,
        "unsure": 0,
        "skipped": 0,
    }
    assert (second.number, second.parent, second.creator) == (2, first.id, "boris")
    assert first.sha256 != second.sha256


async def test_a_version_of_no_labels_is_not_made(labelling: Labelling) -> None:
    with pytest.raises(Conflict, match="no label that counts"):
        await labelling.service.versions.create(labelling.id, ANNA)


async def test_labels_follow_a_renamed_file_and_outlive_their_spectrum(labelling: Labelling) -> None:
    await labelling.label(0, "single")
    await labelling.label(1, "double")
    await labelling.move({0: "renamed.csv"})
    await labelling.remove(1)
    labels = [one.spectrum for one in (await labelling.service.current(labelling.id, ANNA)).labels()]
    numbers = await labelling.service.spectra.numbers("ten", labels)
    assert numbers == {labels[0].text: 0}
    assert len(labels) == 2


async def test_a_label_set_needs_classes_and_a_dataset_that_one_may_see(labelling: Labelling) -> None:
    with pytest.raises(Invalid, match="1 to 500 classes"):
        await labelling.service.create("empty", "ten", [" "], ANNA)
    with pytest.raises(NotFound):
        await labelling.service.create("foreign", "ten", ["a"], CLARA)


async def test_followers_are_told_of_labels(labelling: Labelling) -> None:
    with labelling.live.subscribe([f"label_set:{labelling.id}"]) as events:
        await labelling.label(0, "single", BORIS)
        told = await events.get(1)
    assert told is not None
    assert told.data == {"labeller": "boris", "queues": [], "count": 1}
