"""Lists and datasets: many at once, filters that are kept, classes by CSV, plots as files."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dashboard.auth.identity import OWNER
from dashboard.jobs.job import Job
from dashboard.jobs.request import JobRequest
from spectra.synthetic import write_folder
from tests.browser.showcase import Showcase
from tests.folder_upload import upload_folder

pytestmark = pytest.mark.browser
SOON = 60_000


def submitted(showcase: Showcase, label: str) -> Job:
    assert showcase.platform
    intent = JobRequest("rdf", showcase.dataset, {"trees": 5000, "folds": 5}, label=label)
    return showcase.do(showcase.platform.submit(intent, OWNER))


def test_many_jobs_are_aborted_and_deleted_at_once(page: Page, showcase: Showcase) -> None:
    jobs = [submitted(showcase, f"bulk {number}") for number in range(2)]
    page.goto("/jobs?q=bulk")
    rows = page.locator("#jobs-table tbody tr")
    expect(rows).to_have_count(2)
    expect(page.locator("[data-bulk=jobs-table]")).to_be_hidden()
    page.get_by_label("Select all").check()
    expect(page.locator("[data-bulk=jobs-table]")).to_contain_text("2 selected")
    page.get_by_role("button", name="Abort", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Abort").click()
    expect(page.locator("#jobs-table [data-phase=ABORTED]")).to_have_count(2, timeout=2 * SOON)
    page.get_by_label("Select all").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="No job matches")).to_be_visible(timeout=SOON)
    assert all(page.request.get(f"/jobs/{job.id}").status == 404 for job in jobs)


def test_a_filter_is_kept_in_the_browser_until_it_is_forgotten(page: Page, showcase: Showcase) -> None:
    page.goto("/jobs?phase=ERROR")
    page.get_by_role("button", name="Save this filter").click()
    page.goto("/jobs")
    kept = page.get_by_role("navigation", name="Saved filters")
    kept.get_by_role("link", name="error").click()
    expect(page).to_have_url(re.compile(r"phase=ERROR"))
    expect(page.locator("#jobs-table tbody tr")).to_have_count(1)
    kept.get_by_role("button", name="Delete the filter error").click()
    page.goto("/jobs")
    expect(kept).to_be_hidden()


def test_a_run_tells_what_differs_from_its_parent(page: Page, showcase: Showcase) -> None:
    page.goto(f"/jobs/{showcase.jobs['again'].id}#job-parameters")
    row = page.locator("#parameters tbody tr").first
    expect(row).to_contain_text("trees")
    expect(row).to_contain_text("differs")
    expect(page.get_by_role("tabpanel")).not_to_contain_text("Other differences")


def test_spectra_are_carried_from_the_market_into_the_form(page: Page, showcase: Showcase) -> None:
    page.goto(f"/data/{showcase.dataset}")
    page.get_by_role("link", name="Train on these").click()
    page.get_by_label("Search methods").fill("plane")
    expect(page.locator("article")).to_have_count(1)
    page.get_by_role("link", name="Self-organising map", exact=True).click()
    page.get_by_role("link", name="Train on Synthetic Hα profiles").click()
    expect(page.get_by_label("Dataset")).to_have_value(showcase.dataset)


def test_classes_come_by_csv_and_names_that_are_nowhere_are_named(
    context: BrowserContext, showcase: Showcase, tmp_path: Path
) -> None:
    page = context.new_page()  # its console tells of the rejection, as it should
    write_folder(tmp_path / "unnamed", 2, seed=5)
    (tmp_path / "unnamed" / "labels.csv").unlink(missing_ok=True)
    assert showcase.platform
    data = showcase.platform.data
    made = showcase.do(upload_folder(data, tmp_path / "unnamed", "to be labelled", OWNER))
    showcase.do(data.settled(made.id))
    names = [path.stem for path in sorted((tmp_path / "unnamed").glob("*.fits"))]
    table = tmp_path / "classes.csv"
    table.write_text(f"name,class\n{names[0]},early\n{names[1]},late\nnobody,late\n")
    page.goto(f"/data/{made.id}")
    page.get_by_text("Upload labels (CSV)").click()
    page.get_by_label("CSV file").set_input_files(table)
    reject_missing(page)
    page.get_by_label("Apply matching rows").check()
    page.get_by_role("button", name="Apply labels").click()
    expect(page.locator("#toasts")).to_contain_text("2 spectra changed; 1 names match no spectrum")
    expect(page.locator("#dataset-head")).to_contain_text("early 1")
    expect(page.locator("#dataset-head")).to_contain_text("late 1")


def reject_missing(page: Page) -> None:
    with page.expect_response(re.compile(r"/labels(\?.*)?$")) as answer:
        page.get_by_role("button", name="Apply labels").click()
    assert answer.value.status == 422
    expect(page.locator("#labels-form [data-errors]")).to_contain_text("nobody")
    expect(page.locator("#dataset-head")).not_to_contain_text("early")


def test_a_plot_is_saved_as_a_table_of_what_it_shows(page: Page, showcase: Showcase) -> None:
    page.goto(f"/data/{showcase.dataset}/spectra/3")
    expect(page.locator("#spectrum-plot .main-svg").first).to_be_visible(timeout=SOON)
    page.get_by_label("Horizontal axis").select_option("nanometre")
    with page.expect_download() as download:
        page.get_by_label("Save the plot").select_option("csv")
    lines = list(csv.reader(Path(download.value.path()).read_text().splitlines()))
    curve = page.request.get(
        f"/data/{showcase.dataset}/spectra/3", headers={"Accept": "application/json"}
    ).json()
    assert lines[0] == ["name", "label", "wavelength_nm", "flux"]
    assert {line[0] for line in lines[1:]} == {curve["spectrum"]["name"]}
    assert [float(line[2]) for line in lines[1:]] == pytest.approx([x / 10 for x in curve["curve"]["x"]])
    assert [float(line[3]) for line in lines[1:]] == pytest.approx(curve["curve"]["flux"])


def test_wild_pixels_do_not_decide_the_first_range_but_lines_do(page: Page) -> None:
    page.goto("/data")
    low, high = page.evaluate(
        """async () => {
          const { src } = document.querySelector("script[src*='js/page.js']");
          const { firstRange } = await import(src.replace("page.js", "range.js"));
          const flux = Array.from({ length: 4000 }, (_, at) => Math.sin(at / 40));
          for (const [at, value] of [[5, 900], [90, -700], [2000, null]]) flux[at] = value;
          for (let at = 3000; at < 3008; at += 1) flux[at] = 12; // a line, not noise
          return firstRange([flux]);
        }"""
    )
    assert -1.9 < low < -1
    assert 12 < high < 13
