"""Reports and forms show first what matters, explain their marks, and tell errors at their fields."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.auth.identity import OWNER
from dashboard.jobs.request import JobRequest
from spectra.synthetic import write_folder
from tests.browser.showcase import Showcase
from tests.conftest import ROOT
from tests.folder_upload import upload_folder

pytestmark = pytest.mark.browser
SOON = 60_000
HEADLINES = {"forest": "balanced accuracy", "map": "purity"}
SECOND = {"forest": "confusion-matrix", "map": "som-map"}


@pytest.mark.parametrize("name", HEADLINES)
def test_a_report_begins_with_its_headline_and_ends_with_what_was_rejected(
    page: Page, showcase: Showcase, name: str
) -> None:
    job = showcase.jobs[name].id
    page.goto(f"/jobs/{job}")
    expect(page.locator("#job-head .figure").first).to_contain_text(HEADLINES[name])
    listed = page.request.get(f"/jobs/{job}/views?format=json").json()["views"]
    kinds = {view["id"]: view["kind"] for view in listed}
    shown = [view.get_attribute("data-view") or "" for view in page.locator("[data-view]").all()]
    assert sorted(shown) == sorted(kinds)
    in_order = [kinds[view] for view in shown]
    assert in_order[0] == "metrics"
    assert in_order[in_order.count("metrics")] == SECOND[name]
    assert not [view for view in shown[:-1] if view.startswith("rejected")]


def test_spectra_without_a_label_are_white_circles_that_the_legend_explains(
    page: Page, showcase: Showcase, tmp_path: Path
) -> None:
    assert showcase.platform
    folder = tmp_path / "partly"
    write_folder(folder, 36, seed=12)
    with (folder / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (folder / "labels.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "name", "label", "group"])
        for at, row in enumerate(rows):
            writer.writerow([row["path"], row["name"], "" if at < 18 else row["label"], row["group"]])
    made = showcase.do(
        upload_folder(showcase.platform.data, folder, "partly labelled", OWNER, synthetic=True)
    )
    dataset = showcase.do(showcase.platform.data.settled(made.id)).id
    job = showcase.do(showcase.platform.submit(JobRequest("som", dataset, {"epochs": 5}), OWNER))
    page.goto(f"/jobs/{job.id}")
    board = page.locator(".map", has=page.locator(".cells")).first
    expect(board).to_contain_text("no label", timeout=SOON)
    expect(board.locator(".legend-none")).to_be_visible()


def test_a_parameter_out_of_its_range_is_told_at_its_field_and_leaves_the_preview(
    page: Page, showcase: Showcase
) -> None:
    page.goto(f"/modules/som/train?dataset={showcase.dataset}")
    field = page.get_by_label(re.compile("^Map height"))
    field.fill("500")
    field.blur()
    told = page.locator("[data-parameter]", has=field)
    expect(told.locator(".field-error")).to_contain_text("At most 200")
    preview = page.locator("#preview")
    expect(preview.locator("[data-status]")).to_contain_text("spectra of the dataset", timeout=SOON)
    expect(preview).not_to_contain_text("Correct the recipe")


def test_the_breadcrumb_of_a_spectrum_names_its_dataset(page: Page, showcase: Showcase) -> None:
    page.goto(f"/data/{showcase.dataset}/spectra/0")
    expect(page.locator(".crumbs a").last).to_have_text("Synthetic Hα profiles")
    page.locator(".crumbs a").last.click()
    expect(page).to_have_url(re.compile(f"/data/{showcase.dataset}$"))


def test_preprocessing_can_be_trained_from_its_page_and_its_snippets_print_no_classes(
    page: Page, showcase: Showcase
) -> None:
    folder = showcase.modules / "preprocessing"
    shutil.copytree(ROOT / "modules" / "preprocessing", folder)
    try:
        for _ in range(40):  # the folder is looked at every two seconds
            if page.request.get("/modules/preprocessing").status == 200:
                break
            page.wait_for_timeout(250)
        page.goto("/modules/preprocessing")
        expect(page.get_by_role("link", name="Train").first).to_have_attribute(
            "href", re.compile("/modules/preprocessing/train")
        )
        assert not [text for text in page.locator("pre code").all_text_contents() if "probabilities" in text]
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_of_a_plot_differ_in_colour(browser: Browser, showcase: Showcase, scheme: str) -> None:
    context = browser.new_context(base_url=showcase.address, color_scheme=scheme)
    page = context.new_page()
    page.goto("/jobs")  # the sign-in page has the same tokens
    colours = page.evaluate(
        """[1, 2, 3, 4, 5, 6, 7, 8].map((at) => {
             const probe = document.body.appendChild(document.createElement("i"));
             probe.style.color = `var(--series-${at})`;
             return getComputedStyle(probe).color.match(/\\d+/g).map(Number);
           })"""
    )
    context.close()
    for at, one in enumerate(colours):
        for other in colours[at + 1 :]:
            assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 > 40, (one, other)


def test_a_phone_shows_the_head_in_one_line_and_legends_below_the_axis(
    page: Page, showcase: Showcase
) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"/data/{showcase.dataset}")
    brand = page.locator(".top .brand").bounding_box()
    switch = page.locator("[data-theme-switch]").bounding_box()
    assert brand
    assert switch
    assert abs(brand["y"] + brand["height"] / 2 - switch["y"] - switch["height"] / 2) < 5
    plot = page.locator("#dataset-plot [data-plot]")
    expect(plot.locator(".legend").first).to_be_visible(timeout=SOON)
    title = plot.locator(".xtitle").bounding_box()
    legend = plot.locator(".legend").first.bounding_box()
    assert title
    assert legend
    assert legend["y"] >= title["y"] + title["height"] - 2
