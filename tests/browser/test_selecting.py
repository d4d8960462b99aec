"""In a real browser: cells of a map, points within a lasso and rows of a table become datasets."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dashboard.auth.identity import OWNER
from dashboard.jobs.request import JobRequest
from tests.browser.showcase import Showcase, build
from tests.browser.test_accessible import assert_accessible
from tests.conftest import ROOT
from tests.folder_upload import upload_folder

pytestmark = pytest.mark.browser
PLANE = {"umap": False, "tsne": False}


def named(form: Locator, name: str) -> Locator:
    """Fill in the form of a selection; return the link to the dataset that was made."""
    form.get_by_label("Name of a dataset of these spectra").fill(name)
    form.get_by_role("button", name="Make a dataset").click()
    link = form.get_by_role("link", name=name)
    expect(link).to_be_visible()
    return link


def test_several_cells_become_a_dataset_that_says_where_it_comes_from(page: Page, showcase: Showcase) -> None:
    job = showcase.jobs["map"].id
    page.goto(f"/jobs/{job}")
    view = page.locator("[data-view=map]")
    view.scroll_into_view_if_needed()
    cells = view.get_by_role("gridcell", name=re.compile("[1-9][0-9]* spectr"))
    view.get_by_label("Select several cells").check()
    cells.nth(0).click(force=True)
    cells.nth(1).focus()
    page.keyboard.press("Enter")
    expect(cells.nth(1)).to_have_attribute("aria-selected", "true")
    told = view.get_by_role("status").first
    expect(told).to_contain_text("2 cells")
    count = re.search(r"(\d+) spectra", told.text_content() or "")
    assert count
    assert_accessible(page)
    form = view.locator("form.selection")
    link = named(form, "two cells")
    expect(form).to_contain_text(f"of {count[1]} spectra")
    link.click()
    expect(page.get_by_role("heading", name="two cells")).to_be_visible()
    expect(page.locator("#dataset-head")).to_contain_text("Made from")
    expect(page.locator("#spectra tbody tr")).to_have_count(int(count[1]))


def test_the_spectra_of_one_cell_and_rows_of_a_table_become_datasets(page: Page, showcase: Showcase) -> None:
    page.goto(f"/jobs/{showcase.jobs['map'].id}")
    view = page.locator("[data-view=map]")
    view.scroll_into_view_if_needed()
    view.get_by_role("gridcell", name=re.compile("[1-9][0-9]* spectr")).first.click(force=True)
    panel = page.locator("#spectra-panel")
    named(panel.locator("form.selection"), "one cell")
    panel.get_by_role("button", name="Close").click()
    table = page.locator("[data-view=outliers]")
    table.scroll_into_view_if_needed()
    boxes = table.get_by_role("checkbox")
    boxes.nth(0).check()
    boxes.nth(2).check()
    expect(table.locator("form.selection")).to_be_visible()
    named(table.locator("form.selection"), "two outliers")
    expect(table.locator("form.selection")).to_contain_text("of 2 spectra")


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Showcase]:
    """Return a platform of its own, on which an embedding was trained."""
    folder = tmp_path_factory.mktemp("selecting")
    made = build(folder)
    shutil.copytree(ROOT / "modules" / "embedding", folder / "modules" / "embedding")
    made.start()
    try:
        made.do(_train(made))
        yield made
    finally:
        made.stop()


async def _train(made: Showcase) -> None:
    assert made.platform
    data = made.platform.data
    uploaded = await upload_folder(data, made.modules.parent / "spectra", "profiles", OWNER, synthetic=True)
    made.dataset = (await data.settled(uploaded.id)).id
    await made.platform.modules.descriptions.of("embedding")
    job = await made.platform.submit(JobRequest("embedding", made.dataset, PLANE), OWNER)
    made.jobs["embedding"] = await made._end_of(job)
    assert made.jobs["embedding"].phase == "COMPLETED", made.jobs["embedding"].reason


def test_a_lasso_around_points_becomes_a_dataset(embedded: Showcase, browser: Browser) -> None:
    context = browser.new_context(base_url=embedded.address, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(embedded.link())
    page.wait_for_url(f"{embedded.address}/")
    page.goto(f"/jobs/{embedded.jobs['embedding'].id}")
    view = page.locator("[data-view=plane-pca]")
    view.scroll_into_view_if_needed()
    expect(view.locator(".drag").first).to_be_attached()
    view.locator(".modebar-btn[data-title='Lasso Select']").click(force=True)
    box = view.locator(".nsewdrag").bounding_box()
    assert box
    x, y, width, height = box["x"], box["y"], box["width"], box["height"]
    page.mouse.move(x + 4, y + 4)
    page.mouse.down()
    for across, down in ((0.98, 0.02), (0.98, 0.98), (0.02, 0.98), (0.02, 0.02)):
        page.mouse.move(x + across * width, y + down * height, steps=5)
    page.mouse.up()
    panel = page.locator("#spectra-panel")
    expect(panel.get_by_role("heading")).to_contain_text("selected points")
    count = re.search(r"(\d+) selected points", panel.get_by_role("heading").text_content() or "")
    assert count
    named(panel.locator("form.selection"), "in the lasso").click()
    expect(page.locator("#dataset-head")).to_contain_text(count[1])
    context.close()
