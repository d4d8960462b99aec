"""The training form: what its sections hold, what a preset changes, and what is told before a run."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.showcase import Showcase

pytestmark = pytest.mark.browser
SOON = 60_000


def test_closed_sections_say_what_stands_in_them(page: Page, showcase: Showcase) -> None:
    page.goto(f"/modules/rdf/train?dataset={showcase.dataset}")
    resample = page.locator("[data-steps] .step", has_text="Resample").locator("[data-summary]")
    expect(resample).to_contain_text("From 6519 Å, To 6732 Å, Points 140")
    expect(resample).not_to_contain_text("Spacing")  # it has no value
    advanced = page.locator("[data-fields=parameters] details > summary")
    expect(advanced).not_to_contain_text("Seed")
    advanced.click()
    page.get_by_label("Seed", exact=True).fill("7")
    advanced.click()
    expect(advanced).to_contain_text("Seed 7")
    page.get_by_text("Retry policy").click()
    page.locator("#retry").fill("node_failure:2")
    expect(page.locator("summary", has_text="Retry policy")).to_contain_text("node_failure:2")


def test_a_preset_sets_its_steps_where_they_make_sense_and_keeps_the_others(
    page: Page, showcase: Showcase
) -> None:
    page.goto(f"/modules/rdf/train?dataset={showcase.dataset}")
    steps = page.locator("[data-steps] .step strong")
    expect(steps).to_have_text(["Cut-out", "Resample", "Scale"])
    page.get_by_label("Preset").select_option("continuum")
    expect(steps).to_have_text(["Continuum", "Cut-out", "Resample", "Scale"])
    page.get_by_label("Preset").select_option("halpha")
    expect(steps).to_have_text(["Continuum", "Resample", "Scale"])  # the range stands in one step
    expect(page.locator("#preset-help")).to_contain_text("Hα window")
    expect(page.locator("#preview [data-status]")).to_contain_text("all usable", timeout=SOON)
    page.get_by_label("Preset").select_option("blue")
    resample = page.locator("[data-steps] .step", has_text="Resample").locator("[data-summary]")
    expect(resample).to_contain_text("From 3900 Å, To 4900 Å, Points 500")
    expect(page.locator("#as-command code")).to_contain_text('"minimum":3900')


def test_labels_that_are_no_numbers_and_excluded_classes_are_told_in_the_form(
    page: Page, showcase: Showcase
) -> None:
    page.goto(f"/modules/rdf/train?dataset={showcase.dataset}")
    choices = page.locator("#classes input")
    expect(choices.first).to_be_checked(timeout=SOON)
    page.get_by_label("Task", exact=True).select_option("regression")
    told = page.locator("[data-parameter]", has=page.locator("#p-task")).locator(".field-error")
    expect(told).to_contain_text("labels must be numbers", timeout=SOON)
    expect(page.locator("#preview [data-status]")).to_contain_text("usable", timeout=SOON)
    expect(told).to_contain_text("labels must be numbers")  # the preview reads the form and leaves it
    page.get_by_label("Task", exact=True).select_option("classification")
    expect(told).to_be_empty()
    name = choices.first.get_attribute("value")
    choices.first.uncheck()
    expect(page.locator("#as-command code")).to_contain_text("--exclude")
    with page.expect_response("**/modules/rdf/check") as checked:
        choices.nth(1).uncheck()
    body = checked.value.request.post_data_json
    assert body is not None
    assert body["excluded"][0] == name
    for box in choices.all():
        box.uncheck()
    expect(page.locator("[data-error=excluded]")).to_contain_text("No spectrum is left", timeout=SOON)


def test_a_dataset_on_a_phone_has_two_lines_for_a_spectrum(page: Page, showcase: Showcase) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"/data/{showcase.dataset}")
    rows = page.locator("#spectra tbody tr")
    expect(rows.first).to_be_visible()
    heights = [row.evaluate("(row) => row.offsetHeight") for row in rows.all()[:10]]
    assert max(heights) <= 110
    expect(rows.first).to_contain_text("Å")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
