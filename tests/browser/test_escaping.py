"""Names and labels come from files: pages, plots and exports show them as text."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Page, expect

from dashboard.auth.identity import OWNER
from spectra.synthetic import write_folder
from tests.browser.showcase import Showcase
from tests.folder_upload import upload_folder

pytestmark = pytest.mark.browser
SOON = 60_000
HOSTILE = """"><img src=x onerror="document.body.dataset.injected='yes'">"""
MARKUP = """<a href="https://example.org">bold</a> & <b>more</b>"""
EXPORT = """async ([kind, names]) => {
  const { src } = document.querySelector("script[src*='js/page.js']");
  const { csv, votable } = await import(src.replace("page.js", "export.js"));
  const { AXES } = await import(src.replace("page.js", "lines.js"));
  const curves = names.map((name) => ({ name, label: name, x: [6500, 6501], y: [1, null] }));
  return (kind === "csv" ? csv : votable)(curves, AXES.angstrom);
}"""


@pytest.fixture(scope="module")
def hostile(showcase: Showcase, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a dataset whose name and labels are markup."""
    folder = tmp_path_factory.mktemp("hostile")
    write_folder(folder, 2, seed=3)
    names = sorted(path.name for path in folder.glob("*.fits"))
    with (folder / "labels.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerows([["path", "class"], [names[0], HOSTILE], [names[1], MARKUP]])
    assert showcase.platform
    data = showcase.platform.data
    made = showcase.do(upload_folder(data, folder, HOSTILE, OWNER))
    showcase.do(data.settled(made.id))
    return made.id


def assert_text_only(page: Page) -> None:
    assert page.locator("img[src=x], [onerror]").count() == 0
    assert page.evaluate("document.body.dataset.injected") is None


def test_labels_are_text_on_pages_in_attributes_and_in_legends(page: Page, hostile: str) -> None:
    page.goto(f"/data/{hostile}")
    legend = page.locator("#dataset-plot .legendtext")
    expect(legend).to_have_count(2, timeout=SOON)
    shown = " ".join(legend.all_text_contents())
    assert HOSTILE in shown
    assert MARKUP in shown
    assert page.locator("#dataset-plot svg a, #dataset-plot svg tspan[style*=bold]").count() == 0
    expect(page.locator("h1")).to_have_text(HOSTILE)
    assert_text_only(page)
    page.goto(f"/modules/rdf/train?dataset={hostile}")
    classes = page.locator("#classes input")
    expect(classes).to_have_count(2, timeout=SOON)
    assert {one.get_attribute("value") for one in classes.all()} == {HOSTILE, MARKUP}
    assert_text_only(page)
    for path in ("/data", f"/data/{hostile}/spectra/0"):
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()
        assert_text_only(page)


def test_tables_of_a_plot_hold_no_formulas_and_are_well_formed(page: Page) -> None:
    names = ["=1+1", " +cmd", "|calc", "%x", "-1.5", "a\x01b", HOSTILE, 'say "hi", twice']
    page.goto("/data")
    rows = list(csv.DictReader(io.StringIO(page.evaluate(EXPORT, ["csv", names]))))
    assert [row["name"] for row in rows[::2]] == ["'=1+1", "' +cmd", "'|calc", "'%x", *names[4:]]
    document = ET.fromstring(page.evaluate(EXPORT, ["votable", names]))
    space = {"v": "http://www.ivoa.net/xml/VOTable/v1.3"}
    tables = document.findall(".//v:TABLE", space)
    assert [table.get("name") for table in tables] == [*names[:5], "a\ufffdb", *names[6:]]
    fields = [(one.get("unit"), one.get("ucd")) for one in tables[0].findall("v:FIELD", space)]
    assert fields == [("0.1nm", "em.wl"), (None, "phot.flux.density;em.wl")]
