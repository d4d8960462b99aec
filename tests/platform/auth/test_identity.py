"""Who asks, tokens, and the file by which the command line finds the platform."""

from __future__ import annotations

import json
import stat

import pytest
from sqlalchemy import select, update

from dashboard.auth.identity import ANONYMOUS, OWNER, Identity
from dashboard.auth.policy import Action, Resource, authorize
from dashboard.base import clock
from dashboard.base.errors import Denied, Unauthenticated
from dashboard.database.tables import tokens
from dashboard.platform import Platform


@pytest.mark.parametrize("action", list(Action))
def test_the_local_owner_may_do_everything(action: Action) -> None:
    authorize(OWNER, action, Resource("job", "x"))


@pytest.mark.parametrize("action", list(Action))
def test_nobody_unknown_may_touch_jobs(action: Action) -> None:
    with pytest.raises(Unauthenticated):
        authorize(ANONYMOUS, action, Resource("job"))


def test_anyone_may_sign_in_and_ask_whether_it_is_up() -> None:
    authorize(ANONYMOUS, Action.READ, Resource("health"))
    authorize(ANONYMOUS, Action.CREATE, Resource("session"))


def test_an_identity_of_no_known_role_is_rejected() -> None:
    with pytest.raises(Denied):
        authorize(Identity("x"), Action.READ, Resource("job", "1"))


async def test_a_link_gives_one_session_only(platform: Platform) -> None:
    link = await platform.sessions.one_time_link()
    session = await platform.sessions.redeem(link)
    assert await platform.sessions.identify(session) == OWNER
    with pytest.raises(Unauthenticated, match="was used or is too old"):
        await platform.sessions.redeem(link)


async def test_a_link_is_no_session_and_a_made_up_token_is_nobody(platform: Platform) -> None:
    link = await platform.sessions.one_time_link()
    assert await platform.sessions.identify(link) == ANONYMOUS
    assert await platform.sessions.identify("made up") == ANONYMOUS
    assert await platform.sessions.identify(None) == ANONYMOUS


async def test_an_expired_link_and_an_expired_session_are_nobodys(platform: Platform) -> None:
    link = await platform.sessions.one_time_link()
    session = await platform.sessions.redeem(await platform.sessions.one_time_link())
    async with platform.database.write() as connection:
        await connection.execute(update(tokens).values(expires=clock.after(-1)))
    with pytest.raises(Unauthenticated):
        await platform.sessions.redeem(link)
    assert await platform.sessions.identify(session) == ANONYMOUS


async def test_signing_out_ends_the_session(platform: Platform) -> None:
    session = await platform.sessions.redeem(await platform.sessions.one_time_link())
    await platform.sessions.end(session)
    assert await platform.sessions.identify(session) == ANONYMOUS


async def test_tokens_are_stored_as_hashes_only(platform: Platform) -> None:
    link = await platform.sessions.one_time_link()
    async with platform.database.read() as connection:
        stored = (await connection.execute(select(tokens))).all()
    assert link not in str(stored)


async def test_the_connection_file_is_the_owners_alone_and_its_token_is_renewed(platform: Platform) -> None:
    path = await platform.sessions.write_connection("http://127.0.0.1:1")
    first = json.loads(path.read_text())
    await platform.sessions.write_connection("http://127.0.0.1:2")
    second = json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert second["address"] == "http://127.0.0.1:2"
    assert await platform.sessions.identify(first["token"]) == ANONYMOUS
    assert (await platform.sessions.identify(second["token"])).admin
    platform.sessions.remove_connection()
    assert not path.exists()
