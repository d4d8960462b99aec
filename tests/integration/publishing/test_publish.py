"""Publishing with the real engine and registry, and from a real git server."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from dashboard.base.errors import Invalid, Unavailable
from dashboard.publishing.scaffold.scaffold import NewModule, write
from dashboard.publishing.source import git
from dashboard.publishing.workshop import Workshop
from dashboard.settings import ModulesSettings
from tests.integration.images import REGISTRY
from tests.platform.publishing.publishing_site import packed, published
from tests.platform.web.conftest import open_site

LOOPBACK = ("127.0.0.0/8",)


@pytest.mark.docker
async def test_a_module_goes_to_the_registry_and_onto_the_market(docker_engine: None, tmp_path: Path) -> None:
    folder = write(NewModule("wiggles"), tmp_path)
    text = (folder / "module.yaml").read_text("utf-8").replace("[docker, udocker]", "[docker]")
    (folder / "module.yaml").write_text(text, "utf-8")
    async with open_site(tmp_path / "site") as site:
        site.platform.publisher._builder = Workshop(ModulesSettings(registry=REGISTRY))
        found = await published(site, packed(folder))
        assert found["state"] == "published", found["reason"]
        address = "/modules/owner%2Fwiggles/versions/0.1.0"
        version = (await (await site.stranger.get(address, headers=site.json)).json())["version"]
    assert version["image"].startswith(f"{REGISTRY}/owner/wiggles@sha256:")
    words = ["docker", "pull", "-q", version["image"]]
    pulled = await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, check=False)
    assert pulled.returncode == 0, pulled.stderr
    assert version["signed"]
    assert {"numpy", "wiggles"} <= {one["name"] for one in version["sbom"]["components"]}
    assert "pip install" in version["log"]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[TestServer]:
    """A git server over http with one repository, whose hooks and submodules must not run."""
    work = tmp_path / "work"
    work.mkdir()

    def run(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=work, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    run("init", "-q", "-b", "main")
    for key, value in (
        ("user.name", "t"),
        ("user.email", "t@example.org"),
        ("uploadpack.allowAnySHA1InWant", "true"),
    ):
        run("config", key, value)
    (work / "module.yaml").write_text("title: first\n")
    (work / "link").symlink_to("/etc/passwd")
    (work / ".gitmodules").write_text('[submodule "x"]\n\tpath = x\n\turl = file:///etc\n')
    run("add", ".")
    run("commit", "-qm", "first")
    run("tag", "v1")
    (work / "module.yaml").write_text("title: second\n")
    run("commit", "-qam", "second")

    async def backend(request: web.Request) -> web.Response:
        environment = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(tmp_path),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": request.path,
            "QUERY_STRING": request.query_string,
            "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        }
        process = await asyncio.create_subprocess_exec(
            "git", "http-backend", env=environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, _ = await process.communicate(await request.read())
        head, _, body = output.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        return web.Response(status=status, body=body, headers=headers)

    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", backend)
    async with TestServer(application) as served:
        yield served


@pytest.mark.parametrize(("ref", "title"), [("", "second"), ("main", "second"), ("v1", "first")])
async def test_a_branch_or_a_tag_is_fetched_without_links(
    server: TestServer, ref: str, title: str, tmp_path: Path
) -> None:
    commit = await git.fetch(str(server.make_url("/work")), ref, tmp_path / "got", LOOPBACK)
    assert len(commit) == 40
    assert (tmp_path / "got" / "module.yaml").read_text() == f"title: {title}\n"
    assert not (tmp_path / "got" / "link").exists()
    assert not (tmp_path / "got" / "x").exists()


async def test_a_reference_that_is_not_there_is_said_in_words(server: TestServer, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="nowhere"):
        await git.fetch(str(server.make_url("/work")), "nowhere", tmp_path / "got", LOOPBACK)


@pytest.mark.parametrize("ref", ["--upload-pack=x", "a b", "a..b", "-x"])
async def test_a_reference_that_is_an_option_is_invalid(ref: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        await git.fetch("https://example.org/x.git", ref, tmp_path / "got")


async def test_a_private_address_is_not_reached(server: TestServer, tmp_path: Path) -> None:
    for address in (
        str(server.make_url("/work")),
        f"http://localhost:{server.port}/work",
        "http://169.254.169.254/x",
    ):
        with pytest.raises(Invalid, match="not public"):
            await git.fetch(address, "", tmp_path / "got")
