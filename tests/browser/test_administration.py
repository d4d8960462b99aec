"""An administrator in a browser: limits, an announcement, maintenance; pages accessible and fitting."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.showcase import Showcase
from tests.browser.test_people import observatory, owner

__all__ = ["observatory", "owner"]
pytestmark = pytest.mark.browser


def test_limits_announcements_and_maintenance_are_set_and_shown(owner: Page) -> None:
    owner.goto("/administration/quotas")
    owner.get_by_role("button", name="Change the limits of owner").click()
    dialog = owner.get_by_role("dialog")
    dialog.get_by_label("Datasets").fill("lots")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("must be a number from 0")).to_be_visible()
    dialog.get_by_label("Datasets").fill("1")
    dialog.get_by_label("CPU-hours a month").fill("2")
    dialog.get_by_role("button", name="Save").click()
    expect(owner.locator("#people-table")).to_contain_text("of 2")
    owner.goto("/settings")
    expect(owner.locator("#own-use")).to_contain_text("1 of 1")

    # The form says before a run what it would need of what is left.
    owner.goto("/modules/rdf/train")
    dataset = owner.get_by_label("Dataset", exact=True)
    dataset.select_option(index=1)
    owner.locator("#r-walltime_s").fill("7200")
    owner.locator("#r-cpus").fill("2")
    expect(owner.locator("[data-quotas]")).to_contain_text("This would need 4 h of your 2 h left")

    owner.goto("/administration/announcements")
    owner.get_by_label("Text").fill("Disks <b>change</b> on Friday")
    owner.get_by_role("button", name="Announce").click()
    expect(owner.locator(".banner")).to_contain_text("Disks <b>change</b> on Friday")
    owner.get_by_role("button", name="Dismiss this announcement").click()
    expect(owner.locator(".banner")).to_have_count(0)
    owner.goto("/data")
    expect(owner.locator(".banner")).to_have_count(0)

    owner.goto("/administration")
    owner.get_by_label("What people are told").fill("New disks.")
    owner.get_by_role("button", name="Begin the maintenance").click()
    expect(owner.locator(".banner")).to_contain_text("Under maintenance. New disks.")
    owner.get_by_role("button", name="End the maintenance").click()
    expect(owner.get_by_role("button", name="Begin the maintenance")).to_be_visible()


@pytest.mark.parametrize("path", ["", "/quotas", "/running", "/storage", "/modules", "/announcements"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_pages_of_administration_are_accessible_and_fit(
    owner: Page, observatory: Showcase, path: str, width: int
) -> None:
    owner.set_viewport_size({"width": width, "height": 900})
    owner.goto(f"/administration{path}")
    assert owner.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(owner)
    serious = [one["id"] for one in found.response["violations"] if one["impact"] in {"serious", "critical"}]
    assert serious == []
