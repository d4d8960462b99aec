"""What a visitor without a session, a publisher and a caller are told is so, and leads on."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from dashboard.auth.identity import OWNER
from dashboard.jobs.request import JobRequest
from spectra.synthetic import write_folder
from tests.browser.showcase import Showcase
from tests.folder_upload import upload_folder

pytestmark = pytest.mark.browser
SOON = 60_000


@pytest.fixture
def stranger(browser: Browser, showcase: Showcase) -> Iterator[Page]:
    """Open a page of a browser that never signed in."""
    context = browser.new_context(base_url=showcase.address, reduced_motion="reduce")
    context.set_default_timeout(SOON)
    yield context.new_page()
    context.close()


def test_a_second_browser_signs_in_by_the_link_that_its_sign_in_page_names(
    stranger: Page, showcase: Showcase
) -> None:
    stranger.goto("/jobs")
    expect(stranger.locator("main")).to_contain_text("huggins link")
    expect(stranger.locator("main")).not_to_contain_text("--link")
    expect(stranger.locator("main")).not_to_contain_text("`")
    stranger.goto(showcase.link())  # what the command prints; the platform was not started anew
    stranger.wait_for_url(f"{showcase.address}/")
    stranger.goto("/jobs")
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Jobs")


def test_a_public_deployment_has_a_page_and_an_address_that_leads_there(
    stranger: Page, page: Page, showcase: Showcase
) -> None:
    body = {"name": "open", "job": showcase.jobs["forest"].id, "access": "public"}
    assert page.request.post("/deployments", data=body).status == 201
    stranger.goto("/predict/open")
    expect(stranger.locator("main")).to_contain_text("Programs send spectra here by POST")
    stranger.get_by_role("link", name="Open the page of open").click()
    expect(stranger.get_by_role("heading", level=1)).to_have_text("open")
    expect(stranger.locator("#choose-spectrum")).to_be_attached()
    expect(stranger.locator("main")).to_contain_text("/predict/open")
    page.request.delete("/deployments/open")


def test_no_link_of_a_page_is_dead(page: Page, showcase: Showcase) -> None:
    model = page.request.get("/models?format=json").json()["models"][0]["id"]
    paths = ["/", "/modules/rdf", "/data", f"/data/{showcase.dataset}", "/jobs", "/models", "/nodes/local"]
    tried: set[str] = set()
    for path in [*paths, f"/jobs/{showcase.jobs['map'].id}", f"/models/{model}", "/settings"]:
        page.goto(path)
        links = page.evaluate(
            "[...document.links].filter((a) => a.origin === location.origin).map((a) => a.href)"
        )
        empty = page.evaluate(
            "[...document.querySelectorAll('.crumbs a')].filter((a) => !a.text.trim()).length"
        )
        assert empty == 0, path
        for link in {one.partition("#")[0] for one in links} - tried:
            tried.add(link)
            assert page.request.get(link, headers={"Range": "bytes=0-0"}).status < 400, f"{link} on {path}"
    assert page.request.get("/favicon.ico").status == 200


def test_snippets_of_a_module_need_nothing_that_no_snippet_makes(page: Page) -> None:
    page.goto("/modules/rdf")
    page.get_by_role("tab", name="Run locally").click()
    codes = page.get_by_role("tabpanel").locator("pre code").all_text_contents()
    makes = next(at for at, text in enumerate(codes) if "job/job.json" in text)
    runs = next(at for at, text in enumerate(codes) if "deepaas_plugins.batch" in text)
    assert makes < runs
    assert not [text for text in codes if "/predict/rdf" in text]  # nothing of this module is deployed


def test_a_copy_button_copies_the_whole_snippet(context: BrowserContext, page: Page) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/modules/rdf")
    page.get_by_role("tab", name="Run locally").click()
    snippet = page.locator(".code:visible", has_text='"').first
    text = snippet.locator("code").text_content()
    snippet.locator("[data-copy]").click()
    expect(page.locator("#toasts")).to_contain_text("opied")
    assert page.evaluate("navigator.clipboard.readText()") == text


def test_a_mended_module_is_seen_by_the_next_visit(page: Page, showcase: Showcase) -> None:
    file = showcase.modules / "som" / "module.yaml"
    before = file.read_text()
    file.write_text(before.replace("Self-organising map", "Kohonen's map"))
    heading = page.get_by_role("heading", level=1)
    try:
        page.goto("/modules/som")
        for _ in range(40):  # the folder is looked at every two seconds
            if heading.text_content() == "Kohonen's map":
                break
            page.wait_for_timeout(250)
            page.reload()
        expect(heading).to_have_text("Kohonen's map")
    finally:
        file.write_text(before)


def test_a_job_says_where_it_ran_and_which_limit_ended_it(page: Page, showcase: Showcase) -> None:
    assert showcase.platform
    wanted = JobRequest(
        "rdf", showcase.dataset, {"trees": 10_000}, label="limited", resources={"walltime_s": 1}
    )
    job = showcase.do(showcase.platform.submit(wanted, OWNER))
    page.goto(f"/jobs/{job.id}")
    expect(page.locator("#job-head")).to_contain_text("ran longer than its limit of 1 s", timeout=SOON)
    page.goto("/jobs?q=limited")
    expect(page.locator("#jobs-table tbody [data-title=Node]")).to_have_text(re.compile("local|cluster"))
    page.request.delete(f"/jobs/{job.id}")


def test_labels_come_from_a_chosen_column_or_header_and_those_without_are_counted(
    page: Page, showcase: Showcase, tmp_path: Path
) -> None:
    folder = tmp_path / "stars"
    write_folder(folder, 4, seed=11)
    (folder / "labels.csv").unlink()
    assert showcase.platform
    data = showcase.platform.data
    made = showcase.do(upload_folder(data, folder, "columns", OWNER))
    showcase.do(data.settled(made.id))
    names = sorted(path.stem for path in folder.glob("*.fits"))
    table = tmp_path / "catalogue.csv"
    with table.open("w", newline="") as file:
        rows = [[name, "STAR", kind] for name, kind in zip(names[:3], ("A0", "A0", "K5"), strict=True)]
        csv.writer(file).writerows([["name", "CLASS", "SUBCLASS"], *rows])
    page.goto(f"/data/{made.id}")
    form = page.locator("#labels-form")
    page.get_by_text("Upload labels (CSV)").click()
    form.get_by_label("CSV file").set_input_files(table)
    counted = form.locator("[data-counts] li")
    expect(counted).to_have_text(["STAR3"])
    form.get_by_label("Column with the class").select_option("SUBCLASS")
    expect(counted).to_have_text(["A02", "K51"])
    form.get_by_role("button", name="Apply labels").click()
    head = page.locator("#dataset-head")
    expect(head).to_contain_text("A0 2")
    expect(head.get_by_role("link", name=re.compile("no class"))).to_have_text("no class 1")
    page.reload()
    page.get_by_text("Upload labels (CSV)").click()
    form.get_by_label("Or keyword of the FITS headers").fill("OBJECT")
    form.get_by_role("button", name="Apply labels").click()
    expect(head).not_to_contain_text("no class")
    expect(head).not_to_contain_text("A0 2")


def test_counts_are_no_metrics_of_a_model_and_facts_are_short_to_read(page: Page, showcase: Showcase) -> None:
    model = page.request.get("/models?format=json").json()["models"][0]["id"]
    page.goto(f"/models/{model}")
    expect(page.locator(".figures").first).to_be_visible()
    expect(page.locator(".figures").first).not_to_contain_text("spectra prepared")
    page.goto(f"/data/{showcase.dataset}/spectra/0")
    heights = [fact.evaluate("(fact) => fact.offsetHeight") for fact in page.locator(".facts dd").all()]
    assert heights
    assert max(heights) <= 75  # three lines


def test_resources_begin_at_what_the_form_says_is_the_least(page: Page, showcase: Showcase) -> None:
    page.goto(f"/modules/rdf/train?dataset={showcase.dataset}")
    field = page.locator("#r-cpus")
    told = page.locator("[data-parameter]", has=field)
    least = float(json.loads(told.get_attribute("data-parameter") or "")["minimum"])
    assert float(field.input_value()) >= least
    expect(told.locator(".field-help")).to_contain_text(f"At least {least:g}")
    field.fill(f"{least:g}")
    expect(page.locator("#as-command code")).to_contain_text(f"--cpus {least:g}")
    expect(told.locator(".field-error")).to_be_empty()
