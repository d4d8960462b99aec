"""Every route, for every role and every relation to the object, answers as docs/permissions.md says."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from dashboard.auth.access import KEYS
from dashboard.settings import ProviderSettings
from dashboard.web.app.application import all_endpoints
from dashboard.web.app.endpoints import Endpoint
from dashboard.web.permissions.permission import CALLERS, Outcome, Permission, Relation
from tests.integration.permissions.asking import request_for
from tests.integration.permissions.cast import Cast, cast_of
from tests.platform.web.conftest import open_site

STATUSES = {401: Outcome.SIGN_IN, 403: Outcome.DENIED, 404: Outcome.ABSENT}
#: What is answered after the permission: done, a conflict with the state, invalid, a deployment that is
#: disabled, a platform whose supervisor does not run, or a provider that is away (400: invalid, by UWS).
ALLOWED = {200, 201, 202, 204, 303, 400, 409, 422, 503}
LISTS = {Outcome.LISTED, Outcome.HIDDEN}
#: Reading comes before changing, and deleting last.
ORDER = {"GET": 0, "PUT": 1, "POST": 2, "*": 2, "DELETE": 4}
LATE = {"/settings/sessions/end-others": 3}
#: Kind to the order in which its objects are deleted: what needs others goes first.
DELETED = (
    "deployment",
    "model",
    "job",
    "learning_session",
    "label_set",
    "dataset",
    "source",
    "node",
    "settings",
    "project",
    "person",
    "administration",
)


def named(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


def permission_of(endpoint: Endpoint) -> Permission:
    assert endpoint.permission is not None
    return endpoint.permission


def cells(endpoint: Endpoint) -> Iterator[tuple[str, Relation, Outcome]]:
    """Yield caller, relation and outcome of each cell; one relation where no object is named."""
    permission = permission_of(endpoint)
    of_object = permission.of_objects or any(f"{{{kind}}}" in endpoint.path for kind in KEYS)
    for caller in CALLERS:
        for relation in Relation if of_object else (Relation.FOREIGN,):
            outcome = permission.outcome(caller, relation)
            if outcome is Outcome.NEVER or (caller == "visitor" and relation is Relation.OWN):
                continue
            yield caller, relation, outcome


def in_order() -> list[Endpoint]:
    def place(endpoint: Endpoint) -> tuple[int, int, int, int]:
        kind = DELETED.index(endpoint.kind) if endpoint.method == "DELETE" else 0
        return (
            LATE.get(endpoint.path, ORDER[endpoint.method]),
            kind,
            -endpoint.path.count("{"),
            -endpoint.path.count("/"),
        )

    return sorted(all_endpoints(), key=place)


@pytest.fixture
async def cast(tmp_path: Path, database_url: str) -> AsyncIterator[Cast]:
    away = ProviderSettings(issuer="https://127.0.0.1:1", client_id="huggins")  # no request goes there
    sections = {"oidc": {"sso": away}}
    async with open_site(tmp_path, accounts=None, url=database_url, sections=sections) as site:
        yield await cast_of(site)


async def test_every_cell_is_what_the_application_answers(cast: Cast) -> None:
    wrong = []
    for endpoint in in_order():
        for caller, relation, outcome in cells(endpoint):
            found = await _answer(cast, endpoint, caller, relation)
            if found != outcome:
                wrong.append(f"{named(endpoint)}: {caller}, {relation}: {found}, not {outcome}")
    assert not wrong, "\n".join(wrong)


async def _answer(cast: Cast, endpoint: Endpoint, caller: str, relation: Relation) -> Outcome | str:
    asked = await request_for(cast, endpoint, caller, relation)
    async with cast.site.stranger.request(
        asked.method,
        asked.path,
        headers=cast.headers[caller],
        params=asked.query,
        json=asked.body,
        allow_redirects=False,
    ) as answer:
        text = await answer.text(errors="replace")  # some are archives
    cast.site.stranger.session.cookie_jar.clear()  # of who signed in by a link
    if answer.status not in ALLOWED:
        return STATUSES.get(answer.status, f"{answer.status} {text[:200]}")
    if permission_of(endpoint).outcome(caller, relation) not in LISTS:
        return Outcome.ALLOWED
    kind = endpoint.kind
    trace = f"led-by-{caller}" if kind == "project" and relation is Relation.OWN else ""
    trace = trace or {"project": "stars", "foreign": "moons"}.get(relation, "") if kind == "project" else ""
    trace = trace or cast.named(caller, relation)[kind]
    return Outcome.LISTED if re.search(rf"\b{re.escape(trace)}\b", text) else Outcome.HIDDEN
