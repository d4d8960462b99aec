"""A second factor over HTTP: set up, asked for, recovered, reset, and required by role."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pyotp
import pytest

from dashboard.auth.identity import OWNER
from dashboard.settings import PeopleSettings
from tests.platform.web.conftest import Site, open_site
from tests.platform.web.people import (
    BROWSER,
    JSON,
    PHRASE,
    created,
    headers_of,
    joined,
    quick_passwords,
    sign_in,
)


@pytest.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[Site]:
    people = PeopleSettings(second_factor=("admin",))
    sections = {"people": people}
    async with open_site(tmp_path, accounts=None, url=database_url, sections=sections) as site:
        site.platform.__dict__["passwords"] = quick_passwords()
        yield site


class Phone:
    """An app, whose clock goes a step for each code, so that no code is used twice."""

    def __init__(self, site: Site, secret: str) -> None:
        self.app = pyotp.TOTP(secret)
        self.now = time.time()
        site.platform.second_factors._now = lambda: self.now

    def code(self) -> str:
        self.now += 30
        return self.app.at(self.now)


async def with_factor(site: Site, eva: dict[str, str]) -> tuple[Phone, list[str]]:
    begun = await site.stranger.post("/settings/second-factor", json={"password": PHRASE}, headers=eva)
    assert begun.status == 200, await begun.text()
    phone = Phone(site, (await begun.json())["secret"])
    done = await site.stranger.post(
        "/settings/second-factor/confirm", json={"code": phone.code()}, headers=eva
    )
    assert done.status == 200, await done.text()
    return phone, (await done.json())["recovery_codes"]


async def send(site: Site, challenge: str, code: str) -> tuple[int, dict[str, object]]:
    body = {"challenge": challenge, "code": code}
    answer = await site.stranger.post("/second-factor", json=body, headers=JSON)
    return answer.status, await answer.json()


async def test_setting_one_up_needs_the_password_and_then_a_code_is_asked_for(site: Site) -> None:
    eva = await joined(site)
    wrong = await site.stranger.post("/settings/second-factor", json={"password": "x"}, headers=eva)
    assert (wrong.status, (await wrong.json())["errors"][0]["field"]) == (422, "password")
    phone, codes = await with_factor(site, eva)
    status, answer = await sign_in(site, "eva")
    assert status == 200
    assert "token" not in answer
    challenge = answer["challenge"]
    assert (await send(site, challenge, "000000"))[0] == 422
    status, answer = await send(site, challenge, phone.code())
    assert status == 200
    assert (await site.stranger.get("/jobs", headers=headers_of(str(answer["token"])))).status == 200
    assert (await send(site, challenge, phone.code()))[0] == 401  # used up
    challenge = (await sign_in(site, "eva"))[1]["challenge"]
    assert (await send(site, challenge, codes[0]))[0] == 200


async def test_a_program_sends_the_code_with_the_password_and_a_used_one_is_denied(site: Site) -> None:
    phone, _ = await with_factor(site, await joined(site))
    code = phone.code()
    assert (await sign_in(site, "eva", code=code))[0] == 200
    assert (await sign_in(site, "eva", code=code))[0] == 422
    assert (await sign_in(site, "eva", "wrong wrong", code=phone.code()))[0] == 401


async def test_guessing_codes_is_slowed_down(site: Site) -> None:
    phone, _ = await with_factor(site, await joined(site))
    challenge = (await sign_in(site, "eva"))[1]["challenge"]
    assert [(await send(site, challenge, "000000"))[0] for _ in range(6)] == [422] * 5 + [429]
    assert (await send(site, challenge, phone.code()))[0] == 429
    # Another challenge, or the code with the password, is no way around.
    assert (await sign_in(site, "eva", code=phone.code()))[0] == 429


async def test_a_new_password_by_a_link_still_asks_for_the_code(site: Site) -> None:
    phone, _ = await with_factor(site, await joined(site))
    link = await (await site.stranger.post("/people/eva/invitation", headers=site.json)).json()
    body = {"token": link["path"].partition("token=")[2], "password": "a whole new phrase"}
    answer = await (await site.stranger.post("/invitation", json=body, headers=JSON)).json()
    assert "token" not in answer
    assert (await send(site, answer["challenge"], phone.code()))[0] == 200


async def test_a_browser_is_asked_on_a_page_and_goes_where_it_was(site: Site) -> None:
    phone, _ = await with_factor(site, await joined(site))
    form = {"name": "eva", "password": PHRASE, "next": "/jobs"}
    answer = await site.stranger.post("/sign-in", data=form, headers=BROWSER, allow_redirects=False)
    text = await answer.text()
    assert answer.status == 200
    assert "Set-Cookie" not in answer.headers
    assert PHRASE not in text
    challenge = text.partition('name="challenge" value="')[2].partition('"')[0]
    body = {"challenge": challenge, "code": "1", "next": "/jobs"}
    wrong = await site.stranger.post("/second-factor", data=body, headers=BROWSER)
    assert wrong.status == 422
    assert "clock of your phone" in await wrong.text()
    body["code"] = phone.code()
    done = await site.stranger.post("/second-factor", data=body, headers=BROWSER, allow_redirects=False)
    assert (done.status, done.headers["Location"]) == (303, "/jobs")


async def test_who_has_the_role_sets_one_up_before_the_first_session(site: Site) -> None:
    token = await created(site, "ada", roles=["admin"])
    form = {"token": token, "password": PHRASE}
    answer = await site.stranger.post("/invitation", data=form, headers=BROWSER, allow_redirects=False)
    text = await answer.text()
    assert "data:image/svg+xml" in text
    challenge = text.partition('name="challenge" value="')[2].partition('"')[0]
    phone = Phone(site, text.partition("enter this secret: <code>")[2].partition("<")[0])
    body = {"challenge": challenge, "code": phone.code(), "next": "/"}
    done = await site.stranger.post("/second-factor", data=body, headers=BROWSER, allow_redirects=False)
    assert done.status == 200
    assert "recovery codes" in await done.text()
    assert "huggins_session" in done.headers["Set-Cookie"]
    status, answer = await sign_in(site, "ada")
    assert (status, "secret" in answer) == (200, False)


async def test_a_new_password_ends_what_the_old_one_had_begun(site: Site) -> None:
    """Who knew the password may not set up a second factor of their own after it was changed."""
    before = {"token": await created(site, "ada", roles=["admin"]), "password": PHRASE}
    begun = await (await site.stranger.post("/invitation", json=before, headers=JSON)).json()
    link = await site.platform.sign_in.invitation("ada", OWNER)
    new = {"token": link, "password": "a whole new phrase"}
    own = await (await site.stranger.post("/invitation", json=new, headers=JSON)).json()
    codes = [
        {"challenge": one["challenge"], "code": Phone(site, one["secret"]).code()} for one in (begun, own)
    ]
    sent = [await site.stranger.post("/second-factor", json=body, headers=JSON) for body in codes]
    assert [answer.status for answer in sent] == [401, 200]


async def test_it_is_switched_off_with_a_code_and_reset_by_an_administrator(site: Site) -> None:
    eva = await joined(site)
    phone, _ = await with_factor(site, eva)
    off = "/settings/second-factor/off"
    assert (await site.stranger.post(off, json={"code": "000000"}, headers=eva)).status == 422
    assert (await site.stranger.post(off, json={"code": phone.code()}, headers=eva)).status == 204
    assert "token" in (await sign_in(site, "eva"))[1]
    await with_factor(site, eva)
    reset = "/people/eva/reset-second-factor"
    assert (await site.stranger.post(reset, headers=eva)).status == 403
    assert await (await site.stranger.post(reset, headers=site.json)).json() == {"removed": True}
    assert "token" in (await sign_in(site, "eva"))[1]


async def test_neither_codes_nor_secrets_are_in_the_audit_log(site: Site) -> None:
    eva = await joined(site)
    phone, codes = await with_factor(site, eva)
    code = phone.code()
    await sign_in(site, "eva", code=code)
    await sign_in(site, "eva", code=codes[0])
    text = await (await site.stranger.get("/audit?size=100", headers=site.json)).text()
    assert "second" in text
    assert not [secret for secret in (code, codes[0], phone.app.secret, PHRASE) if secret in text]
