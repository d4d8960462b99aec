"""In a real browser: predictions of a dataset, and asynchronous predictions."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from dashboard.auth.identity import OWNER
from dashboard.jobs.request import JobRequest
from spectra.synthetic import write_folder
from tests.browser.pages import drawn
from tests.browser.showcase import Showcase
from tests.browser.test_accessible import assert_accessible

pytestmark = pytest.mark.browser
SOON = 60_000  # ms that a busy machine may take for what a person waits for
DEPLOYMENT = "deferred-forest"


@pytest.fixture(scope="module")
def model(showcase: Showcase) -> str:
    """Return the forest's model, deployed."""
    assert showcase.platform
    found = showcase.do(showcase.platform.models.of_job(showcase.jobs["forest"].id))
    assert found
    showcase.do(
        showcase.platform.deployments.create({"name": DEPLOYMENT, "model": found.id, "node": "local"})
    )
    return found.id


@pytest.fixture(scope="module")
def pages(showcase: Showcase, model: str) -> dict[str, str]:
    """Return the pages about predictions; a map was asked about the spectra."""
    assert showcase.platform
    asked = JobRequest("", showcase.dataset, model=f"m-{showcase.jobs['map'].id}", label="map of the same")
    job = showcase.do(showcase._end_of(showcase.do(showcase.platform.submit(asked, OWNER))))
    assert job.phase == "COMPLETED", job.reason
    return {
        "job": f"/jobs/{job.id}",
        "model": f"/models/{model}",
        "dataset": f"/data/{showcase.dataset}",
        "deployment": f"/deployments/{DEPLOYMENT}#deployment-tabs-deferred",
    }


def test_from_a_model_to_a_class_to_its_spectra_to_the_table(
    page: Page, showcase: Showcase, model: str
) -> None:
    page.goto(f"/models/{model}")
    page.get_by_role("button", name="Predict on a dataset").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Spectra").select_option(showcase.dataset)
    dialog.get_by_label("Node").select_option("local")
    dialog.get_by_role("button", name="Predict").click()
    page.wait_for_url(re.compile(r"/jobs/[0-9a-z]{10,}$"), timeout=SOON)
    head = page.locator("#job-head")
    expect(head.get_by_role("heading", level=1)).to_have_text("Predictions of Synthetic Hα profiles")
    expect(head).to_contain_text("completed", timeout=SOON)  # told live: the page is not loaded again
    expect(head).to_contain_text("does not measure its quality")
    bars = page.locator("[data-view=predicted]")
    expect(bars).to_be_visible(timeout=SOON)
    bars.scroll_into_view_if_needed()
    expect(bars.locator(".main-svg").first).to_be_visible(timeout=SOON)
    choice = bars.get_by_label("Open the spectra of a bar")
    choice.select_option(label=choice.locator("option").nth(1).inner_text())
    panel = page.locator("#spectra-panel")
    expect(panel.get_by_role("heading").first).to_contain_text("class ", timeout=SOON)
    expect(panel.locator("button[data-row]").first).to_be_visible(timeout=SOON)
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        head.get_by_role("link", name=re.compile("^CSV")).click()
    with Path(download.value.path()).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 180
    assert {row["label"] for row in rows} <= {"absorption", "double peak", "emission"}


def test_what_cannot_be_predicted_is_said_in_the_dialog(
    context: BrowserContext, showcase: Showcase, model: str
) -> None:
    assert showcase.platform
    page = context.new_page()  # Chromium complains about every answer that is an error
    empty = showcase.do(showcase.platform.data.create("soon gone", OWNER))
    page.goto(f"/models/{model}")
    page.get_by_role("button", name="Predict on a dataset").click()
    dialog = page.get_by_role("dialog")
    page.evaluate("id => { document.querySelector('#predict-dataset option').value = id }", empty.id)
    dialog.get_by_label("Spectra").select_option(empty.id)
    with page.expect_response(re.compile("/predictions$")) as answer:
        dialog.get_by_role("button", name="Predict").click()
    assert answer.value.status == 422
    expect(dialog.get_by_role("alert")).to_contain_text("not ready to be used", timeout=SOON)
    showcase.do(showcase.platform.data.delete(empty.id))


def test_an_asynchronous_prediction_is_sent_and_its_result_fetched(
    page: Page, model: str, tmp_path: Path
) -> None:
    assert model
    write_folder(tmp_path / "mine", 2, seed=5)
    page.goto(f"/deployments/{DEPLOYMENT}")
    page.get_by_role("tab", name="Asynchronous").click()
    panel = page.locator("#deployment-tabs-deferred")
    panel.get_by_label("Files").set_input_files(sorted((tmp_path / "mine").glob("*.fits")))
    panel.get_by_role("button", name="Send").click()
    row = panel.locator("#deferred-table tbody tr").first
    expect(row).to_contain_text("completed", timeout=SOON)
    expect(row.locator("[data-title=Spectra]")).to_have_text("2")
    with page.expect_download() as download:
        row.get_by_role("link", name=re.compile("^Result")).click()
    assert '"label"' in Path(download.value.path()).read_text()
    row.get_by_role("button", name="Delete").click()
    expect(panel.get_by_text("No asynchronous predictions yet")).to_be_visible(timeout=SOON)


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        ("job", "dark"),
        ("model", "light"),
        ("dataset", "dark"),
        ("deployment", "light"),
        ("deployment", "dark"),
    ],
)
def test_axe_finds_nothing_serious(
    browser: Browser,
    signed_in: dict[str, object],
    showcase: Showcase,
    pages: dict[str, str],
    *,
    name: str,
    scheme: str,
) -> None:
    width = 1280 if scheme == "light" else 360
    context = browser.new_context(
        storage_state=signed_in,
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(showcase.address + pages[name])
    if name == "deployment":
        page.get_by_role("tab", name="Asynchronous").click()
    elif name != "job":
        page.locator("[data-opens=predict-dialog]").click()
    drawn(page)
    assert_accessible(page)
    context.close()
