"""What pages say is so: links lead somewhere, copies are whole, lists are of everything."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser

import pytest

from catalog import Module
from dashboard.base.bundled import bundled
from dashboard.base.resources import Resources
from dashboard.web.pages.train import resource_fields
from dashboard.web.snippets.commands import call_commands
from dashboard.web.snippets.deferred_commands import deferred_commands
from tests.platform.web.conftest import Site
from tests.platform.world import add_dataset, settle, submit

ICON = "image/svg+xml"
# HTML compiles patterns with the flag v: in a class these must be escaped (ClassSetSyntaxCharacter).
TO_ESCAPE = set("()[]{}/-|")


class Elements(HTMLParser):
    """Elements in the order of the page: (tag, attributes); texts are (None, text)."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str | None, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs} | {"text": ""}))

    def handle_data(self, data: str) -> None:
        if self.found:
            self.found[-1][1]["text"] += data


async def elements(site: Site, path: str) -> list[tuple[str | None, dict[str, str]]]:
    answer = await site.stranger.get(path, headers=site.browser)
    assert answer.status == 200, path
    parser = Elements()
    parser.feed(await answer.text())
    return parser.found


async def test_copy_buttons_copy_what_is_shown_and_jobs_say_where_they_ran(site: Site) -> None:
    job = await settle(site.platform, await submit(site.platform, parameters={"epochs": 20}))
    page = await elements(site, f"/jobs/{job.id}")
    codes = [  # a copier follows its text
        (attributes["text"], page[at + 1][1].get("data-copy"))
        for at, (tag, attributes) in enumerate(page)
        if tag == "code" and page[at - 1][0] == "pre"
    ]
    assert any('"image"' in text for text, _ in codes)
    for text, copied in codes:
        assert copied == text
    listed = (await (await site.stranger.get("/jobs", headers=site.json)).json())["jobs"][0]
    assert (listed["node"], listed["ran_on"], listed["title"]) == ("any", "local", job.id)
    cells = [
        one["text"].strip() for tag, one in await elements(site, "/jobs") if one.get("data-title") == "Node"
    ]
    assert cells == ["local"]


async def test_heads_of_lists_in_pages_ask_the_server_for_the_order(site: Site) -> None:
    await settle(site.platform, await submit(site.platform))
    page = await elements(site, "/jobs?owner=me&sort=-created")
    sorts = {one["text"]: one["href"] for tag, one in page if tag == "a" and one.get("class") == "sort"}
    assert sorts["Created"] == "?sort=created&owner=me"
    assert sorts["Job"] == "?sort=label&owner=me"
    assert set(sorts) == {"Job", "Module", "Phase", "Created"}
    assert [one["aria-sort"] for tag, one in page if one.get("aria-sort", "none") != "none"] == ["descending"]
    assert not [one for tag, one in page if tag == "th" and "data-sort" in one]  # sorts the rows of one page
    for link in sorts.values():
        assert (await site.stranger.get(f"/jobs{link}", headers=site.browser)).status == 200


async def test_lists_of_datasets_and_models_are_sorted_whole(site: Site) -> None:
    for name, count, shortest in (("beta", 30, 4000.0), ("Alpha", 10, None), ("gamma", 20, 3700.0)):
        dataset = await add_dataset(site.platform, name=name, count=count, wavelength_min=shortest)
        await settle(site.platform, await submit(site.platform, dataset, label=name))

    async def names(path: str, of: str) -> list[str]:
        """Return the first names over two pages of one item each."""
        pages = [await site.stranger.get(f"{path}&size=1&page={n}", headers=site.json) for n in (1, 2)]
        return [(await page.json())[of][0]["name"] for page in pages]

    assert await names("/data?sort=name", "datasets") == ["Alpha", "beta"]
    assert await names("/data?sort=-count", "datasets") == ["beta", "gamma"]
    assert await names("/data?sort=wavelength_min", "datasets") == ["gamma", "beta"]  # unknown last
    assert await names("/data?sort=-wavelength_min", "datasets") == ["beta", "gamma"]
    by_dataset = await site.stranger.get("/models?sort=-dataset", headers=site.json)
    trained_on = [one["input"]["name"] for one in (await by_dataset.json())["models"]]
    assert trained_on == ["gamma", "beta", "Alpha"]
    for path, least in (("/data", {"Name", "Spectra", "Created"}), ("/models", {"Model", "Size", "Created"})):
        page = await elements(site, path)
        sorts = {
            one["text"].strip(): one["href"] for tag, one in page if tag == "a" and one.get("class") == "sort"
        }
        assert least <= set(sorts)
        assert not [one for tag, one in page if tag == "th" and "data-sort" in one]
        for link in sorts.values():
            assert (await site.stranger.get(f"{path}{link}", headers=site.browser)).status == 200
        wrong = await site.stranger.get(f"{path}?sort=owner", headers=site.json)
        assert wrong.status in {400, 422}


async def test_a_module_has_its_files_and_commands_that_call_only_what_is_deployed(site: Site) -> None:
    folder = site.platform.modules.get("toy").folder
    assert folder is not None
    (folder / "examples").mkdir()
    (folder / "README.md").write_text(
        "See [examples](examples/README.md), [us](https://example.org), [top](#a)."
    )
    (folder / "examples" / "README.md").write_text("# How\n[script](run.sh)")
    (folder / "examples" / "run.sh").write_text("true\n")
    (folder / "secret.md").symlink_to("/etc/passwd")
    text = await (await site.stranger.get("/modules/toy", headers=site.browser)).text()
    links = set(re.findall(r'href="([^"]*)"', text))
    assert {"/modules/toy/files/examples/README.md", "https://example.org", "#a"} <= links
    assert "/predict/toy" not in text  # nothing is deployed
    document = await site.stranger.get("/modules/toy/files/examples/README.md", headers=site.browser)
    assert 'href="/modules/toy/files/examples/run.sh"' in await document.text()
    script = await site.stranger.get("/modules/toy/files/examples/run.sh", headers=site.browser)
    assert (script.content_type, await script.text()) == ("text/plain", "true\n")
    for hidden in ("secret.md", "../../home/connection.json", "examples", "nothing.md"):
        answer = await site.stranger.get(f"/modules/toy/files/{hidden}", headers=site.browser)
        assert answer.status == 404, hidden


async def test_what_anyone_may_call_has_a_page_for_anyone(site: Site) -> None:
    job = await settle(site.platform, await submit(site.platform))
    for name, access in (("open", "public"), ("closed", "users")):
        wanted = {"name": name, "job": job.id, "access": access}
        assert (await site.stranger.post("/deployments", headers=site.json, json=wanted)).status == 201
    as_html, as_json = {"Accept": "text/html"}, {"Accept": "application/json"}
    page = await site.stranger.get("/deployments/open", headers=as_html)
    text = await page.text()
    assert page.status == 200
    assert 'data-tryit="open"' in text
    assert "/predict/open" in text
    for private in ("replica", "tokens-table", job.id, "owner", "Delete"):
        assert private not in text, private
    shown = (await (await site.stranger.get("/deployments/open", headers=as_json)).json())["deployment"]
    assert {"owner", "image", "node", "replicas", "model"}.isdisjoint(shown)
    for name in ("closed", "nothing"):
        assert (await site.stranger.get(f"/deployments/{name}", headers=as_html)).status == 401
        assert (await site.stranger.get(f"/predict/{name}", headers=as_html)).status == 401
    for name, headers in (("open", as_html), ("closed", site.browser)):
        address = await site.stranger.get(f"/predict/{name}", headers=headers)
        assert address.status == 200
        assert f'href="/deployments/{name}"' in await address.text()
    client = await site.stranger.get("/huggins_client.py")
    assert "class Deployment" in await client.text()


async def test_small_things_of_every_page(site: Site) -> None:
    icon = await site.stranger.get("/favicon.ico")
    assert (icon.status, icon.content_type) == (200, ICON)
    text = await (await site.stranger.get("/nodes/local", headers=site.browser)).text()
    [crumbs] = re.findall(r'<nav class="crumbs".*?</nav>', text, re.DOTALL)
    assert crumbs.endswith("</a></nav>")
    assert "or the built-in default" in text
    assert "`" not in await (await site.stranger.get("/jobs", headers={"Accept": "text/html"})).text()


def test_patterns_of_fields_are_valid_in_browsers() -> None:
    found = 0
    for template in bundled("templates/html").rglob("*.html"):
        for pattern in re.findall(r'pattern="([^"]*)"', template.read_text("utf-8")):
            found += 1
            for inside in re.findall(r"\[\^?((?:\\.|[^\]\\])*)\]", unescape(pattern)):
                bare = re.sub(r"\\.|[a-zA-Z0-9]-[a-zA-Z0-9]", "", inside)
                assert not set(bare) & TO_ESCAPE, f"{template.name}: {pattern}"
    assert found


def test_fields_of_resources_start_at_what_the_module_needs() -> None:
    fields = {
        one["name"]: one for one in resource_fields(Resources(cpus=4, memory_mb=2048), {"cpus": 2, "gpus": 0})
    }
    assert (fields["cpus"]["minimum"], fields["cpus"]["default"]) == (2, 4)
    assert (fields["memory_mb"]["minimum"], fields["gpus"]["minimum"]) == (64, 0)


def test_modules_that_are_shipped_can_be_trained_and_are_called_without_knowing_their_answer() -> None:
    folders = [path.parent for path in bundled("modules").glob("*/module.yaml")]
    assert {"preprocessing", "rdf", "som"} <= {folder.name for folder in folders}
    assert [folder.name for folder in folders if not Module.load(folder).trainable] == []
    for one in call_commands("features", "http://127.0.0.1:8470"):
        assert not re.search(r"label|probabilit", one["text"]), one["title"]  # a feature set has neither


@pytest.mark.parametrize("commands", [call_commands, deferred_commands])
def test_samples_warn_of_a_spectrum_outside_the_training_domain(
    commands: Callable[[str, str], list[dict[str, str]]],
) -> None:
    for one in commands("stars", "http://127.0.0.1:8470"):
        if "Python" in one["title"] or one["title"] == "JavaScript":
            assert "of the training domain" in one["text"], one["title"]
    python = next(one["text"] for one in commands("stars", "http://h") if "Python" in one["title"])
    compile(python, "sample", "exec")


async def test_the_page_of_a_dataset_says_how_many_spectra_state_no_unit(site: Site) -> None:
    silent = await add_dataset(site.platform, assumed={"unit": 2, "frame": 1})
    stated = await add_dataset(site.platform, assumed={})
    old = await add_dataset(site.platform)
    texts = {}
    for dataset in (silent, stated, old):
        answer = await site.stranger.get(f"/data/{dataset}", headers=site.browser)
        texts[dataset] = " ".join((await answer.text()).split())
    assert "2 spectra of files that state no unit of wavelength" in texts[silent]
    assert "1 spectrum of files that do not state air or vacuum" in texts[silent]
    for dataset in (stated, old):
        assert "state no unit" not in texts[dataset]
    answer = await site.stranger.get(f"/data/{silent}", headers=site.json)
    assert (await answer.json())["dataset"]["assumed"] == {"unit": 2, "frame": 1}
