"""The code flow in Chromium with a certified provider: its login and consent pages, roles, and a new key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser as Chromium
from playwright.async_api import ConsoleMessage, Page, expect

from dashboard.auth.identity import OWNER, Role
from tests.integration.people.providers.conftest import Opening, RealProvider, free_port, settings
from tests.platform.web.conftest import Site
from tests.platform.web.people import joined

pytestmark = pytest.mark.browser
Starting = Callable[[str], Awaitable[RealProvider]]


async def both(opened: Opening, real_provider: Starting) -> tuple[Site, RealProvider, str]:
    """Return a platform and a provider that know each other's address."""
    port = free_port()
    provider = await real_provider(f"http://127.0.0.1:{port}")
    scopes = ("openid", "profile", "email", "groups")
    site = await opened(sso=settings(provider.issuer, scopes=scopes), port=port)
    await site.platform.accounts.create("root-admin", OWNER, roles=[Role.ADMIN])
    return site, provider, f"http://127.0.0.1:{port}"


async def log_in(page: Page, name: str) -> None:
    """Fill the provider's own pages in."""
    await page.locator("[name=login]").fill(name)
    await page.locator("[name=password]").fill("any")
    await page.locator("[type=submit]").click()
    await page.get_by_role("button", name="Continue").click()


async def test_one_signs_in_at_the_provider_and_is_where_one_was(
    opened: Opening, real_provider: Starting, chromium: Chromium
) -> None:
    site, provider, home = await both(opened, real_provider)
    context = await chromium.new_context(base_url=home)
    page = await context.new_page()
    complaints: list[str] = []

    def complain(line: ConsoleMessage) -> None:
        if line.type == "error" and page.url.startswith(home):  # the provider's pages ask for fonts
            complaints.append(line.text)

    page.on("console", complain)
    await page.goto("/sign-in?next=/jobs")
    await page.get_by_role("link", name="Sign in with Institute").click()
    await log_in(page, "alice")
    await page.wait_for_url(f"{home}/jobs")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")
    assert "code=" not in await page.evaluate("document.referrer")
    answer = await site.stranger.get("/people/alice", headers=site.json)
    found = (await answer.json())["person"]
    assert (found["roles"], found["email"], found["title"]) == (
        ["publisher"],
        "alice@example.org",
        "Alice of Brno",
    )
    cookies = {one["name"]: one for one in await context.cookies()}
    [session] = [one for name, one in cookies.items() if name.startswith("huggins_session")]
    assert (session["sameSite"], session["httpOnly"]) == ("Strict", True)
    assert not [name for name in cookies if name.startswith("huggins_away")]
    assert complaints == []

    # Keyed anew, the provider is still believed; signed out, one is told of the session there.
    await provider.rotate()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.locator("main")).to_contain_text("still be signed in at Institute")
    await page.goto("/sign-in")
    await page.get_by_role("link", name="Sign in with Institute").click()
    await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    await context.close()


async def test_groups_that_map_to_nothing_are_told_on_the_page_and_other_ways_stay(
    opened: Opening, real_provider: Starting, chromium: Chromium
) -> None:
    _, _, home = await both(opened, real_provider)
    context = await chromium.new_context(base_url=home, viewport={"width": 390, "height": 844})
    page = await context.new_page()
    await page.goto("/sign-in")
    await page.get_by_role("link", name="Sign in with Institute").click()
    await log_in(page, "bob")
    await expect(page.get_by_role("alert")).to_contain_text("names no groups of yours")
    await expect(page.get_by_label("Password")).to_be_visible()
    found = await Axe().run(page)
    assert [
        one["id"] for one in found.response["violations"] if one["impact"] in {"serious", "critical"}
    ] == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    await context.close()


async def test_one_links_the_provider_on_settings_and_unlinks_it(
    opened: Opening, real_provider: Starting, chromium: Chromium
) -> None:
    site, _, home = await both(opened, real_provider)
    eva = await joined(site, "eva")
    context = await chromium.new_context(base_url=home)
    page = await context.new_page()
    token = eva["Authorization"].removeprefix("Bearer ")
    name = f"huggins_session_{home.rpartition(':')[2]}"
    await context.add_cookies(
        [{"name": name, "value": token, "url": home, "httpOnly": True, "sameSite": "Strict"}]
    )
    await page.goto("/settings")
    await page.get_by_role("button", name="Link Institute").click()
    await log_in(page, "alice")
    await page.wait_for_url(f"{home}/settings#ways")
    await expect(page.locator("#way-table")).to_contain_text("alice@example.org")
    await page.get_by_role("button", name="Sign out").click()
    await page.goto("/sign-in")
    await page.get_by_role("link", name="Sign in with Institute").click()
    await page.get_by_role("link", name="Settings").click()
    await expect(page.locator("#profile")).to_contain_text("eva")
    page.on("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Unlink").click()
    confirm = page.get_by_role("dialog").get_by_role("button", name="Unlink")
    if await confirm.count():
        await confirm.click()
    await expect(page.locator("#ways")).to_contain_text("None yet")
    await context.close()
