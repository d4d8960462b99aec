"""Publish and subscribe: what is missed is caught up with, and nobody is waited for."""

from __future__ import annotations

import asyncio

from dashboard.base.events import QUEUE, RESYNC, Live, Subscription


async def kinds(subscription: Subscription) -> list[str]:
    found = []
    while (event := await subscription.get(0)) is not None:
        found.append(event.kind)
    return found


async def test_a_subscriber_gets_its_topics_only() -> None:
    live = Live()
    with live.subscribe(["jobs"]) as following:
        live.publish("jobs", "phase", {"job": "1"})
        live.publish("nodes", "health", {})
        event = await following.get()
        assert event is not None
        assert event.to_json() == {"topic": "jobs", "kind": "phase", "data": {"job": "1"}}
        assert await following.get(0) is None


async def test_who_comes_back_gets_what_was_missed() -> None:
    live = Live()
    first = live.publish("jobs", "a", {})
    live.publish("jobs", "b", {})
    live.publish("nodes", "c", {})
    live.publish("jobs", "d", {})
    with live.subscribe(["jobs"], first.id) as following:
        assert await kinds(following) == ["b", "d"]


async def test_who_was_up_to_date_misses_nothing_and_is_told_nothing() -> None:
    live = Live()
    last = live.publish("jobs", "a", {})
    with live.subscribe(["jobs"], last.id) as following:
        assert await kinds(following) == []


async def test_who_was_away_too_long_is_told_to_read_again() -> None:
    live = Live(replay=2)
    first = live.publish("jobs", "a", {})
    for kind in "bcd":
        live.publish("jobs", kind, {})
    with live.subscribe(["jobs"], first.id) as following:
        assert await kinds(following) == [RESYNC]


async def test_an_id_of_an_earlier_start_or_of_nobody_means_read_again() -> None:
    live = Live()
    huge = f"{live.epoch}-{'9' * 4900}"
    for last in (Live().publish("jobs", "a", {}).id, "nonsense", f"{live.epoch}-99", f"{live.epoch}-x", huge):
        with live.subscribe(["jobs"], last) as following:
            assert await kinds(following) == [RESYNC]


async def test_a_slow_reader_loses_its_queue_and_is_told_so() -> None:
    live = Live()
    with live.subscribe(["jobs"]) as slow:
        for _ in range(QUEUE + 3):
            newest = live.publish("jobs", "a", {})
        event = await slow.get(0)
        assert event is not None
        assert event.kind == RESYNC
        assert await kinds(slow) == ["a", "a"]
        assert newest.id.endswith(str(QUEUE + 3))


async def test_the_end_of_the_platform_ends_every_reader() -> None:
    live = Live()
    subscription = live.subscribe(["jobs"])

    async def read() -> list[str]:
        return [event.kind async for event in subscription]

    reader = asyncio.create_task(read())
    live.publish("jobs", "a", {})
    await asyncio.sleep(0)
    live.close()
    assert await reader == ["a"]
    assert subscription.closed
