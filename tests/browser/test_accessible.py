"""No page has anything that axe-core calls serious, light or dark, wide or on a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.pages import PAGES, address, drawn
from tests.browser.showcase import Showcase

pytestmark = pytest.mark.browser
SERIOUS = {"serious", "critical"}


def assert_accessible(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    serious = {
        each["id"]: [node["html"][:200] for node in each["nodes"]]
        for each in found
        if each["impact"] in SERIOUS
    }
    assert serious == {}
    assert wide <= 0, "the page is wider than the screen"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(
    browser: Browser, signed_in: dict[str, object], showcase: Showcase, name: str, scheme: str
) -> None:
    width = 1280 if scheme == "light" else 360
    context = browser.new_context(
        storage_state=signed_in,
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(address(showcase, PAGES[name]))
    drawn(page)
    assert_accessible(page)
    context.close()


def test_the_sign_in_page_is_accessible(browser: Browser, showcase: Showcase) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{showcase.address}/jobs")
    found = Axe().run(page).response["violations"]
    context.close()
    assert [each["id"] for each in found if each["impact"] in SERIOUS] == []
