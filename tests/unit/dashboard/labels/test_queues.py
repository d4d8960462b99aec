"""Queues: two people get different spectra, leases end, and nothing is lost."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from dashboard.base import clock
from dashboard.base.errors import Denied, Invalid, NotFound
from dashboard.database.tables import label_queue_rows
from dashboard.labels.current import LabelState
from dashboard.labels.event import EventKind, NewEvent
from dashboard.labels.queue import Queue, QueueRow
from tests.unit.dashboard.labels.conftest import ANNA, BORIS, CLARA, Labelling


async def queue_of(labelling: Labelling, *rows: int, kind: str = "dataset", copies: int = 1) -> Queue:
    wanted = [QueueRow(row, {"label": "single"}) for row in rows or range(10)]
    queues = labelling.service.queues
    return await queues.create(labelling.id, wanted, {"kind": kind}, ANNA, name="batch", copies=copies)


async def taken(labelling: Labelling, queue: Queue, who=ANNA, count: int = 3) -> list[int]:
    return [item["row"] for item in await labelling.service.queues.take(labelling.id, queue.id, who, count)]


async def expire(labelling: Labelling) -> None:
    held = label_queue_rows.c.leased.is_not(None)
    async with labelling.database.write() as connection:
        await connection.execute(update(label_queue_rows).where(held).values(leased=clock.after(-1)))


async def test_two_people_get_different_spectra_in_the_order_given(labelling: Labelling) -> None:
    queue = await queue_of(labelling, 7, 3, 5, 1, 2, 4)
    assert await taken(labelling, queue) == [7, 3, 5]
    assert await taken(labelling, queue, BORIS) == [1, 2, 4]
    assert await taken(labelling, queue) == [7, 3, 5]  # still hers


async def test_what_was_labelled_is_not_handed_out_again_unless_it_is_undone(labelling: Labelling) -> None:
    queue = await queue_of(labelling)
    await taken(labelling, queue, count=2)
    key = await labelling.label(0, "single", queue=queue.id)
    assert await taken(labelling, queue, count=2) == [1, 2]
    undo = NewEvent("u", EventKind.UNDO, 0, undoes=key, queue=queue.id)
    await labelling.service.append(labelling.id, [undo], ANNA)
    assert await taken(labelling, queue, count=3) == [0, 1, 2]


async def test_a_lease_ends_and_the_late_label_still_counts(labelling: Labelling) -> None:
    queue = await queue_of(labelling, 0, 1)
    await taken(labelling, queue, count=2)
    await expire(labelling)
    assert await taken(labelling, queue, BORIS, 2) == [0, 1]
    await labelling.label(0, "single", queue=queue.id)
    progress = await labelling.service.queues.progress(labelling.id, queue.id, ANNA)
    assert [(one.labeller, one.done, one.last_hour) for one in progress.labellers] == [("anna", 1, 1)]
    assert await taken(labelling, queue, BORIS, 2) == [1]


async def test_a_queue_of_two_copies_wants_two_different_people(labelling: Labelling) -> None:
    queue = await queue_of(labelling, 0, 1, copies=2)
    assert await taken(labelling, queue, count=5) == [0, 1]
    await labelling.label(0, "single", queue=queue.id)
    assert await taken(labelling, queue, count=5) == [1]
    assert await taken(labelling, queue, BORIS, 5) == [0, 1]
    progress = await labelling.service.queues.progress(labelling.id, queue.id, ANNA)
    assert (progress.total, progress.done) == (4, 1)


async def test_a_label_for_a_spectrum_that_left_is_kept_as_the_queue_knew_it(labelling: Labelling) -> None:
    queue = await queue_of(labelling, 4)
    await labelling.remove(4)
    assert [item["number"] for item in await labelling.service.queues.take(labelling.id, queue.id, ANNA)] == [
        None
    ]
    await labelling.label(4, "double", queue=queue.id)
    [found] = await labelling.service.current(labelling.id, ANNA)
    assert (found.spectrum.name, found.state()) == ("star 4", (LabelState.AGREED, "double"))


async def test_a_label_in_a_disagreement_queue_decides(labelling: Labelling) -> None:
    await labelling.label(0, "single")
    await labelling.label(0, "double", BORIS)
    queue = await queue_of(labelling, 0, kind="disagreement")
    await labelling.label(0, "double", queue=queue.id)
    await labelling.label(0, "other", BORIS)
    [found] = await labelling.service.current(labelling.id, ANNA)
    assert found.state() == (LabelState.DECIDED, "double")


async def test_a_queue_of_rows_that_are_not_there_says_which(labelling: Labelling) -> None:
    with pytest.raises(Invalid, match="has no spectrum 42"):
        await queue_of(labelling, 1, 42)
    with pytest.raises(Invalid, match="0 spectra are given"):
        await labelling.service.queues.create(labelling.id, [], {"kind": "dataset"}, ANNA, name="none")


async def test_queues_belong_to_those_who_may_label(labelling: Labelling) -> None:
    queue = await queue_of(labelling)
    with pytest.raises(NotFound):
        await taken(labelling, queue, CLARA)
    with pytest.raises(Denied):
        await labelling.service.queues.delete(labelling.id, queue.id, BORIS)
    await labelling.service.queues.delete(labelling.id, queue.id, ANNA)
    assert await labelling.service.queues.of_set(labelling.id, ANNA) == []
