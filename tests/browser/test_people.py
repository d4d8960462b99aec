"""Two people in two browsers: an invitation, signing in, sharing with a project, and being disabled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from dashboard.auth.identity import OWNER
from spectra.synthetic import write_folder
from tests.browser.showcase import Showcase, build
from tests.folder_upload import upload_folder

pytestmark = pytest.mark.browser
SOON = 60_000
PHRASE = "three dim stars over brno"


@pytest.fixture(scope="module")
def observatory(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Showcase]:
    """Run a platform of its own: with accounts, nodes without isolation take nothing."""
    folder = tmp_path_factory.mktemp("observatory")
    made = build(folder)
    made.start()
    write_folder(folder / "spectra", 12)
    try:
        assert made.platform
        made.do(upload_folder(made.platform.data, folder / "spectra", "Hot stars", OWNER, synthetic=True))
        yield made
    finally:
        made.stop()


def _opened(browser: Browser, observatory: Showcase) -> BrowserContext:
    context = browser.new_context(base_url=observatory.address, reduced_motion="reduce")
    context.set_default_timeout(SOON)
    return context


@pytest.fixture
def owner(browser: Browser, observatory: Showcase) -> Iterator[Page]:
    context = _opened(browser, observatory)
    page = context.new_page()
    page.goto(observatory.link())
    page.wait_for_url(f"{observatory.address}/")
    yield page
    context.close()


@pytest.fixture
def other(browser: Browser, observatory: Showcase) -> Iterator[Page]:
    context = _opened(browser, observatory)
    yield context.new_page()
    context.close()


def test_an_account_is_made_used_shared_with_and_disabled(owner: Page, other: Page) -> None:
    # The administrator makes an account; the page shows its invitation once.
    owner.goto("/people")
    owner.get_by_label("Name", exact=True).fill("Eva")
    owner.get_by_label("Full name").fill("Eva Nováková")
    owner.get_by_role("button", name="Create and make an invitation").click()
    link = owner.get_by_role("region", name="The invitation").locator("code")
    expect(link).to_contain_text("/invitation?token=")
    address = link.inner_text()

    # Eva chooses a password; a weak one is said to be so, and the link stays good.
    other.goto(address)
    expect(other.get_by_role("heading", level=1)).to_have_text("Choose a password")
    other.get_by_label("New password").fill("password123")
    other.get_by_role("button", name="Save and sign in").click()
    expect(other.get_by_role("alert")).to_contain_text("common or leaked")
    other.get_by_label("New password").fill(PHRASE)
    other.get_by_role("button", name="Save and sign in").click()
    expect(other.get_by_role("link", name="Jobs")).to_be_visible()
    other.goto(address)
    expect(other.locator("main")).to_contain_text("used or is too old")

    # She sees nothing of the owner's until it is shared with a project of hers.
    other.goto("/data")
    expect(other.locator("main")).not_to_contain_text("Hot stars")
    expect(other.get_by_role("link", name="People")).to_have_count(0)
    owner.goto("/projects")
    owner.get_by_label("Name", exact=True).fill("north")
    owner.get_by_role("button", name="Create").click()
    owner.wait_for_url("**/projects/north")
    owner.get_by_label("Name of the account").fill("eva")
    owner.get_by_role("button", name="Add").click()
    expect(owner.locator("#members-table")).to_contain_text("eva")
    owner.goto("/data")
    owner.get_by_role("link", name="Hot stars").click()
    owner.wait_for_url("**/data/*")
    owner.wait_for_load_state()
    owner.get_by_role("button", name="Share").click()
    owner.get_by_label("Visible to").select_option("project")
    owner.get_by_label("Project").select_option("north")
    owner.get_by_role("button", name="Save").click()
    other.goto("/data")
    other.get_by_role("link", name="Hot stars").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Hot stars")
    expect(other.get_by_role("button", name="Delete")).to_have_count(0)
    expect(other.get_by_role("button", name="Share")).to_have_count(0)

    # Signed out she signs in again, to the page where she was.
    here = other.url
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("link", name="Sign in").first).to_be_visible()
    other.goto(here)
    other.get_by_role("link", name="Sign in").first.click()
    other.get_by_label("Name or e-mail address").fill("eva")
    other.get_by_label("Password").fill("wrong wrong wrong")
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("alert")).to_contain_text("wrong")
    other.get_by_label("Password").fill(PHRASE)
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Hot stars")

    # Disabled, she is out at once; the log has it all.
    owner.goto("/people/eva")
    owner.get_by_role("button", name="Disable").click()
    expect(owner.get_by_role("button", name="Enable")).to_be_visible()
    other.goto("/jobs")
    expect(other.get_by_role("heading", level=1)).to_have_text("Sign in first")
    owner.goto("/audit?user=eva")
    expect(owner.locator("#audit-table")).to_contain_text("signed in")


def test_a_token_of_the_settings_page_is_shown_once_and_works(owner: Page, observatory: Showcase) -> None:
    owner.goto("/settings")
    owner.get_by_label("What the token is for").fill("notebook")
    owner.get_by_role("button", name="Create a token").click()
    secret = owner.get_by_role("region", name="The secret").locator("code")
    expect(secret).to_contain_text("hgp_")
    token = secret.inner_text()
    expect(owner.locator("#api-token-table")).to_contain_text("notebook")
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    assert owner.request.get("/jobs", headers=headers).status == 200
    assert owner.request.post("/data", headers=headers, data={"name": "x"}).status == 403
    owner.reload()
    expect(owner.locator("main")).not_to_contain_text(token)


def test_a_second_factor_is_set_up_asked_for_and_switched_off(owner: Page, other: Page) -> None:
    owner.goto("/people")
    owner.get_by_label("Name", exact=True).fill("nora")
    owner.get_by_role("button", name="Create and make an invitation").click()
    other.goto(owner.get_by_role("region", name="The invitation").locator("code").inner_text())
    other.get_by_label("New password").fill(PHRASE)
    other.get_by_role("button", name="Save and sign in").click()
    other.goto("/settings")
    other.locator("#factor-password").fill("wrong wrong")
    other.get_by_role("button", name="Set up").click()
    expect(other.locator("#factor-begin").get_by_role("alert").last).to_contain_text("is wrong")
    other.locator("#factor-password").fill(PHRASE)
    other.get_by_role("button", name="Set up").click()
    expect(other.locator("#factor-confirm img")).to_have_attribute("src", re.compile("^data:image/svg"))
    app = pyotp.TOTP(other.locator("[data-app-secret]").inner_text())
    other.locator("#factor-first").fill(app.now())
    other.get_by_role("button", name="Switch on").click()
    codes = other.get_by_role("region", name="The recovery codes").inner_text().split()
    assert len(codes) == 10
    other.get_by_role("button", name="Sign out").click()
    other.goto("/sign-in")
    other.get_by_label("Name or e-mail address").fill("nora")
    other.get_by_label("Password").fill(PHRASE)
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Enter the code")
    other.get_by_label("Code").fill("000000")
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("alert")).to_contain_text("clock of your phone")
    assert [one["id"] for one in Axe().run(other).response["violations"]] == []
    other.get_by_label("Code").fill(codes[0])
    other.get_by_role("button", name="Sign in").click()
    other.goto("/settings")
    expect(other.locator("#password-card")).to_contain_text("9 recovery codes left")
    other.locator("#factor-code").fill(codes[1])
    other.get_by_role("button", name="Switch off").click()
    expect(other.get_by_role("button", name="Set up")).to_be_visible()


@pytest.mark.parametrize(
    "path",
    [
        *("/people", "/people/adam", "/projects", "/settings", "/audit", "/sign-in"),
        *("/register", "/forgotten-password", "/signed-out"),
    ],
)
@pytest.mark.parametrize("width", [390, 1440])
def test_the_pages_of_people_are_accessible_and_fit(
    owner: Page, observatory: Showcase, path: str, width: int
) -> None:
    assert observatory.platform
    accounts = observatory.platform.accounts
    if observatory.do(accounts.find("adam")) is None:
        observatory.do(
            accounts.create("adam", OWNER, title="Adam of a long name of an institute of astronomy")
        )
    owner.set_viewport_size({"width": width, "height": 900})
    owner.goto(path)
    found = Axe().run(owner)
    serious = [one["id"] for one in found.response["violations"] if one["impact"] in {"serious", "critical"}]
    assert serious == []
    assert owner.evaluate("document.documentElement.scrollWidth") <= width


def test_a_visitor_finds_the_market_and_the_way_in(other: Page, observatory: Showcase) -> None:
    assert observatory.platform
    if not observatory.do(observatory.platform.accounts.exist()):
        observatory.do(observatory.platform.accounts.create("vera", OWNER))
    other.goto("/")
    expect(other.get_by_role("heading", level=1)).to_have_text("Methods for spectra")
    expect(other.get_by_role("link", name="Nodes")).to_have_count(0)
    other.get_by_role("link", name="Random decision forest").first.click()
    expect(other.get_by_role("link", name="Sign in to train")).to_be_visible()
    other.goto("/nodes")
    expect(other.get_by_role("heading", level=1)).to_have_text("Sign in first")


def test_a_dataset_is_made_for_a_project(owner: Page, observatory: Showcase, tmp_path: Path) -> None:
    assert observatory.platform
    platform = observatory.platform
    # Other tests of this platform may have made projects of the owner before.
    known = observatory.do(platform.accounts.identity(OWNER.user)).projects
    owner.goto("/data")
    expect(owner.get_by_label("Project, whose members")).to_have_count(1 if known else 0)
    owner.goto("/projects")
    owner.get_by_label("Name", exact=True).fill("south")
    owner.get_by_role("button", name="Create").click()
    owner.wait_for_url("**/projects/south")
    owner.goto("/data")
    owner.get_by_label("Name", exact=True).fill("For the south")
    owner.get_by_label("Project, whose members").select_option("south")
    write_folder(tmp_path / "spectra", 3, seed=5)
    owner.locator("#choose-files").set_input_files(sorted((tmp_path / "spectra").rglob("*.fits")))
    owner.wait_for_url("**/data/*")
    [dataset] = observatory.do(platform.data.store.search(q="For the south", identity=OWNER)).items
    assert (dataset.visibility, dataset.project) == ("project", "south")
