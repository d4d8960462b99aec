"""Live topics and the scopes of API tokens, cell by cell."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import ClientResponse

from dashboard.auth.identity import OWNER, Role, Scope
from dashboard.auth.sharing import TOPICS as LISTS
from dashboard.base.ownership import Ownership, Visibility
from dashboard.web.permissions import rows
from dashboard.web.permissions.document import scopes_of
from dashboard.web.permissions.permission import CALLERS, Outcome, Relation
from dashboard.web.permissions.topics import TOPICS
from tests.conftest import ROOT
from tests.integration.permissions.asking import request_for
from tests.integration.permissions.cast import (
    OTHER,
    OTHER_PROJECT,
    PEOPLE,
    PROGRAM,
    PROJECT,
    Cast,
    cast_of,
)
from tests.integration.permissions.test_matrix import ALLOWED, STATUSES, in_order
from tests.platform.web.conftest import open_site

END = "that is all"
#: What is published lies in no cast: callers with the scope are told that there is none.
ABSENT = r" /publications/\{| /modules/\{module\}/versions|^POST /modules/\{module\}$"


@pytest.fixture
async def cast(tmp_path: Path) -> AsyncIterator[Cast]:
    async with open_site(tmp_path, accounts=None) as site:
        yield await cast_of(site)


def ownership(caller: str, relation: Relation) -> Ownership:
    """Return the ownership of an object in a relation to a caller."""
    return {
        Relation.OWN: Ownership(PEOPLE.get(Role(caller) if caller in PEOPLE else Role.USER, "")),
        Relation.PROJECT: Ownership(OTHER, Visibility.PROJECT, PROJECT),
        Relation.FOREIGN: Ownership(OTHER, Visibility.PROJECT, OTHER_PROJECT),
        Relation.PUBLIC: Ownership(OTHER, Visibility.PUBLIC),
    }[relation]


async def events_until_end(answer: ClientResponse) -> list[dict[str, object]]:
    found = []
    async with asyncio.timeout(10):
        async for line in answer.content:
            if line.startswith(b"data: "):
                found.append(json.loads(line[6:]))
                if found[-1]["kind"] == END:
                    return found
    raise AssertionError("the stream ended")


async def test_every_topic_gives_each_caller_the_events_of_its_cell(cast: Cast) -> None:
    cells = [
        (topic, caller, relation)
        for topic in LISTS.values()
        for caller in CALLERS
        for relation in Relation
        if TOPICS[topic].outcome(caller, relation) is not Outcome.NEVER
    ]
    async with AsyncExitStack() as stack:
        streams = {}
        for caller in CALLERS:
            topics = ",".join(topic for topic in TOPICS if "{" not in topic)
            asked = cast.site.stranger.get(f"/live?topics={topics}", headers=cast.headers[caller])
            streams[caller] = await stack.enter_async_context(asked)
        for topic, caller, relation in cells:
            told = {"of": "somebody"}
            cast.site.platform.live.publish(topic, f"{caller} {relation}", told, ownership(caller, relation))
        cast.site.platform.live.publish("modules", END, {})
        heard = {caller: await events_until_end(stream) for caller, stream in streams.items()}
    wrong = []
    for topic, caller, relation in cells:
        kinds = {event["kind"] for event in heard[caller] if event["topic"] == topic}
        found = Outcome.LISTED if f"{caller} {relation}" in kinds else Outcome.HIDDEN
        if found != TOPICS[topic].outcome(caller, relation):
            wrong.append(f"{topic}: {caller}, {relation}: {found}")
    assert not wrong, "\n".join(wrong)
    # A visitor is told that there is news, and reads it from the pages.
    assert not [event for event in heard["visitor"] if event["data"]]


async def test_every_topic_of_an_object_is_checked_as_the_object(cast: Cast) -> None:
    wrong = []
    for topic, permission in TOPICS.items():
        for caller in CALLERS:
            for relation in Relation if "{" in topic else (Relation.PUBLIC,):
                outcome = permission.outcome(caller, relation)
                if outcome is Outcome.NEVER or (caller == "visitor" and relation is Relation.OWN):
                    continue
                name = topic.format(**cast.named(caller, relation))
                async with cast.site.stranger.head(
                    f"/live?topics={name}", headers=cast.headers[caller]
                ) as answer:
                    found = STATUSES.get(answer.status, Outcome.ALLOWED)
                if found != outcome and (found is not Outcome.ALLOWED or "{" in topic):
                    wrong.append(f"{topic}: {caller}, {relation}: {found}, not {outcome}")
    assert not wrong, "\n".join(wrong)


async def test_who_loses_an_object_hears_no_more_of_it(cast: Cast) -> None:
    platform = cast.site.platform
    for kind in LISTS:
        name = cast.named(Role.USER, Relation.PUBLIC)[kind]
        asked = cast.site.stranger.get(f"/live?topics={kind}:{name}", headers=cast.headers[Role.USER])
        async with asked as stream:
            assert stream.status == 200
            await platform.sharing.change(kind, name, {"visibility": "private"}, OWNER)
            platform.live.publish(f"{kind}:{name}", "secret", {"of": "its owner"})
            async with asyncio.timeout(10):
                assert b"secret" not in await stream.read()


def test_every_topic_that_is_published_has_a_row() -> None:
    """The topics that the code publishes, by their texts."""
    root = ROOT / "dashboard"
    told = set()
    for file in root.rglob("*.py"):
        for found in re.finditer(r'publish\(\s*f?"([a-z_]+)(:?)', file.read_text(encoding="utf-8")):
            told.add(found[1] + found[2])
    assert {"jobs", "job:", "dataset:"} <= told
    assert told <= {topic.partition("{")[0] for topic in TOPICS}


async def test_a_token_does_what_its_scopes_say_on_every_route(cast: Cast) -> None:
    """Each scope alone, on what an administrator owns: everything else would be allowed."""
    identity, wrong = await cast.site.platform.accounts.identity(PEOPLE[Role.ADMIN]), []
    headers = {}
    for scope in Scope:
        _, secret = await cast.site.platform.api_tokens.create(identity, scope, [scope], 1)
        headers[scope] = {"Authorization": f"Bearer {secret}", **PROGRAM}
    for endpoint in in_order():
        if endpoint.permission is rows.OPEN or endpoint.path == "/settings/sessions/end-others":
            continue
        needed = scopes_of(endpoint)
        for scope in Scope:
            allowed = needed is not None and needed <= {scope}
            asked = await request_for(cast, endpoint, Role.ADMIN, Relation.OWN)
            if endpoint.path in {"/jobs", "/learning", "/label-sets"} and asked.method == "POST":
                asked.body = {}  # what a body names is read, which is another scope
            async with cast.site.stranger.request(
                asked.method,
                asked.path,
                headers=headers[scope],
                params=asked.query,
                json=asked.body,
                allow_redirects=False,
            ) as answer:
                text = await answer.text(errors="replace")  # some are archives
            expected = ALLOWED if allowed else {403, 404}
            if re.search(ABSENT, f"{endpoint.method} {endpoint.path}"):
                expected = {404} if allowed else {403}
            if answer.status not in expected:
                wrong.append(f"{endpoint.method} {endpoint.path}: {scope}: {answer.status} {text[:150]}")
    assert not wrong, "\n".join(wrong)
