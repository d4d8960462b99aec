"""Sessions end when their users sign out at the provider (OpenID Connect Back-Channel Logout 1.0)."""

from __future__ import annotations

import time
from typing import Any

import pytest
from joserfc import jwt
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from tests.integration.people.providers.conftest import Browser, Opening, new_session
from tests.integration.people.providers.liar import CLIENT, Liar, new_key
from tests.integration.people.providers.test_real_provider import Starting, both, log_in

EVENT = "http://schemas.openid.net/event/backchannel-logout"


def logout_token(liar: Liar, key: Any = None, **changes: Any) -> str:
    """Return a token of the liar; a change to None leaves a claim out."""
    now = int(time.time())
    claims: dict[str, Any] = {"iss": liar.issuer, "aud": CLIENT, "sub": "liar", "sid": "s1", "jti": "j1"}
    claims |= {"iat": now, "exp": now + 120, "events": {EVENT: {}}, **changes}
    signing = key or liar.signs_with
    header = {"alg": "RS256", "kid": signing.kid, "typ": "logout+jwt"}
    return jwt.encode(header, {name: one for name, one in claims.items() if one is not None}, signing)


async def sent(browser: Browser, token: str) -> tuple[int, dict[str, Any]]:
    """Send a token as a provider does: a form, without a cookie."""
    address = f"{browser.home}/sign-in/sso/logout"
    async with new_session() as provider, provider.post(address, data={"logout_token": token}) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status, await answer.json(content_type=None)


async def test_the_session_of_the_provider_ends_its_own_here_and_no_other(
    browser: Browser, liar: Liar
) -> None:
    liar.claims = {"sid": "s1"}
    await browser.sign_in()
    async with new_session() as elsewhere:
        other = Browser(browser.site, elsewhere)
        liar.claims = {"sid": "s2"}
        await other.sign_in()
        assert await sent(browser, logout_token(liar)) == (200, {"ended": 1})
        assert await browser.whoami() is None
        assert await other.whoami() is not None
        assert await sent(browser, logout_token(liar, sub=None, sid="s2")) == (200, {"ended": 1})
        assert await other.whoami() is None
    answer = await browser.site.stranger.get("/audit?deed=signed+out", headers=browser.site.json)
    entries = (await answer.json())["entries"]
    assert [entry["detail"] for entry in entries] == ["provider sso"] * 2


async def test_without_a_session_all_of_the_person_end_and_who_is_unknown_ends_none(
    browser: Browser, liar: Liar
) -> None:
    liar.claims = {"sid": "s1"}
    await browser.sign_in()
    assert await sent(browser, logout_token(liar, sub="somebody")) == (200, {"ended": 0})
    assert await browser.whoami() is not None
    assert await sent(browser, logout_token(liar, sid=None)) == (200, {"ended": 1})
    assert await browser.whoami() is None


async def test_a_session_of_which_the_provider_named_no_session_ends_with_any(
    browser: Browser, liar: Liar
) -> None:
    await browser.sign_in()
    assert await sent(browser, logout_token(liar)) == (200, {"ended": 1})


async def test_a_token_that_is_not_valid_ends_nothing_and_says_so(browser: Browser, liar: Liar) -> None:
    liar.claims = {"sid": "s1"}
    await browser.sign_in()
    for token in (logout_token(liar, new_key("k1")), logout_token(liar, nonce="n"), "no token"):
        status, told = await sent(browser, token)
        assert (status, told["error"]) == (400, "invalid_request")
    assert await browser.whoami() is not None


@pytest.mark.browser
async def test_who_signs_out_at_a_certified_provider_is_signed_out_here(
    opened: Opening, real_provider: Starting, chromium: Chromium
) -> None:
    _, provider, home = await both(opened, real_provider)
    context = await chromium.new_context(base_url=home)
    page = await context.new_page()
    await page.goto("/sign-in?next=/jobs")
    await page.get_by_role("link", name="Sign in with Institute").click()
    await log_in(page, "alice")
    await page.wait_for_url(f"{home}/jobs")
    await page.goto(f"{provider.issuer}/session/end?client_id=huggins")
    await page.get_by_role("button", name="Yes, sign me out").click()
    await expect(page.get_by_text("Sign-out Success")).to_be_visible()
    await page.goto("/jobs")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in first")
    await context.close()
