"""Tokens that are not as they must be sign nobody in, and say why; a minute between two clocks is nothing."""

from __future__ import annotations

import time
from typing import Any

import pytest
from joserfc.jwk import KeySet

from dashboard.auth.identity import OWNER
from tests.integration.people.providers.conftest import Browser, Opening, new_session, settings
from tests.integration.people.providers.liar import Liar, new_key


async def denials(browser: Browser) -> list[dict[str, Any]]:
    answer = await browser.site.stranger.get("/audit?deed=sign-in+failed", headers=browser.site.json)
    return (await answer.json())["entries"]


async def test_who_is_known_there_is_signed_in_here(browser: Browser, liar: Liar) -> None:
    liar.claims = {"preferred_username": "eva", "email": "eva@example.org", "email_verified": True}
    status, text = await browser.sign_in()
    assert status == 200, text
    profile = await browser.whoami()
    assert profile
    assert profile["person"]["name"] == "eva"
    assert profile["person"]["roles"] == ["user"]
    assert profile["person"]["email"] == "eva@example.org"
    asked = liar.seen[-1]
    assert (asked["response_type"], asked["scope"]) == ("code", "openid profile email")
    assert len(asked["state"]) > 30
    assert len(asked["nonce"]) > 30


@pytest.mark.parametrize(
    ("claims", "words", "reason"),
    [
        ({"aud": "another"}, "made for another program", "token: aud"),
        ({"nonce": "another"}, "another sign-in", "token: nonce"),
        ({"nonce": None}, "another sign-in", "token: nonce"),
        ({"iss": "https://another.example"}, "another issuer", "token: iss"),
        ({"exp": -120}, "expired", "token: exp"),
        ({"iat": 120}, "future", "token: iat"),
        ({"sub": ""}, "names nobody", "token: sub"),
    ],
)
async def test_a_wrong_claim_is_denied_with_its_reason(
    browser: Browser, liar: Liar, claims: dict[str, Any], words: str, reason: str
) -> None:
    now = int(time.time())
    liar.claims = {name: now + value if isinstance(value, int) else value for name, value in claims.items()}
    status, text = await browser.sign_in()
    assert status == 403
    assert words in text
    assert 'action="/sign-in"' in text  # other ways to sign in stay
    assert await browser.whoami() is None
    [entry] = await denials(browser)
    assert entry["detail"] == f"provider sso: {reason}"


@pytest.mark.parametrize("claims", [{"exp": -57}, {"iat": 57}, {"nbf": 57}])
async def test_clocks_may_differ_by_a_minute(browser: Browser, liar: Liar, claims: dict[str, int]) -> None:
    liar.claims = {name: int(time.time()) + value for name, value in claims.items()}
    assert (await browser.sign_in())[0] == 200
    assert await browser.whoami()


async def test_a_provider_that_was_keyed_anew_is_believed_and_its_old_key_is_not(
    browser: Browser, liar: Liar
) -> None:
    assert (await browser.sign_in())[0] == 200
    old, fresh = liar.signs_with, new_key("k2")
    liar.keys, liar.signs_with = KeySet([fresh]), fresh
    assert (await browser.sign_in())[0] == 200
    liar.signs_with = old
    status, text = await browser.sign_in()
    assert (status, "not signed by a key" in text) == (403, True)
    liar.signs_with = new_key("k2")  # of the same name
    assert (await browser.sign_in())[0] == 403


async def test_claims_of_the_userinfo_endpoint_count_if_they_are_of_the_same_person(
    browser: Browser, liar: Liar
) -> None:
    liar.claims = {"groups": None}
    liar.userinfo = {"groups": ["staff"], "preferred_username": "ada"}
    assert (await browser.sign_in())[0] == 200
    profile = await browser.whoami()
    assert profile
    assert (profile["person"]["name"], profile["person"]["roles"]) == ("ada", ["publisher"])
    liar.userinfo |= {"sub": "another"}
    assert (await browser.sign_in())[0] == 403


async def test_a_sign_in_is_finished_once_by_the_browser_that_began_it(browser: Browser, liar: Liar) -> None:
    back = await browser.callback(await browser.start())
    async with new_session() as other:
        status, text, _ = await Browser(browser.site, other).get(back)
        assert (status, "begun in another browser" in text) == (409, True)
    assert (await browser.get(back))[0] == 200
    assert (await browser.get(back))[0] == 409
    assert (await browser.get(f"{browser.home}/sign-in/sso/callback?code=a&state=b"))[0] == 409
    assert (await browser.get(f"{browser.home}/sign-in/sso/callback"))[0] == 409


async def test_a_code_for_one_provider_is_not_taken_at_another(opened: Opening, liar: Liar) -> None:
    site = await opened(sso=settings(liar.issuer), other=settings(liar.issuer, title="Other"))
    async with new_session() as session:
        browser = Browser(site, session)
        back = await browser.callback(await browser.start("sso"))
        status, _, _ = await browser.get(back.replace("/sign-in/sso/", "/sign-in/other/"))
        assert status == 409
        back = await browser.callback(await browser.start("sso"))
        assert (await browser.get(f"{back}&iss=https://another.example"))[0] == 409


async def test_an_error_of_the_provider_is_told_without_its_text(browser: Browser) -> None:
    address = await browser.start()
    state = address.partition("state=")[2].partition("&")[0]
    callback = f"{browser.home}/sign-in/sso/callback?state={state}"
    error = "error=access_denied&error_description=<b>call+us</b>"
    status, text, _ = await browser.get(f"{callback}&{error}")
    assert status == 403
    assert "access_denied" in text
    assert "call us" not in text
    [entry] = await denials(browser)
    assert entry["detail"] == "provider sso: provider: access_denied"


async def test_a_provider_that_is_away_says_so_and_local_sign_in_works(opened: Opening, liar: Liar) -> None:
    site = await opened(away=settings("http://127.0.0.1:9"), sso=settings(liar.issuer))
    await site.platform.accounts.create("eva", OWNER)
    async with new_session() as session:
        browser = Browser(site, session)
        status, text, _ = await browser.get(f"{browser.home}/sign-in/away")
        assert status == 503
        assert "Institute does not answer now" in text
        assert "127.0.0.1:9" not in text
        assert 'name="password"' in text
        assert 'href="/sign-in/sso?next=' in text
        back = await browser.callback(await browser.start())
        liar.token_status = 500
        assert (await browser.get(back))[0] == 503
        back = await browser.callback(await browser.start())
        liar.token_status = 400
        status, text, _ = await browser.get(back)
        assert (status, "invalid_grant" in text) == (403, True)


@pytest.mark.parametrize(
    "document",
    [{"issuer": "https://another.example"}, {"token_endpoint": None}, {"jwks_uri": "http://10.0.0.1/keys"}],
)
async def test_a_provider_that_is_not_what_the_settings_say_is_not_used(
    browser: Browser, liar: Liar, document: dict[str, Any]
) -> None:
    liar.document = document
    status, text, _ = await browser.get(f"{browser.home}/sign-in/sso")
    assert status == 503
    assert "tell an administrator" in text


async def test_a_provider_in_a_network_that_is_not_named_is_not_asked(opened: Opening, liar: Liar) -> None:
    site = await opened(sso=settings(liar.issuer, networks=()))
    async with new_session() as session:
        browser = Browser(site, session)
        assert (await browser.get(f"{browser.home}/sign-in/sso"))[0] == 503


async def test_neither_codes_nor_tokens_are_in_the_log_or_the_audit(
    browser: Browser, liar: Liar, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    back = await browser.callback(await browser.start())
    assert (await browser.get(back))[0] == 200
    await browser.get(back)
    code, state = back.partition("code=")[2].partition("&")[0], back.partition("state=")[2]
    text = await (await browser.site.stranger.get("/audit?size=100", headers=browser.site.json)).text()
    ours = [
        record.getMessage() for record in caplog.records if record.name.startswith(("dashboard", "deploy"))
    ]
    for secret in (code, state, "access", "s3cret"):
        assert secret not in text.replace("access_", "")
        assert not [line for line in ours if secret in line]
