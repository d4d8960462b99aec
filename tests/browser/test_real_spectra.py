"""The whole story at once, with real spectra: nothing typed, clicked or dropped that a person would not."""

from __future__ import annotations

import csv
import re
import shutil
from collections import defaultdict
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.dropping import drop
from tests.browser.showcase import Showcase

pytestmark = pytest.mark.browser
SOON = 60_000
EACH = 14  # spectra of a class
CLASSES = ("A", "F", "G", "K")
FIT = {  # LAMOST's blue and green, where A to K differ
    "step-cutout": {"minimum": "3900", "maximum": "6800"},
    "step-resample": {"minimum": "3900", "maximum": "6800", "points": "300"},
}
WATCH = """() => {
  const head = document.getElementById("job-head");
  const seen = (window.seen = { phases: [], progress: [] });
  const look = () => {
    const phase = head.querySelector("[data-phase]").dataset.phase;
    const progress = head.querySelector(".progress")?.textContent.trim();
    if (seen.phases.at(-1) !== phase) seen.phases.push(phase);
    if (progress && seen.progress.at(-1) !== progress) seen.progress.push(progress);
  };
  look();
  new MutationObserver(look).observe(head, { subtree: true, childList: true });
}"""


@pytest.fixture
def stars(data_folder: Path, tmp_path: Path) -> Path:
    """Return a folder as a person would drop it: FITS files as LAMOST gave them, and labels.csv."""
    lamost = data_folder / "lamost"
    chosen: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (lamost / "labels.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            kind = row["subclass"][:1]
            if row["file"].startswith("dr") and kind in CLASSES and len(chosen[kind]) <= EACH:
                chosen[kind].append(row)
    folder = tmp_path / "my stars"
    folder.mkdir()
    (tmp_path / "new").mkdir()
    lines = ["path,class,object"]
    for kind, rows in chosen.items():
        for row in rows[:EACH]:
            name = Path(row["file"]).name
            shutil.copy(lamost / row["file"], folder / name)
            lines.append(f"{name},{kind},{row['designation']}")
        if len(rows) > EACH:
            shutil.copy(lamost / rows[-1]["file"], tmp_path / "new")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_from_a_folder_of_fits_files_to_an_answer(page: Page, showcase: Showcase, stars: Path) -> None:
    find_a_method(page)
    bring(page, stars)
    train(page)
    watch(page)
    original = judge(page)
    assert original in [file.read_bytes() for file in stars.glob("*.fits*")], "byte for byte what was dropped"
    deploy_and_ask(page, next(iter(sorted((stars.parent / "new").iterdir()))))


def find_a_method(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Search methods").fill("forest")
    page.get_by_role("link", name="Random decision forest").click()
    expect(page.get_by_role("link", name="Train", exact=True).first).to_be_visible()


def bring(page: Page, stars: Path) -> None:
    page.get_by_role("link", name="Data", exact=True).click()
    drop(page.locator(".drop"), [stars])
    page.wait_for_url(re.compile(r"/data/[0-9a-z]{10,}$"), timeout=SOON)
    expect(page.locator("#dataset-head")).to_contain_text("ready", timeout=SOON)
    expect(page.get_by_role("heading", level=1)).to_have_text("my stars")
    counts = page.locator("#dataset-head").get_by_role("navigation", name="Classes")
    for kind in CLASSES:
        expect(counts).to_contain_text(re.compile(rf"{kind} \d+"))
    expect(page.locator("#dataset-plot .main-svg").first).to_be_visible(timeout=SOON)


def train(page: Page) -> None:
    page.get_by_role("link", name="Train on these", exact=True).click()
    page.get_by_role("link", name="Train on these: Random decision forest").click()
    expect(page.get_by_label("Dataset")).to_have_value(re.compile("."))
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_enabled()  # the form is alive
    for step in page.locator(".step details").all():
        step.locator("summary").click()
    for step, values in FIT.items():
        for name, value in values.items():
            page.locator(f"[id^={step}-{name}-s]:is(input)").fill(value)
    page.get_by_label("Trees", exact=True).fill("200")
    page.get_by_label("Folds", exact=True).fill("4")
    page.get_by_label("Label", exact=True).fill("my stars")
    expect(page.locator("#preview [data-status]")).to_contain_text("all usable", timeout=SOON)
    expect(page.locator("#preview .xaxislayer-above")).to_have_count(2)  # original above, prepared below
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url(re.compile(r"/jobs/[0-9a-z]+$"), timeout=SOON)


def watch(page: Page) -> None:
    """See phase and progress move in the page that was opened once."""
    page.evaluate(WATCH)
    expect(page.locator("#job-head")).to_contain_text("completed", timeout=3 * SOON)
    seen = page.evaluate("window.seen")
    assert seen["phases"][-2:] == ["EXECUTING", "COMPLETED"]
    assert len(seen["progress"]) >= 2, seen


def judge(page: Page) -> bytes:
    """Go from a cell of the confusion matrix to the file that came from the telescope."""
    page.locator("[data-view*=confusion]").scroll_into_view_if_needed()
    page.locator(".matrix-cell:enabled").first.click()
    panel = page.locator("#spectra-panel")
    panel.locator("button[data-row]").first.click(timeout=SOON)
    file = panel.get_by_role("link", name="Original file")
    expect(file).to_be_visible(timeout=SOON)
    with page.expect_download() as download:
        file.click()
    page.keyboard.press("Escape")
    return Path(download.value.path()).read_bytes()


def deploy_and_ask(page: Page, spectrum: Path) -> None:
    page.get_by_role("button", name="Deploy").first.click()
    page.locator("#deploy-name").fill("my-stars")
    page.get_by_role("button", name="Deploy", exact=True).last.click()
    page.wait_for_url(re.compile(r"/deployments/my-stars$"), timeout=SOON)
    expect(page.locator("#deployment-head [data-phase=deployed]")).to_be_visible(timeout=2 * SOON)
    drop(page.locator("[data-tryit] .drop"), [spectrum])
    answers = page.locator("[data-answers]")
    expect(answers.locator("meter")).to_have_count(len(CLASSES), timeout=SOON)
    expect(answers.get_by_role("heading", level=3)).to_have_text(re.compile("^[AFGK]$"))
    expect(answers.locator(".main-svg").first).to_be_visible(timeout=SOON)
