"""No page has anything that axe-core calls serious, light or dark, wide or on a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.showcase import Showcase

pytestmark = pytest.mark.browser
PAGES = {
    "market": "/",
    "market, nothing found": "/?q=nothing",
    "module": "/modules/rdf",
    "training form": "/modules/rdf/train?dataset={dataset}",
    "run with changes": "/modules/som/train?from={map}",
    "data": "/data",
    "dataset": "/data/{dataset}",
    "spectrum": "/data/{dataset}/spectra/3",
    "jobs": "/jobs",
    "forest": "/jobs/{forest}",
    "map": "/jobs/{map}",
    "failed job": "/jobs/{failed}",
    "parameters": "/jobs/{again}#job-parameters",
    "row": "/jobs/{forest}/rows/3",
    "models": "/models",
    "model": "/models/{model}",
    "deployments": "/deployments",
    "nodes": "/nodes",
    "node": "/nodes/local",
    "node of the page": "/nodes/drained-box",
    "new node": "/nodes/new",
    "settings": "/settings",
    "jobs, filtered": "/jobs?owner=me&module=rdf&sort=label&q=forest",
    "not found": "/nowhere",
    "guides": "/docs?q=token",
    "guide": "/docs/labelling",
    "API reference": "/docs/api",
    "search": "/find?q=forest",
    "leaderboards": "/leaderboards",
}
SERIOUS = {"serious", "critical"}


def address(showcase: Showcase, path: str) -> str:
    assert showcase.platform
    jobs = {name: job.id for name, job in showcase.jobs.items()}
    model = showcase.do(showcase.platform.models.of_job(jobs["forest"]))
    assert model
    return showcase.address + path.format(dataset=showcase.dataset, model=model.id, **jobs)


def drawn(page: Page) -> None:
    """Scroll through the page and wait until every plot of it is drawn."""
    for frame in page.locator("[data-view]:visible").all():
        frame.scroll_into_view_if_needed()
        expect(frame.locator(".plot-wait")).to_have_count(0, timeout=60_000)
    expect(page.locator(".plot-wait:visible")).to_have_count(0, timeout=60_000)


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
