"""Sessions by their forms: parameters field by field, settings that change, queues that a job orders."""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.showcase import Showcase
from tests.browser.test_accessible import assert_accessible

SHOTS = os.environ.get("HUGGINS_SHOTS", "")


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def test_a_session_is_made_and_changed_field_by_field(page: Page, showcase: Showcase) -> None:
    page.goto(f"/learning?dataset={showcase.dataset}#new")
    form = page.locator("form[data-session-form]")
    form.get_by_label("Name", exact=True).fill("Be stars")
    form.get_by_label("Classes", exact=True).fill("absorption, emission, double peak")
    form.get_by_label("Targets", exact=True).fill("double peak")
    form.get_by_label("Batch", exact=True).fill("9")
    trees = form.locator('[id="p-rdf-trees"]')
    trees.fill("0")
    form.get_by_role("button", name="Create").click()
    expect(form.locator('[data-parameter*="trees"] .field-error').first).to_contain_text("At least 1")
    shot(page, "learning-form")
    assert_accessible(page)
    trees.fill("40")
    form.get_by_label("Begin the next round").uncheck()
    form.get_by_role("button", name="Create").click()
    page.wait_for_url(re.compile(r"/learning/\w{14}$"))
    expect(page.get_by_text("trees = 40")).to_be_visible()
    change = page.locator("#change")
    change.get_by_label("Batch", exact=True).fill("12")
    change.get_by_label("Strategy").select_option("diverse")
    change.locator("summary").first.click()
    change.locator('[id="change-p-rdf-trees"]').fill("55")
    shot(page, "learning-change")
    change.get_by_role("button", name="Change", exact=True).click()
    expect(page.get_by_text("trees = 55")).to_be_visible()
    settings = page.request.get(f"{page.url.partition('#')[0]}?format=json").json()["session"]["settings"]
    assert (settings["parameters"], settings["batch"]) == ({"trees": 55}, 12)
    assert (settings["strategy"], settings["automatic"]) == ("diverse", False)
    page.request.post(f"{page.url.partition('#')[0]}/close", data={})


def test_a_dataset_is_labelled_cell_by_cell_of_a_map(page: Page, showcase: Showcase) -> None:
    page.goto("/label-sets")
    new = page.locator("form[data-json-form]")
    new.get_by_label("Name", exact=True).fill("in order")
    new.get_by_label("Dataset").select_option(showcase.dataset)
    new.get_by_label("Classes", exact=True).fill("absorption, emission")
    new.get_by_role("button").last.click()
    page.wait_for_url(re.compile(r"/label-sets/\w{14}$"))
    form = page.locator("form[data-address]")
    form.get_by_label("Job", exact=True).select_option(showcase.jobs["map"].id)
    expect(form.get_by_label("Job of the other model")).to_be_hidden()
    shot(page, "label-set")
    assert_accessible(page)
    form.get_by_role("button", name="Label").click()
    page.wait_for_url("**/queues/*")
    expect(page.locator('[data-label="progress"]')).to_have_text("0 of 180")
    shot(page, "label")


def test_more_like_one_are_labelled_from_the_panel_of_a_report(page: Page, showcase: Showcase) -> None:
    view = f"/jobs/{showcase.jobs['forest'].id}"
    page.goto(view)
    page.locator("[data-plot] table button").first.click()
    panel = page.locator("#spectra-panel")
    panel.locator(".spectra-list button").first.click()
    panel.get_by_role("button", name="Label more like this").click()
    page.wait_for_url("**/queues/*")
    expect(page.locator('[data-label="progress"]')).to_have_text("0 of 50")
