"""Pages can be read: whole words in tables, navigation within a phone's screen, lines told apart."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.showcase import Showcase

pytestmark = pytest.mark.browser
SOON = 60_000
BROKEN_WORDS = """() => {
  const broken = [];
  for (const cell of document.querySelectorAll("td, th")) {
    if (!cell.offsetParent) continue;
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      for (const word of text.textContent.matchAll(/[A-Za-z]{4,}/g)) {
        const range = document.createRange();
        range.setStart(text, word.index);
        range.setEnd(text, word.index + word[0].length);
        const boxes = [...range.getClientRects()].filter((box) => box.width > 0);
        if (new Set(boxes.map((box) => Math.round(box.top))).size > 1) broken.push(word[0]);
      }
    }
  }
  return broken;
}"""


@pytest.mark.parametrize("width", [1440, 1024])
def test_tables_break_no_words(page: Page, showcase: Showcase, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    paths = ["/modules/rdf", "/jobs", "/models", f"/data/{showcase.dataset}"]
    for path in [*paths, f"/jobs/{showcase.jobs['map'].id}"]:
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate(BROKEN_WORDS) == [], path
    page.goto("/modules/rdf")
    page.get_by_role("tab", name="Parameters").click()
    assert page.evaluate(BROKEN_WORDS) == []


def test_every_navigation_entry_is_on_a_phones_screen(page: Page, showcase: Showcase) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    for path in ("/", "/jobs", f"/data/{showcase.dataset}", "/nodes"):
        page.goto(path)
        links = page.locator("nav.nav a")
        assert links.count() >= 5
        for link in links.all():
            box = link.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 360


def test_model_input_is_not_scaled_again_and_its_lines_have_their_own_look(
    page: Page, showcase: Showcase
) -> None:
    body = {"name": "lines", "job": showcase.jobs["forest"].id, "access": "users"}
    assert page.request.post("/deployments", data=body).status == 201
    flux = [-1.0, 0.0, 1.0, 0.5]  # scaled: its median is near 0
    names = [f"star {number}" for number in range(11)]
    answer = {
        "results": [{"name": name, "label": "A"} for name in names],
        "rejected": [],
        "prepared": {"wavelength": [6500.0, 6520.0, 6540.0, 6560.0], "flux": [flux] * len(names)},
    }
    page.route("**/predict/lines?**", lambda route: route.fulfill(json={"predictions": answer}))
    page.goto("/deployments/lines")
    file = {"name": "all.txt", "mimeType": "text/plain", "buffer": b"1 2"}
    page.locator("#choose-spectrum").set_input_files([file])  # type: ignore[list-item]
    plot = page.locator("[data-answers] [data-plot]")
    expect(plot.locator(".main-svg").first).to_be_visible(timeout=SOON)
    lines = plot.evaluate(
        "(e) => e.data.map(({y, line}) => ({y: Array.from(y), look: `${line?.color} ${line?.dash}`}))"
    )
    assert [line["y"] for line in lines[: len(names)]] == [flux] * len(names)
    assert len({line["look"] for line in lines}) == len(names)
    page.request.delete("/deployments/lines")


def test_cells_are_counted_alike_in_the_map_and_in_the_table_of_outliers(
    page: Page, showcase: Showcase
) -> None:
    job = showcase.jobs["map"].id
    listed = page.request.get(f"/jobs/{job}/views?format=json").json()["views"]
    [board] = [view["id"] for view in listed if view["kind"] == "som-map"]
    table = page.request.get(f"/jobs/{job}/views/outliers?format=json").json()["view"]["data"]
    titles = [column["name"] for column in table["columns"]]
    farthest = dict(zip(titles, table["rows"][0], strict=True))
    page.goto(f"/jobs/{job}")
    cells = page.locator(".map .cells").first.locator("[aria-label^='Cell ']")
    expect(cells.first).to_be_attached(timeout=SOON)
    labels = [cell.get_attribute("aria-label") or "" for cell in cells.all()]
    [mark] = [at for at, label in enumerate(labels) if label.startswith(f"Cell {farthest['cell']}:")]
    found = page.request.get(f"/jobs/{job}/views/{board}/marks/{mark}?format=json&size=100").json()
    assert farthest["name"] in [row["name"] for row in found["rows"]]
    row, column = farthest["cell"].split(", ")
    assert found["title"] == f"cell in row {row}, column {column}"
