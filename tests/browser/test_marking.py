"""In a real browser: spectra are marked as interesting or not, and a prediction ranks again by the marks."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.auth.identity import OWNER
from dashboard.jobs.request import JobRequest
from tests.browser.showcase import Showcase, build
from tests.browser.test_accessible import assert_accessible
from tests.conftest import ROOT
from tests.folder_upload import upload_folder

pytestmark = pytest.mark.browser
SOON = 60_000
SMALL = {"trees": 20, "epochs": 5, "shown": 30}


@pytest.fixture(scope="module")
def outliers(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Showcase]:
    """Return a platform of its own, on which outliers were trained."""
    folder = tmp_path_factory.mktemp("marking")
    made = build(folder)
    shutil.copytree(ROOT / "modules" / "outliers", folder / "modules" / "outliers")
    made.start()
    try:
        made.do(_train(made))
        yield made
    finally:
        made.stop()


async def _train(made: Showcase) -> None:
    assert made.platform
    data = made.platform.data
    spectra = made.modules.parent / "spectra"
    uploaded = await upload_folder(data, spectra, "Synthetic Hα profiles", OWNER, synthetic=True)
    made.dataset = (await data.settled(uploaded.id)).id
    await made.platform.modules.descriptions.of("outliers")
    job = await made.platform.submit(JobRequest("outliers", made.dataset, SMALL), OWNER)
    made.jobs["outliers"] = await made._end_of(job)
    assert made.jobs["outliers"].phase == "COMPLETED", made.jobs["outliers"].reason


@pytest.fixture
def page(outliers: Showcase, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(base_url=outliers.address, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(SOON)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(outliers.link())
    page.wait_for_url(f"{outliers.address}/")
    yield page
    context.close()
    assert complaints == []


def test_marks_are_clicked_in_the_report_and_rank_again_without_a_training(
    page: Page, outliers: Showcase
) -> None:
    page.goto(f"/jobs/{outliers.jobs['outliers'].id}")
    view = page.locator("[data-view=outliers]")
    view.scroll_into_view_if_needed()
    again = view.get_by_role("button", name="Rank again")
    expect(again).to_be_disabled()
    rows = view.locator("tbody tr")
    rows.nth(0).get_by_role("button", name=re.compile("not$")).click()
    rows.nth(1).get_by_role("button", name=re.compile("interesting$")).click()
    expect(rows.nth(1).get_by_role("button", name=re.compile("interesting$"))).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(view.get_by_role("status")).to_contain_text("2 marks")
    assert_accessible(page)
    boring = rows.nth(0).locator("button").first.inner_text()
    again.click()
    page.wait_for_url(re.compile(rf"/jobs/(?!{outliers.jobs['outliers'].id})[0-9a-z]{{10,}}$"), timeout=SOON)
    expect(page.locator("#job-head")).to_contain_text("completed", timeout=SOON)
    view = page.locator("[data-view=outliers]")
    view.scroll_into_view_if_needed()
    expect(view.locator("thead")).to_contain_text("Relevance")
    expect(view.get_by_role("status")).to_contain_text("2 marks")
    first = view.locator("tbody tr").first.locator("button").first
    expect(first).to_be_visible()
    assert first.inner_text() != boring
    job = page.url.rsplit("/", 1)[1]
    assert outliers.platform
    parameters = outliers.do(outliers.platform.jobs.get(job)).parameters
    assert sorted(json.loads(parameters["marks"]).values()) == [0, 5]
