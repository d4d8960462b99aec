"""HEAD is taken wherever GET is, and 405 says what is taken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from deepaas_plugins.serve.http.server import Server
from deepaas_plugins.serve.options import Options
from deepaas_plugins.serve.training.service import Trainings
from tests.methods_of_http import assert_405_is_true, assert_head_is_get

TRAIN = "/v2/models/rdf/train/"


@pytest.fixture
def application(tmp_path: Path) -> web.Application:
    server = Server(Options(state=tmp_path), {"rdf": []})
    return server.application()


@pytest.fixture
def trained(tmp_path: Path) -> str:
    """Make a training that has ended; return its id."""
    folder = Trainings("rdf", tmp_path).new_folder()
    (folder / "out").mkdir()
    (folder / "out" / "report.json").write_text("{}")
    (folder / "log.txt").write_text("a line\n")
    (folder / "record.json").write_text(
        json.dumps({"uuid": folder.name, "status": "done", "args": {}, "date": "2026-11-01 00:00:00"})
    )
    return folder.name


async def test_methods_are_those_of_the_route_table(tmp_path: Path) -> None:
    application = Server(Options(state=tmp_path), {}).application()  # no worker is waited for
    async with TestClient(TestServer(application)) as client:
        await assert_405_is_true(client, application, {}, {})
        good = await assert_head_is_get(client, application, {}, {})
    assert good >= {"/", "/v2/", "/v2/models/", "/metrics", "/health/live", "/api"}


async def test_trainings_answer_to_head_as_to_get(application: web.Application, trained: str) -> None:
    async with TestClient(TestServer(application)) as client:
        for path in ("", f"{trained}/log", f"{trained}/artefacts", f"{trained}/artefacts/report.json"):
            got = await client.get(TRAIN + path)
            head = await client.head(TRAIN + path)
            assert (got.status, head.status) == (200, 200), path
            assert head.headers["Content-Length"] == str(len(await got.read()))
            assert await head.read() == b""


async def test_a_method_that_is_not_taken_names_those_that_are(application: web.Application) -> None:
    async with TestClient(TestServer(application)) as client:
        for path, allowed in (
            ("/v2/models/rdf/predict/", {"POST"}),
            (TRAIN, {"GET", "HEAD", "POST"}),
            (f"{TRAIN}0123", {"DELETE", "GET", "HEAD"}),
            ("/v2/models/", {"GET", "HEAD"}),
        ):
            answer = await client.put(path)
            assert answer.status == 405
            assert set(answer.headers["Allow"].split(",")) == allowed, path
