"""The story in a real browser: find a method, upload spectra, train, click to an original, deploy, ask."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from spectra.synthetic import write_folder
from tests.browser.showcase import Showcase

pytestmark = pytest.mark.browser
SOON = 60_000  # ms that a busy machine may take for what a person waits for


def test_the_market_follows_what_is_typed(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Search methods").fill("decide")
    expect(page.locator("article")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?q=decide$"))
    page.reload()
    expect(page.get_by_label("Search methods")).to_have_value("decide")
    page.get_by_role("link", name="Random decision forest").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Random decision forest")
    expect(page.locator("body")).not_to_have_attribute("data-injected", "yes")


def test_files_are_uploaded_read_and_plotted(page: Page, tmp_path: Path) -> None:
    write_folder(tmp_path / "mine", 6, seed=3)
    (tmp_path / "mine" / "broken.fits").write_bytes(b"SIMPLE  = nothing")
    page.goto("/data")
    page.get_by_label("Name", exact=True).fill("My own stars")
    page.locator("#choose-files").set_input_files(sorted((tmp_path / "mine").iterdir()))
    page.wait_for_url(re.compile(r"/data/[0-9a-z]{10,}$"), timeout=SOON)
    expect(page.locator("#dataset-head")).to_contain_text("ready", timeout=SOON)
    page.reload()
    expect(page.locator("#spectra tbody tr")).to_have_count(6)
    expect(page.get_by_text("1 file could not be read")).to_be_visible()
    expect(page.locator("#dataset-plot .main-svg").first).to_be_visible(timeout=SOON)
    expect(page.locator("#dataset-plot .scatterlayer .trace")).not_to_have_count(0)


def test_a_confusion_cell_leads_to_an_original_file(page: Page, showcase: Showcase) -> None:
    page.goto(f"/jobs/{showcase.jobs['forest'].id}")
    page.locator("[data-view*=confusion]").scroll_into_view_if_needed()
    page.locator(".matrix-right:enabled").first.click()
    panel = page.locator("#spectra-panel")
    expect(panel.get_by_role("status")).to_contain_text("spectra", timeout=SOON)
    expect(panel.locator(".plot-wait")).to_have_count(0, timeout=SOON)
    panel.locator("button[data-row]").first.click()
    expect(panel.locator(".scatterlayer path.js-line")).to_have_count(
        2, timeout=SOON
    )  # prepared and original
    file = panel.get_by_role("link", name="Original file")
    expect(file).to_be_visible(timeout=SOON)
    with page.expect_download() as download:
        file.click()
    assert Path(download.value.path()).read_bytes().startswith(b"SIMPLE  =")
    page.keyboard.press("Escape")
    expect(panel).not_to_be_visible()


def test_a_cell_of_the_map_is_reached_by_keyboard(page: Page, showcase: Showcase) -> None:
    page.goto(f"/jobs/{showcase.jobs['map'].id}")
    cells = page.locator(".cell")
    expect(cells.first).to_be_visible(timeout=SOON)
    filled = page.locator(".cell:not([aria-label*=': 0 spectra'])").first
    filled.focus()
    page.keyboard.press("Enter")
    panel = page.locator("#spectra-panel")
    expect(panel.locator("button[data-row]").first).to_be_visible(timeout=SOON)
    expect(panel.locator(".main-svg").first).to_be_visible(timeout=SOON)


def test_the_training_form_checks_keeps_and_launches(page: Page, showcase: Showcase) -> None:
    page.goto(f"/modules/rdf/train?dataset={showcase.dataset}")
    trees = page.get_by_label("Trees", exact=True)
    expect(page.locator("#preview .main-svg").first).to_be_visible(timeout=SOON)
    trees.fill("0")
    expect(page.locator("#p-trees-error")).to_have_text("At least 1.")
    trees.fill("12")
    expect(page.locator("#as-command")).to_contain_text("-p trees=12")
    page.wait_for_function("JSON.stringify(sessionStorage).includes('12')")
    page.reload()
    expect(trees).to_have_value("12")
    page.get_by_label("Label", exact=True).fill("from the browser")
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url(re.compile(r"/jobs/[0-9a-z]+$"), timeout=SOON)
    expect(page.locator("#job-head")).to_contain_text("completed", timeout=2 * SOON)
    expect(page.locator("[data-view]").first).to_be_attached()
    page.get_by_role("tab", name="Log").click()
    expect(page.get_by_role("log")).not_to_be_empty()
    page.get_by_role("tab", name="Parameters").click()
    expect(page.locator("#parameters tbody tr").first).to_contain_text("trees")


def test_a_wrong_recipe_is_explained_beside_the_preview(page: Page, showcase: Showcase) -> None:
    page.goto(f"/modules/rdf/train?dataset={showcase.dataset}&from={showcase.jobs['failed'].id}")
    expect(page.locator("#preview [data-status]")).to_contain_text("would be rejected", timeout=SOON)


def test_a_model_is_deployed_and_called(page: Page, showcase: Showcase, tmp_path: Path) -> None:
    write_folder(tmp_path / "new", 2, seed=99)
    spectrum = next(iter(sorted((tmp_path / "new").glob("*.fits"))))
    page.goto(f"/jobs/{showcase.jobs['forest'].id}")
    page.get_by_role("button", name="Deploy").first.click()
    page.locator("#deploy-name").fill("line-classes")
    page.get_by_role("button", name="Deploy", exact=True).last.click()
    page.wait_for_url(re.compile(r"/deployments/line-classes$"), timeout=SOON)
    expect(page.locator("#deployment-head [data-phase=deployed]")).to_be_visible(timeout=2 * SOON)
    page.locator("#choose-spectrum").set_input_files(spectrum)
    answers = page.locator("[data-answers]")
    expect(answers.locator("meter")).to_have_count(3, timeout=SOON)
    expect(answers.get_by_role("heading", level=3)).to_have_text("absorption")
    expect(answers.locator(".main-svg").first).to_be_visible(timeout=SOON)


def test_another_model_is_a_canary_and_the_requests_are_counted(page: Page, showcase: Showcase) -> None:
    page.goto("/deployments/line-classes")  # of the test before
    expect(page.locator("[data-figures]")).to_contain_text("requests1", timeout=SOON)
    expect(page.locator("#usage-rate .main-svg").first).to_be_visible(timeout=SOON)
    page.get_by_role("tab", name="Versions").click()
    page.locator("#version-model").select_option(index=0)
    page.locator("#version-share").fill("30")
    page.get_by_role("button", name="Add version").click()
    expect(page.locator("#deployment-versions")).to_contain_text("canary, 30 %", timeout=SOON)
    page.get_by_role("tab", name="Replicas").click()
    expect(page.locator("#deployment-replicas [data-phase=ready]")).to_have_count(2, timeout=2 * SOON)
    page.get_by_role("tab", name="Versions").click()
    page.get_by_role("button", name="Promote version 2").click()
    expect(page.get_by_role("button", name="Roll back to version 1")).to_be_visible(timeout=2 * SOON)


def test_a_file_that_is_no_spectrum_is_rejected_with_the_reason(
    context: BrowserContext, showcase: Showcase, tmp_path: Path
) -> None:
    page = context.new_page()  # Chromium complains about every answer that is an error
    (tmp_path / "notes.txt").write_text("It was a dark night.\n")
    page.goto("/deployments/line-classes")  # of the tests before
    page.locator("#choose-spectrum").set_input_files(tmp_path / "notes.txt")
    rejected = page.locator("[data-answers]").get_by_role("alert")
    expect(rejected).to_have_count(1, timeout=SOON)
    expect(rejected).to_contain_text("notes.txt: the text holds no lines of numbers")


def test_a_deployments_api_is_shown_in_swagger_ui(page: Page, showcase: Showcase) -> None:
    page.goto("/deployments/line-classes/ui")  # of the test before
    expect(page.locator("#swagger .opblock").first).to_be_visible(timeout=SOON)
    expect(page.locator("#swagger .base-url")).to_contain_text("/deployments/line-classes")


def test_a_token_is_made_and_shown_once(page: Page, showcase: Showcase) -> None:
    page.goto("/deployments/line-classes")
    page.get_by_role("tab", name="Tokens").click()
    page.locator("#token-title").fill("night survey")
    page.get_by_role("button", name="Create token").click()
    expect(page.locator("[data-secret]")).to_contain_text("hgd_", timeout=SOON)
    expect(page.locator("#tokens-table")).to_contain_text("night survey")
    page.reload()
    expect(page.locator("body")).not_to_contain_text("hgd_")


def test_the_theme_is_kept(page: Page) -> None:
    page.goto("/jobs")
    before = page.evaluate("getComputedStyle(document.body.parentElement).backgroundColor")
    page.get_by_role("button", name="Switch between light and dark").click()
    page.reload()
    assert page.evaluate("getComputedStyle(document.body.parentElement).backgroundColor") != before


def test_tables_follow_the_keyboard(page: Page, showcase: Showcase) -> None:
    page.goto("/jobs")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    first = page.locator("#jobs-table tbody tr").first
    expect(first).to_have_attribute("data-current", "")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/jobs/[0-9a-z]+"))


def test_pages_can_be_read_without_javascript(context: BrowserContext, showcase: Showcase) -> None:
    assert context.browser
    plain = context.browser.new_context(java_script_enabled=False, storage_state=context.storage_state())
    page = plain.new_page()
    page.goto(f"{showcase.address}/jobs/{showcase.jobs['failed'].id}")
    expect(page.get_by_text("could be prepared").first).to_be_visible()
    expect(page.get_by_role("heading", name="Parameters")).to_be_visible()
    plain.close()


def test_hundreds_of_spectra_are_drawn_at_once(page: Page, showcase: Showcase) -> None:
    page.goto(f"/data/{showcase.dataset}?size=200")
    page.get_by_label("Select all").check()
    expect(page.locator("#plot-status")).to_contain_text("180 spectra", timeout=SOON)
    drawn = "document.querySelector('#dataset-plot [data-plot]').data"
    assert page.evaluate(f"{drawn}.length") == 180
    assert page.evaluate(f"new Set({drawn}.map(t => t.type)).size") == 1
