"""Two people in two browsers train on one dataset in containers; a manager sees both, one account ends."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from dashboard.auth.identity import OWNER, Role
from dashboard.cli.server import Serving, serving
from dashboard.settings import JobsSettings, ModulesSettings, NodeSettings, ServerSettings, Settings
from spectra.synthetic import write_folder
from tests.folder_upload import upload_folder
from tests.integration.images import catalog_of

pytestmark = [pytest.mark.browser, pytest.mark.docker]
SOON = 120_000  # ms; containers start on a busy machine
ROLES = {"eva": Role.USER, "adam": Role.USER, "boss": Role.MANAGER, "irene": Role.ADMIN}


async def opened(chromium: Browser, served: Serving, name: str) -> Page:
    """Return a page of somebody's own browser, signed in."""
    context = await chromium.new_context(base_url=served.connection.address, reduced_motion="reduce")
    context.set_default_timeout(SOON)
    page = await context.new_page()
    identity = await served.platform.accounts.identity(name)
    await page.goto(f"/enter?token={await served.platform.sessions.one_time_link(identity)}")
    await page.wait_for_url(f"{served.connection.address}/")
    return page


async def shared_by(page: Page, dataset: str) -> None:
    """Share a dataset with a new project, whose member adam becomes."""
    await page.goto("/projects")
    await page.get_by_label("Name", exact=True).fill("north")
    await page.get_by_role("button", name="Create").click()
    await page.wait_for_url("**/projects/north")
    await page.get_by_label("Name of the account").fill("adam")
    await page.get_by_role("button", name="Add").click()
    await expect(page.locator("#members-table")).to_contain_text("adam")
    await page.goto(f"/data/{dataset}")
    await page.wait_for_load_state()
    await page.get_by_role("button", name="Share").click()
    await page.get_by_label("Visible to").select_option("project")
    await page.get_by_label("Project").select_option("north")
    async with page.expect_event("load"):  # the page is drawn anew when it is shared
        await page.get_by_role("button", name="Save").click()


async def trained_by(page: Page, dataset: str, label: str, trees: int) -> str:
    """Send the form of a training; return the id of the job."""
    await page.goto(f"/modules/rdf/train?dataset={dataset}")
    await expect(page.locator("#preview .main-svg").first).to_be_visible(timeout=SOON)
    await page.get_by_label("Trees", exact=True).fill(str(trees))
    await page.get_by_label("Label", exact=True).fill(label)
    await page.get_by_role("button", name="Train", exact=True).click()
    await page.wait_for_url(re.compile(r"/jobs/[0-9a-z]+$"), timeout=SOON)
    return page.url.rpartition("/")[2]


async def test_two_train_on_one_dataset_one_aborts_and_one_account_ends(
    module_images: str, chromium: Browser, tmp_path: Path
) -> None:
    write_folder(tmp_path / "stars", 60)
    settings = Settings(
        home=tmp_path / "home",
        server=ServerSettings(port=0),
        modules=ModulesSettings(folder=catalog_of(tmp_path / "modules", "rdf"), image=module_images),
        jobs=JobsSettings(poll_seconds=0.2, memory_mb=1024),
        nodes={"local": NodeSettings(kind="docker", cpus=4)},
    )
    async with serving(settings) as served:
        accounts = served.platform.accounts
        for name, role in ROLES.items():
            await accounts.create(name, OWNER, roles=[role])
            await accounts.activate(name)
        identity = await accounts.identity("eva")
        made = await upload_folder(
            served.platform.data, tmp_path / "stars", "Hot stars", identity, synthetic=True
        )
        dataset = (await served.platform.data.settled(made.id)).id
        eva, adam, boss, irene = [await opened(chromium, served, name) for name in ROLES]
        assert (await adam.goto(f"/data/{dataset}")).status == 404  # type: ignore[union-attr]
        await shared_by(eva, dataset)

        long = await trained_by(adam, dataset, "a long forest", 2000)
        short = await trained_by(eva, dataset, "a short forest", 20)
        assert (await eva.goto(f"/jobs/{long}")).status == 404  # type: ignore[union-attr]
        await boss.goto("/administration/running")
        await expect(boss.locator("#running-jobs")).to_contain_text("a long forest")
        await expect(boss.locator("#running-jobs")).to_contain_text("adam")
        await boss.goto("/administration/running?state=all")
        for label, owner in (("a long forest", "adam"), ("a short forest", "eva")):
            row = boss.locator("#running-table tr", has_text=label)
            await expect(row).to_contain_text(owner)
            await expect(row).to_contain_text("rdf")
        assert (await boss.goto(f"/jobs/{long}")).status == 404  # type: ignore[union-attr]
        await boss.goto("/administration/running")
        await boss.get_by_role("link", name="a long forest").click()
        await expect(boss.get_by_role("heading", level=1)).to_have_text("a long forest")
        await expect(boss.locator("#job-status")).to_contain_text("adam")
        assert await boss.get_by_role("button", name="Abort").count() == 0

        await adam.get_by_role("button", name="Abort").click()
        await adam.get_by_role("dialog").get_by_role("button", name="Abort").click()
        await expect(adam.locator("#job-head")).to_contain_text("aborted", timeout=SOON)
        await eva.goto(f"/jobs/{short}")
        await expect(eva.locator("#job-head")).to_contain_text("completed", timeout=2 * SOON)

        await irene.goto("/people/adam")
        await irene.get_by_role("button", name="Delete", exact=True).click()
        await irene.get_by_label("goes to the person or project below").check()
        await irene.get_by_label("New owner").fill("eva")
        await irene.get_by_role("button", name="Delete the account").click()
        await irene.wait_for_url("**/people")
        await adam.goto("/jobs")
        await expect(adam.get_by_role("heading", level=1)).to_have_text("Sign in first")
        await eva.goto(f"/jobs/{long}")
        await expect(eva.locator("#job-head")).to_contain_text("aborted")
