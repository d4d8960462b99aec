"""What belongs to others cannot be told from what does not exist: by path, query and body, with any token."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from marshmallow import Schema

from dashboard.auth.access import KEYS
from dashboard.auth.identity import Role, Scope
from dashboard.database.engine import Database
from dashboard.web.app.application import all_endpoints
from dashboard.web.app.endpoints import Endpoint
from dashboard.web.permissions.permission import Relation
from tests.integration.permissions.asking import Request, request_for
from tests.integration.permissions.cast import (
    FOREIGN,
    OTHER_PROJECT,
    OWN,
    PEOPLE,
    PROGRAM,
    Cast,
    cast_of,
)
from tests.platform.web.conftest import open_site

#: Names of fields of queries and bodies to the kind of object that they name.
REFERENCES = {**{kind: kind for kind in KEYS}, "start": "model", "from": "job", "nodes": "node"}
REFERENCES |= {"project": "project", "jobs": "job", "label_version": "version_id"}
#: What lies below an object, and is named with it.
NESTED = ("queue", "acquisition", "prediction", "token")
#: What else a body needs, so that what it names is looked at.
BASES: dict[str, dict[str, Any]] = {
    "node": {"module": "toy"},
    "nodes": {"module": "toy"},
    "project": {"visibility": "project"},
}
#: Of an answer: ids of problems, times, and the position of the live events that a page was drawn after.
VARYING = re.compile(r'"id": ?"\w{8,16}"|"(?:created|time|expires)": ?"[^"]*"')


@pytest.fixture
async def cast(tmp_path: Path) -> AsyncIterator[Cast]:
    async with open_site(tmp_path, accounts=None) as site:
        yield await cast_of(site)


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Note each use of the database by a request: the kind of work that a caller could time."""
    uses: list[str] = []

    def noting(name: str) -> Any:
        original = getattr(Database, name)

        @asynccontextmanager
        async def noted(self: Database) -> AsyncIterator[Any]:
            task = asyncio.current_task()
            if task is not None and "RequestHandler" in getattr(task.get_coro(), "__qualname__", ""):
                uses.append(name)
            async with original(self) as connection:
                yield connection

        return noted

    with monkeypatch.context() as patch:
        for name in ("read", "write"):
            patch.setattr(Database, name, noting(name))
        yield uses


async def answered(
    cast: Cast, headers: dict[str, str], asked: Request, uses: list[str], name: str
) -> tuple[Any, ...]:
    """Return everything of an answer that a caller could tell apart, without the identifier that was sent."""
    uses.clear()
    async with cast.site.stranger.request(
        asked.method, asked.path, headers=headers, params=asked.query, json=asked.body, allow_redirects=False
    ) as answer:
        text = VARYING.sub("", (await answer.text()).replace(name, "NAME"))
        sent = {key: value for key, value in answer.headers.items() if key not in {"Date", "X-Request-ID"}}
    return answer.status, text, sent, tuple(uses)


def absent(name: str) -> str:
    """Return a name of the same length and form that nothing has."""
    return "x" * (len(name) - 1) + "0"


async def pair(
    cast: Cast, headers: dict[str, str], asked: Request, uses: list[str], name: str
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    other = asked.of("", name, absent(name))
    return (
        await answered(cast, headers, asked, uses, name),
        await answered(cast, headers, other, uses, absent(name)),
    )


async def tokens_of(cast: Cast, role: Role) -> list[dict[str, str]]:
    """Return headers with an API token of all scopes, and with one of each."""
    identity = await cast.site.platform.accounts.identity(PEOPLE[role])
    allowed = [scope for scope in Scope if scope is not Scope.ADMIN]
    made = []
    for scopes in (allowed, *([scope] for scope in allowed)):
        _, secret = await cast.site.platform.api_tokens.create(identity, "one", scopes, 1)
        made.append({"Authorization": f"Bearer {secret}", **PROGRAM})
        async with cast.site.stranger.get("/jobs", headers=made[-1]):
            pass  # the first use of a token is written down
    return made


async def test_an_object_of_others_in_a_path_is_as_one_that_does_not_exist(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything, *single = await tokens_of(cast, Role.USER)
    objects = [
        (one, kind) for one in all_endpoints() for kind in (*KEYS, "project") if f"{{{kind}}}" in one.path
    ]
    differ = []
    with counted(monkeypatch) as uses:
        for number, (endpoint, kind) in enumerate(objects):
            asked = await request_for(cast, endpoint, Role.USER, Relation.FOREIGN)
            name = OTHER_PROJECT if kind == "project" else cast.named(Role.USER, FOREIGN)[kind]
            callers = {
                "user": cast.headers[Role.USER],
                "visitor": cast.headers["visitor"],
                "token": everything,
                "narrow token": single[number % len(single)],
            }
            for caller, headers in callers.items():
                own, none = await pair(cast, headers, asked, uses, name)
                if own != none or own[0] not in {401, 403, 404}:
                    differ.append(f"{caller}: {endpoint.method} {endpoint.path}\n  {own}\n  {none}")
    assert not differ, "\n".join(differ)


async def test_what_lies_below_an_object_of_others_is_not_found_below_ones_own(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    differ, tried = [], set()
    with counted(monkeypatch) as uses:
        for endpoint in all_endpoints():
            nested = next((kind for kind in NESTED if f"{{{kind}}}" in endpoint.path), "")
            if not nested or not any(f"{{{kind}}}" in endpoint.path for kind in KEYS):
                continue
            asked = await request_for(cast, endpoint, Role.USER, Relation.OWN)
            parent, _, own = asked.path.partition(cast.named(Role.USER, OWN)[nested])
            name = cast.named(Role.USER, FOREIGN)[nested]
            there = Request(asked.method, f"{parent}{name}{own}", asked.query, asked.body)
            answer, none = await pair(cast, cast.headers[Role.USER], there, uses, name)
            tried.add(nested)
            if answer != none or answer[0] != 404:
                differ.append(f"{endpoint.method} {endpoint.path}\n  {answer}\n  {none}")
    assert tried == set(NESTED)
    assert not differ, "\n".join(differ)


def references() -> Iterator[tuple[Endpoint, str, str]]:
    """Yield each field of a query or body that names an object: the endpoint, where it is, the field."""
    for endpoint in all_endpoints():
        for where, described in (("query", endpoint.query), ("body", endpoint.body)):
            if isinstance(described, type) and issubclass(described, Schema):
                for name, one in described().fields.items():
                    if (sent := one.data_key or name) in REFERENCES:
                        yield endpoint, where, sent


async def test_an_object_of_others_in_a_query_or_body_is_as_one_that_does_not_exist(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    differ = []
    with counted(monkeypatch) as uses:
        for endpoint, where, sent in references():
            asked = await request_for(cast, endpoint, Role.USER, OWN)
            kind = REFERENCES[sent]
            name = OTHER_PROJECT if kind == "project" else cast.named(Role.USER, FOREIGN)[kind]
            if where == "query":
                asked.query = {**asked.query, sent: name}
            else:
                base = BASES.get(sent, {"module": "toy"} if endpoint.path in {"/jobs", "/preview"} else {})
                asked.body = {**(asked.body or {}), **base, sent: [name] if sent == "nodes" else name}
            for headers in (cast.headers[Role.USER], cast.headers["visitor"]):
                own = await answered(cast, headers, asked, uses, name)
                other = _replaced(asked, name)
                none = await answered(cast, headers, other, uses, absent(name))
                if own != none:
                    at = next((n for n, (a, b) in enumerate(zip(own[1], none[1], strict=False)) if a != b), 0)
                    texts = (own[0], own[1][at - 40 : at + 80], none[0], none[1][at - 40 : at + 80])
                    more = [a for a, b in zip(own[2:], none[2:], strict=True) if a != b]
                    differ.append(f"{endpoint.method} {endpoint.path} {sent} {texts} {more}")
    assert not differ, "\n".join(differ)


def _replaced(asked: Request, name: str) -> Request:
    def other(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: other(one) for key, one in value.items()}
        if isinstance(value, list):
            return [other(one) for one in value]
        return absent(name) if value == name else value

    return Request(asked.method, asked.path, other(asked.query), other(asked.body))
