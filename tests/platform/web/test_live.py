"""Following what happens."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from aiohttp import ClientResponse

from tests.platform.web.conftest import Site


async def next_event(answer: ClientResponse) -> tuple[str, dict[str, Any]]:
    identifier = ""
    async with asyncio.timeout(10):
        async for line in answer.content:
            name, _, value = line.decode().strip().partition(": ")
            if name == "id":
                identifier = value
            if name == "data":
                return identifier, json.loads(value)
    raise AssertionError("the stream ended")


async def test_events_of_the_topics_asked_for_come_as_they_happen(site: Site) -> None:
    async with site.stranger.get("/live?topics=jobs,nodes", headers=site.json) as answer:
        assert answer.content_type == "text/event-stream"
        await answer.content.readline()
        site.platform.live.publish("models", "made", {})
        site.platform.live.publish("jobs", "phase", {"job": "a"})
        _, event = await next_event(answer)
    assert event == {"topic": "jobs", "kind": "phase", "data": {"job": "a"}}


async def test_who_comes_back_gets_what_was_missed(site: Site) -> None:
    live = site.platform.live
    first = live.publish("jobs", "phase", {"n": 1})
    live.publish("jobs", "phase", {"n": 2})
    headers = {**site.json, "Last-Event-ID": first.id}
    async with site.stranger.get("/live?topics=jobs", headers=headers) as answer:
        _, event = await next_event(answer)
    assert event["data"] == {"n": 2}


async def test_who_comes_back_after_a_restart_is_told_to_read_again(site: Site) -> None:
    headers = {**site.json, "Last-Event-ID": "00000000-7"}
    async with site.stranger.get("/live?topics=jobs", headers=headers) as answer:
        _, event = await next_event(answer)
    assert event["kind"] == "resync"


async def test_a_page_is_told_what_happened_between_its_drawing_and_its_first_connection(site: Site) -> None:
    async with site.stranger.get("/jobs", headers=site.browser) as answer:
        drawn = re.search(r'data-live-from="([^"]+)"', await answer.text())
    assert drawn
    site.platform.live.publish("jobs", "phase", {"n": 1})
    async with site.stranger.get(f"/live?topics=jobs&after={drawn[1]}", headers=site.json) as answer:
        _, event = await next_event(answer)
    assert event["data"] == {"n": 1}
