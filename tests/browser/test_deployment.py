"""In a real browser: a deployment's page, with each of its tabs, its plots, and a start from zero."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from dashboard.auth.identity import OWNER
from tests.browser.pages import drawn
from tests.browser.showcase import PATIENCE_S, Showcase
from tests.browser.test_accessible import assert_accessible

pytestmark = pytest.mark.browser
SOON = 60_000  # ms that a busy machine may take for what a person waits for
BUSY, SLEEPING = "busy-stars", "sleeping-stars"
TABS = ("Usage", "Asynchronous", "Versions", "Replicas", "Tokens", "Settings")


@pytest.fixture(scope="module")
def deployed(showcase: Showcase) -> Iterator[None]:
    """Deploy two: one with a canary, a token and calls; and one that is scaled to zero."""
    platform = showcase.platform
    assert platform
    deployments = platform.deployments

    async def put() -> None:
        model = await platform.models.of_job(showcase.jobs["forest"].id)
        assert model
        intent = {"model": model.id, "node": "local"}
        await deployments.create({**intent, "name": BUSY})
        soon = {"minimum": 0, "idle_s": 3, "stabilisation_s": 0}  # long enough to be seen ready
        await deployments.create({**intent, "name": SLEEPING, "scaling": soon})
        await deployments.versions.add(BUSY, {"model": model.id, "share": 20})
        await deployments.tokens.make(
            BUSY, {"title": "the pipeline", "days": 90, "rate": 600, "quota": 10_000}
        )
        async with asyncio.timeout(PATIENCE_S):
            while [one["state"] for one in deployments.get(BUSY)["replicas"]] != ["ready", "ready"]:
                await asyncio.sleep(0.05)
            while deployments.get(SLEEPING)["state"] != "scaled_to_zero":
                await asyncio.sleep(0.05)

    showcase.do(put())
    for spectrum in spectra(showcase)[:10]:
        assert ask(showcase, BUSY, spectrum).ok
    assert ask(showcase, BUSY, showcase.home / "huggins.sqlite").status_code == 422
    yield
    for name in (BUSY, SLEEPING):
        showcase.do(deployments.delete(name))


def spectra(showcase: Showcase) -> list[Path]:
    return sorted((showcase.home.parent / "spectra").glob("synthetic-*.fits"))


def ask(showcase: Showcase, name: str, file: Path) -> requests.Response:
    with file.open("rb") as stream, requests.Session() as session:
        session.trust_env = False
        return session.post(f"{showcase.address}/predict/{name}", files={"data": stream}, timeout=PATIENCE_S)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_any_tab(
    browser: Browser, signed_in: dict[str, object], showcase: Showcase, deployed: None, scheme: str
) -> None:
    context = browser.new_context(
        storage_state=signed_in,
        color_scheme=scheme,
        viewport={"width": 1280 if scheme == "light" else 360, "height": 900},
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(f"{showcase.address}/deployments/{BUSY}")
    details = page.get_by_role("tablist", name="Details")
    assert tuple(details.get_by_role("tab").all_inner_texts()) == TABS
    ways = page.get_by_role("tablist", name="Clients").get_by_role("tab").all_inner_texts()
    assert ways == ["curl", "Command line", "Python", "Python, with requests", "JavaScript"]
    for tab in (*ways, *TABS):
        page.get_by_role("tab", name=tab, exact=True).click()
        drawn(page)
        assert_accessible(page)
    context.close()


def test_calls_and_latencies_are_drawn_and_counted(page: Page, deployed: None) -> None:
    page.goto(f"/deployments/{BUSY}#deployment-tabs-usage")
    for hours in ("24", "1", "168"):  # drawn anew each time, in the same place
        with page.expect_response(re.compile(rf"/usage\?hours={hours}$")):
            page.get_by_label("Period").select_option(hours)
        for plot, lines in (("usage-rate", ["requests", "spectra", "errors"]), ("usage-latency", ["median"])):
            frame = page.locator(f"#{plot}")
            frame.scroll_into_view_if_needed()
            for line in lines:
                expect(frame.locator(".legendtext", has_text=line).first).to_be_visible(timeout=SOON)
        expect(page.locator("#usage-latency .points path").first).to_be_visible(timeout=SOON)
    expect(page.locator("[data-figures]")).to_contain_text(re.compile(r"requests\s*11"))
    table = page.get_by_role("region", name="Usage by version and token")
    expect(table).to_contain_text("version 1")
    expect(table).to_contain_text("no token")


def test_a_call_to_a_deployment_at_zero_is_seen_to_start_it(
    page: Page, showcase: Showcase, deployed: None
) -> None:
    page.goto(f"/deployments/{SLEEPING}")
    expect(page.locator("#deployment-head")).to_contain_text("The next request starts a replica")
    answers: list[int] = []
    first = spectra(showcase)[0]
    caller = threading.Thread(target=lambda: answers.append(ask(showcase, SLEEPING, first).status_code))
    caller.start()
    expect(page.locator("#deployment-head [data-phase=starting]")).to_be_visible(timeout=SOON)
    expect(page.locator("#deployment-head")).to_contain_text(
        re.compile("(1 request waits|requests wait) for")
    )
    expect(page.locator("#deployment-head [data-phase=deployed]")).to_be_visible(timeout=SOON)
    caller.join(PATIENCE_S)
    assert answers == [200]


def test_a_model_is_deployed_for_a_project(page: Page, showcase: Showcase) -> None:
    platform = showcase.platform
    assert platform
    model = showcase.do(platform.models.of_job(showcase.jobs["forest"].id))
    assert model
    page.goto("/projects")
    page.get_by_label("Name", exact=True).fill("south")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url("**/projects/south")
    try:
        page.goto(f"/models/{model.id}")
        page.get_by_role("button", name="Deploy").click()
        dialog = page.get_by_role("dialog", name=re.compile("^Deploy "))
        dialog.get_by_label("Name", exact=True).fill("for-the-south")
        dialog.get_by_label("Project", exact=True).select_option("south")
        dialog.get_by_role("button", name="Deploy").click()
        page.wait_for_url("**/deployments/for-the-south")
        made = platform.deployments.get("for-the-south")
        assert (made["visibility"], made["project"]) == ("project", "south")
        showcase.do(platform.deployments.delete("for-the-south"))
    finally:
        showcase.do(platform.projects.delete("south", OWNER))
