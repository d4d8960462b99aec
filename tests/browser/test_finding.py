"""Finding one's way: by the keyboard to anything, and in the guides."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.showcase import Showcase
from tests.browser.test_accessible import assert_accessible

pytestmark = pytest.mark.browser


def choose(page: Page, row: Locator) -> None:
    """Open a row of the palette with the arrows and Enter."""
    expect(row).to_be_visible()
    while row.get_attribute("aria-selected") != "true":
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def test_the_palette_leads_to_a_job_and_to_a_guide_by_keys_alone(page: Page, showcase: Showcase) -> None:
    job = showcase.jobs["forest"]
    page.goto("/")
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Search everything")
    expect(palette.get_by_role("option", name=re.compile("Jobs"))).to_be_visible()
    assert_accessible(page)
    page.keyboard.type(job.id)
    choose(page, palette.get_by_role("option", name=re.compile("^job")))
    page.wait_for_url(f"**/jobs/{job.id}")
    page.keyboard.press("Control+k")
    page.keyboard.type("without labels")
    choose(page, palette.get_by_role("option", name=re.compile("^guide")).first)
    page.wait_for_url("**/docs/**")


def test_escape_closes_the_palette_and_words_that_fit_nothing_search_the_guides(
    page: Page, showcase: Showcase
) -> None:
    page.goto("/jobs")
    page.get_by_role("button", name="Search everything").click()
    palette = page.get_by_role("dialog", name="Search everything")
    expect(palette).to_be_visible()
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("zzz nothing")
    expect(palette.get_by_role("status")).to_contain_text("Nothing fits")
    page.keyboard.press("Enter")
    page.wait_for_url("**/docs?q=zzz*")
    expect(page.get_by_role("heading", name="Nothing holds “zzz nothing”")).to_be_visible()


def test_a_guide_is_found_by_words_and_opened_at_the_section(page: Page, showcase: Showcase) -> None:
    page.goto("/jobs")
    page.keyboard.press("?")
    page.wait_for_url("**/docs/keyboard")
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Guides").click()
    page.get_by_role("searchbox").fill("login node password")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Reach the login node without a password").first.click()
    page.wait_for_url("**/docs/hpc#*")
    expect(page.get_by_role("heading", name="Reach the login node without a password")).to_be_in_viewport()
