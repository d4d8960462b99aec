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
from dashboard.base.ids import new_identifier
from dashboard.publishing.builder import RegistryAway
from dashboard.publishing.check.check import Wanted
from dashboard.publishing.check.from_source import check_source
from dashboard.publishing.images import existing
from dashboard.publishing.images.module_image import ModuleImage, build_image, discard
from dashboard.publishing.scaffold.scaffold import NewModule, write
from dashboard.publishing.source import git
from dashboard.publishing.source.tree import SourceTree
from dashboard.publishing.workshop import Workshop
from dashboard.settings import ModulesSettings
from tests.integration.images import IMAGE, REGISTRY

LOOPBACK = ("127.0.0.0/8",)


@pytest.mark.docker
async def test_an_image_of_the_registry_is_its_module(docker_engine: None, tmp_path: Path) -> None:
    folder = write(NewModule("wiggles"), tmp_path)
    name = f"{REGISTRY}/tests/wiggles:{new_identifier()}"
    built = await build_image(SourceTree(folder), name)
    try:
        pushing = ["docker", "push", "--quiet", name]
        await asyncio.to_thread(subprocess.run, pushing, capture_output=True, check=True)
        workshop = Workshop(ModulesSettings(registry=REGISTRY))
        image = await workshop.bring(name, tmp_path / "brought")
        assert image.name.startswith(f"{REGISTRY}/tests/wiggles@sha256:")
        assert image.id == built.id
        assert SourceTree(tmp_path / "brought").sizes == SourceTree(folder).sizes
        await workshop.discard(image)  # the engine had it before: it stays
        report = await check_source(name, "", Wanted(run=False))
        assert (report.passed, report.module, report.source) == (True, "wiggles", name), report.errors
        with pytest.raises(Invalid, match="not public"):
            await Workshop(ModulesSettings()).bring(name, tmp_path / "again")
        with pytest.raises(Unavailable, match="cannot be fetched"):
            await workshop.bring(f"{REGISTRY}/tests/nothing:1", tmp_path / "nothing")
    finally:
        await discard(built)


@pytest.mark.docker
async def test_an_image_without_a_module_says_what_to_do(image_id: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"carries no module.*COPY \. /opt/module/"):
        await existing.bring(IMAGE, tmp_path / "got", pull=False)
    made = [
        "docker",
        "ps",
        "--all",
        "--quiet",
        "--filter",
        f"ancestor={image_id}",
        "--filter",
        "status=created",
    ]
    assert (await asyncio.to_thread(subprocess.run, made, capture_output=True, check=True)).stdout == b""


@pytest.mark.docker
async def test_a_registry_that_does_not_answer_is_away(image_id: str) -> None:
    workshop = Workshop(ModulesSettings(registry="127.0.0.1:1"))
    with pytest.raises(RegistryAway, match=r"127\.0\.0\.1:1 does not answer"):
        await workshop.push(ModuleImage(image_id, IMAGE), "eva/wiggles", "1.0.0")


async def test_a_repository_is_checked_as_a_folder_is(server: TestServer) -> None:
    report = await check_source(str(server.make_url("/work")), "v1", Wanted(run=False))
    assert report.source.endswith("/work")
    assert not report.passed
    assert {one.code for one in report.errors} >= {"metadata.invalid", "dockerfile.missing"}


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
