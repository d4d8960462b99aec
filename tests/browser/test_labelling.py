"""In a real browser: labels by keys alone, through kills and cuts, by two people, by thumb, from a report."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from benchmarks.labelling.person import ALL_SENT, Batch, Person, batch_of, stored, truth_of, upload
from benchmarks.labelling.platform import KillablePlatform
from benchmarks.labelling.server import PROJECT
from spectra.synthetic import write_folder
from tests.browser.showcase import Showcase
from tests.browser.test_accessible import assert_accessible
from tests.chaos import repeated

pytestmark = pytest.mark.browser
COUNT = repeated(1000, 60)
PATIENCE_MS = 240_000
CLASSES = ("absorption", "double peak", "emission")


def entered(browser: Browser, platform: KillablePlatform, person: str = "") -> BrowserContext:
    """Return a browser of somebody who is signed in."""
    context = browser.new_context(base_url=platform.address, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(platform.link(person))
    page.close()
    return context


@pytest.fixture
def spectra(tmp_path: Path) -> Path:
    write_folder(tmp_path / "spectra", COUNT)
    return tmp_path / "spectra"


@pytest.fixture
def alone(browser: Browser, tmp_path: Path) -> Iterator[tuple[KillablePlatform, BrowserContext]]:
    with KillablePlatform(tmp_path / "home") as platform:
        context = entered(browser, platform)
        yield platform, context
        context.close()


def test_no_label_is_lost_while_the_platform_is_killed_and_the_connection_cut(
    alone: tuple[KillablePlatform, BrowserContext], spectra: Path
) -> None:
    platform, context = alone
    batch = batch_of(context.request, upload(context.request, spectra), CLASSES)
    page = context.new_page()
    page.goto(batch.path)
    person = Person(page, batch, truth_of(spectra))

    def kill() -> None:
        platform.kill()
        threading.Timer(1.0, platform.start).start()

    def cut() -> None:
        # A page without spectra would wait for the connection, and this test for its page.
        person.sent()
        person.supplied()
        context.set_offline(True)

    steps = {
        COUNT // 4: kill,
        COUNT // 2: cut,
        COUNT // 2 + 5: lambda: context.set_offline(False),
        3 * COUNT // 4: kill,
    }
    assert person.label(COUNT, steps) == COUNT
    person.sent()
    assert stored(context.request, batch) == person.given


def test_labels_of_a_closed_page_are_sent_by_the_next_and_undone_one_by_one(
    alone: tuple[KillablePlatform, BrowserContext], spectra: Path
) -> None:
    _, context = alone
    batch = batch_of(context.request, upload(context.request, spectra), CLASSES)
    page = context.new_page()
    page.goto(batch.path)
    person = Person(page, batch, truth_of(spectra))
    person.label(3)
    person.sent()
    page.route("**/events", lambda route: route.abort())
    person.label(11)
    expect(page.locator('[data-label="unsent"]')).to_have_text("11 unsent")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.close(run_before_unload=True)
    again = context.new_page()
    again.goto(batch.path)
    again.wait_for_function(ALL_SENT)
    assert asked == ["beforeunload"]
    assert stored(context.request, batch) == person.given
    for _ in range(12):
        again.keyboard.press("u")
    again.wait_for_function(ALL_SENT)
    kept = dict(list(person.given.items())[:2])
    assert stored(context.request, batch) == kept


def test_two_people_get_different_spectra_and_see_each_other(
    browser: Browser, tmp_path: Path, spectra: Path
) -> None:
    with KillablePlatform(tmp_path / "home", ("anna", "boris")) as platform:
        anna, boris = entered(browser, platform, "anna"), entered(browser, platform, "boris")
        batch = batch_of(anna.request, upload(anna.request, spectra, PROJECT), CLASSES, project=PROJECT)
        people: list[tuple[Page, Person]] = []
        for context in (anna, boris):
            page = context.new_page()
            page.goto(batch.path)
            people.append((page, Person(page, batch, truth_of(spectra))))
        for _ in range(4):
            for _page, person in people:
                person.label(3)
        first, second = (person.given for _, person in people)
        assert len(first) == len(second) == 12
        assert not first.keys() & second.keys()
        expect(people[0][0].locator('[data-label="people"]')).to_contain_text("boris 12")
        expect(people[1][0].locator('[data-label="people"]')).to_contain_text("anna 12")
        for page, person in people:
            person.sent()
            page.context.close()


def labelled_queue(context: BrowserContext, showcase: Showcase) -> Batch:
    return batch_of(context.request, showcase.dataset, CLASSES)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_the_pages_of_labels_are_accessible(
    browser: Browser, signed_in: dict[str, object], showcase: Showcase, width: int, scheme: str
) -> None:
    context = browser.new_context(
        base_url=showcase.address,
        storage_state=signed_in,
        color_scheme=scheme,
        viewport={"width": width, "height": 740},
        has_touch=width < 500,
        reduced_motion="reduce",
    )
    batch = labelled_queue(context, showcase)
    page = context.new_page()
    page.goto(batch.path)
    button = page.get_by_role("button", name="emission")
    page.wait_for_function('() => document.querySelector("[data-label=canvas]").dataset.drawn')
    name = page.locator('[data-label="name"]').text_content() or ""
    assert_accessible(page)
    if width < 500:
        box = button.bounding_box()
        assert box
        assert box["height"] >= 44
        assert box["y"] + box["height"] <= 740, "answers are within reach without scrolling"
        button.tap()
    else:
        button.click()
    expect(page.locator('[data-label="name"]')).not_to_have_text(name)
    page.wait_for_function(ALL_SENT)
    for path in ("/label-sets", f"/label-sets/{batch.label_set}"):
        page.goto(path)
        assert_accessible(page)
    context.close()


def test_a_cell_of_a_confusion_matrix_opens_the_label_page_on_its_spectra(
    page: Page, showcase: Showcase
) -> None:
    page.goto(f"/jobs/{showcase.jobs['forest'].id}")
    cell = page.locator(".matrix-cell:not([disabled])").first
    cell.scroll_into_view_if_needed()
    count = int(re.sub(r"\D", "", cell.locator("span").text_content() or ""))
    cell.click()
    page.locator("#spectra-panel").get_by_role("button", name="Label these").click()
    page.wait_for_url(re.compile(r"/label-sets/[^/]+/queues/"))
    expect(page.locator('[data-label="place"]')).to_contain_text(f"of {count}")
    expect(page.locator('[data-label="opinion"]')).to_contain_text("The model says absorption")
