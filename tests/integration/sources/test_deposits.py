"""Deposits by DOI: a resolver and two repositories that describe records as Zenodo and InvenioRDM do."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from dashboard.platform import Platform
from tests.integration.sources.acquired import fetched, listed, names_of
from tests.platform.acquisition.archive import spectrum

FILES = {"a b.csv": spectrum(1), "sub/ü.csv": spectrum(2), "100%.csv": spectrum(3), "readme.pdf": b"%PDF-1.4"}


class Repository:
    """Serves records; `asked` are the paths, with whether an access token came along."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.address = ""
        self.application = web.Application()
        add = self.application.router.add_get
        add("/resolver/{doi:.*}", self.resolve)
        add("/records/{id}", self.page)
        add("/api/records/{id}", self.record)
        add("/api/records/{id}/files/{name:.+}/content", self.content)

    async def resolve(self, request: web.Request) -> web.Response:
        doi = request.match_info["doi"]
        if not doi.startswith("10.5281/zenodo."):
            raise web.HTTPNotFound
        raise web.HTTPFound(f"/records/{doi.rpartition('.')[2]}")

    async def page(self, _request: web.Request) -> web.Response:
        return web.Response(text="<html><body>A deposit</body></html>", content_type="text/html")

    async def record(self, request: web.Request) -> web.Response:
        number = request.match_info["id"]
        self.asked.append(number)
        where = f"{self.address}/api/records/{number}"
        entries = [
            {"key": name, "size": len(body), "links": {"self": f"{where}/files/{name}/content"}}
            for name, body in FILES.items()
        ]
        if number == "1":  # Zenodo's own form
            return web.json_response({"doi": "10.5281/zenodo.1", "files": entries})
        if number == "2":  # InvenioRDM's form, links by convention
            told = {one["key"]: {"key": one["key"], "size": one["size"]} for one in entries}
            return web.json_response({"pids": {}, "files": {"enabled": True, "entries": told}})
        if number == "3":  # restricted
            return web.json_response({"doi": "10.5281/zenodo.3", "files": []})
        raise web.HTTPGone

    async def content(self, request: web.Request) -> web.Response:
        return web.Response(body=FILES[request.match_info["name"]])


@pytest.fixture
async def repository() -> AsyncIterator[Repository]:
    made = Repository()
    runner = web.AppRunner(made.application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


async def test_the_files_of_a_deposit_are_found_by_its_doi(
    platform: Platform, repository: Repository
) -> None:
    resolver = {"resolver": f"{repository.address}/resolver", "include": ["*.csv"]}
    by_doi = await fetched(platform, "doi", "https://doi.org/10.5281/zenodo.1", resolver)
    assert (by_doi.state, by_doi.fetched, by_doi.failed) == ("completed", 3, 0), by_doi
    assert await names_of(platform, by_doi) == {name for name in FILES if name.endswith(".csv")}
    stored = platform.data.folder / str(by_doi.dataset) / "files"
    assert (stored / "sub" / "ü.csv").read_bytes() == FILES["sub/ü.csv"]

    by_page = await fetched(platform, "doi", f"{repository.address}/records/2", {"include": ["*.csv"]})
    assert (by_page.state, by_page.fetched) == ("completed", 3), by_page
    assert by_page.expected_bytes == sum(len(body) for name, body in FILES.items() if name.endswith(".csv"))


async def test_a_deposit_that_is_restricted_gone_or_none_says_so(
    platform: Platform, repository: Repository
) -> None:
    resolver = {"resolver": f"{repository.address}/resolver"}
    expected = {
        "10.5281/zenodo.3": "no-link",
        "10.5281/zenodo.4": "not-found",
        "10.9999/nothing": "not-found",
        f"{repository.address}/elsewhere": "address",
    }
    for address, fault in expected.items():
        found = await listed(platform, "doi", {"address": address} | resolver)
        assert (found.state, found.fault) == ("error", fault), found
