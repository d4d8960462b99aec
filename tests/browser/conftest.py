"""Chromium, and a platform with something to show."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.showcase import Showcase, build
from tests.conftest import unavailable

PATIENCE_MS = 60_000  # other tests run beside these, on few cores
expect.set_options(timeout=PATIENCE_MS)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="package")
def chromium() -> str:
    """Return the path of the browser."""
    return shutil.which("chromium") or unavailable("Chromium")


# Nothing is trained where no browser would look at it.
@pytest.fixture(scope="package")
def showcase(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Showcase]:
    folder = tmp_path_factory.mktemp("showcase")
    made = build(folder)
    made.start()
    try:
        made.do(made.fill(folder / "spectra"))
        yield made
    finally:
        made.stop()


# Not for the session: Playwright's own event loop would run on under the tests that come after these.
@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def signed_in(showcase: Showcase, browser: Browser) -> dict[str, object]:
    """Return the state of a browser that came in by the one-time link."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(showcase.link())
    page.wait_for_url(f"{showcase.address}/")
    state = context.storage_state()
    context.close()
    return dict(state)


@pytest.fixture
def context(browser: Browser, showcase: Showcase, signed_in: dict[str, object]) -> Iterator[BrowserContext]:
    context = browser.new_context(
        base_url=showcase.address,
        storage_state=signed_in,
        viewport={"width": 1280, "height": 900},
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """Open a page; whatever it complains about in the console fails the test."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []
