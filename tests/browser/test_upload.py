"""Files come by mouse, singly and in folders; an upload goes on where it was left."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from dashboard.auth.identity import OWNER
from spectra.synthetic import write_folder
from tests.browser.dropping import drop
from tests.browser.showcase import Showcase

pytestmark = pytest.mark.browser
SOON = 60_000
DATASET = re.compile(r"/data/[0-9a-z]{10,}$")


def spectra(folder: Path, count: int) -> Path:
    write_folder(folder, count, seed=11)
    return folder


def read(page: Page, count: int) -> None:
    expect(page.locator("#spectra tbody tr")).to_have_count(count, timeout=SOON)


def test_single_files_dropped_by_mouse_become_a_dataset(page: Page, tmp_path: Path) -> None:
    files = sorted(spectra(tmp_path / "one", 3).glob("*.fits"))
    page.goto("/data")
    page.get_by_label("Name", exact=True).fill("Three of them")
    drop(page.locator(".drop"), files)
    page.wait_for_url(DATASET, timeout=SOON)
    read(page, 3)
    expect(page.get_by_role("heading", level=1)).to_have_text("Three of them")


def test_a_folder_keeps_its_paths_and_its_hidden_files_to_itself(page: Page, tmp_path: Path) -> None:
    spectra(tmp_path / "night" / "deep er", 2)
    (tmp_path / "night" / ".DS_Store").write_bytes(b"no spectrum")
    page.goto("/data")
    drop(page.locator(".drop"), [tmp_path / "night"])
    page.wait_for_url(DATASET, timeout=SOON)
    read(page, 2)
    expect(page.locator("#spectra tbody tr").first).to_contain_text("night/deep er/")
    expect(page.get_by_text("could not be read")).to_have_count(0)


def test_a_dropped_folder_sends_only_what_is_missing(page: Page, showcase: Showcase, tmp_path: Path) -> None:
    folder = spectra(tmp_path / "resumed", 4)
    first, second, *_ = sorted(folder.glob("*.fits"))
    assert showcase.platform
    made = showcase.do(showcase.platform.data.create("resumed", OWNER, "spectra"))
    page.goto(f"/data/{made.id}")
    for file, content in ((first, first.read_bytes()), (second, b"\0" * second.stat().st_size)):
        page.request.put(f"/data/{made.id}/files/resumed/{file.name}", data=content, headers=SAME_ORIGIN)
    page.reload()
    expect(page.get_by_text("This upload is incomplete; 2 files arrived.")).to_be_visible()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "PUT" else None)
    drop(page.locator(".drop"), [folder])
    read(page, 4)
    names = {url.rsplit("/", 1)[1] for url in sent}
    everything = {file.name for file in folder.iterdir()}
    assert names == everything - {first.name}, "the whole one is not sent again, the one that differs is"


SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def test_a_broken_connection_is_waited_for_and_leaving_is_asked_about(
    context: BrowserContext, tmp_path: Path
) -> None:
    folder = spectra(tmp_path / "tunnel", 5)
    page = context.new_page()  # its console tells of the broken connection, as it should
    broken = True

    def tunnel(route: Route) -> None:
        if broken:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route(
        re.compile(r"/files/"),
        lambda route: tunnel(route) if route.request.method == "PUT" else route.continue_(),
    )
    page.goto("/data")
    drop(page.locator(".drop"), [folder])
    status = page.locator("[data-upload] [data-status]")
    expect(status).to_contain_text("Connection lost with", timeout=SOON)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.locator("h1").click()  # a browser asks only who has touched the page
    page.evaluate("location.href = '/jobs'")
    page.wait_for_function("document.querySelector('[data-upload]') !== null")
    broken = False
    page.get_by_role("button", name="Retry now").click()
    read(page, 5)
    assert asked == ["beforeunload"]


def test_a_rejected_file_shows_its_reason_and_can_be_retried(context: BrowserContext, tmp_path: Path) -> None:
    folder = spectra(tmp_path / "rejected", 2)
    wrong = sorted(folder.glob("*.fits"))[0].name
    page = context.new_page()
    answers = [{"status": 413, "json": {"title": "Too large", "detail": "It is larger than may be."}}]
    page.route(
        re.compile(re.escape(wrong)),
        lambda route: route.fulfill(**answers.pop()) if answers else route.continue_(),
    )
    page.goto("/data")
    drop(page.locator(".drop"), [folder])
    expect(page.locator("[data-files] .field-error")).to_have_text("It is larger than may be.", timeout=SOON)
    expect(page.locator("[data-upload] [data-status]")).to_contain_text("1 file could not be sent")
    page.get_by_role("button", name="Retry failed files").click()
    read(page, 2)
