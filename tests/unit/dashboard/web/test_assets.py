"""Static files under addresses that never change their contents."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from dashboard.web.app.assets import PLOTLY, PLOTLY_CSS, Assets, plotly_styles

Client = TestClient[web.Request, web.Application]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "page.js").write_text("export const answer = 42;\n" * 50)
    return tmp_path


@pytest.fixture
async def client(folder: Path) -> AsyncIterator[Client]:
    application = web.Application()
    application.router.add_get("/assets/{digest}/{name:.+}", Assets(folder).answer)
    async with TestClient(TestServer(application), auto_decompress=False) as client:
        yield client


async def test_an_asset_is_compressed_and_cached_for_ever(client: Client, folder: Path) -> None:
    answer = await client.get(Assets(folder).url("js/page.js"), headers={"Accept-Encoding": "gzip"})
    body = await answer.read()
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.content_type == "text/javascript"
    assert gzip.decompress(body) == (folder / "js" / "page.js").read_bytes()


async def test_a_browser_without_gzip_gets_the_file_as_it_is(client: Client, folder: Path) -> None:
    answer = await client.get(Assets(folder).url("js/page.js"), headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in answer.headers
    assert await answer.read() == (folder / "js" / "page.js").read_bytes()


async def test_an_outdated_address_leads_to_the_present_one(client: Client, folder: Path) -> None:
    answer = await client.get("/assets/000000000000/js/page.js", allow_redirects=False)
    assert answer.headers["Location"] == Assets(folder).url("js/page.js")


@pytest.mark.parametrize("name", ["js/none.js", "../assets.py", "..%2f..%2fpyproject.toml"])
async def test_what_is_not_in_the_folder_is_not_served(client: Client, folder: Path, name: str) -> None:
    answer = await client.get(f"/assets/{Assets(folder).digest}/{name}")
    assert answer.status == 404


def test_the_address_changes_with_any_content(folder: Path) -> None:
    before = Assets(folder).url("js/page.js")
    (folder / "js" / "other.js").write_text("new")
    assert Assets(folder).url("js/page.js") != before


def test_an_unknown_name_is_a_fault_of_the_template(folder: Path) -> None:
    with pytest.raises(KeyError):
        Assets(folder).url("js/typo.js")


async def test_plotly_and_its_styles_come_from_the_installed_package(client: Client, folder: Path) -> None:
    assets = Assets(folder)
    script = await (await client.get(assets.url(PLOTLY), headers={"Accept-Encoding": "identity"})).text()
    styles = await (await client.get(assets.url(PLOTLY_CSS), headers={"Accept-Encoding": "identity"})).text()
    assert "plotly.js v" in script[:200]
    assert ".js-plotly-plot .plotly .main-svg{position:absolute" in styles
    assert ".plotly-notifier{" in styles
    assert styles.count("{") > 60


def test_a_plotly_without_its_rules_is_noticed() -> None:
    with pytest.raises(ValueError, match="no style rules"):
        plotly_styles("var nothing = 0")
