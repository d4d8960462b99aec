"""`huggins mcp`: an assistant's program asks by the protocol what a person asks by pages."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from dashboard.cli.api import connect
from dashboard.cli.commands.data import upload
from dashboard.cli.commands.jobs import follow
from dashboard.cli.server import serving
from dashboard.settings import ModulesSettings, NodeSettings, ServerSettings, Settings
from spectra.synthetic import write_folder
from tests.integration.images import catalog_of

FEW = {"trees": 20, "folds": 2}
HUGGINS = Path(sys.executable).with_name("huggins")


class Assistant:
    """The other side of the protocol."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.write, self.read, self.number = process.stdin, process.stdout, 0

    async def line(self, text: str) -> Any:
        self.write.write(text.encode() + b"\n")
        return json.loads(await asyncio.wait_for(self.read.readline(), 60))

    async def ask(self, method: str, **params: Any) -> Any:
        self.number += 1
        message = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}
        answer = await self.line(json.dumps(message))
        assert answer["id"] == self.number
        return answer.get("result") or answer["error"]

    async def call(self, name: str, **arguments: Any) -> Any:
        found = await self.ask("tools/call", name=name, arguments=arguments)
        text = found["content"][0]["text"]
        return text if found["isError"] else json.loads(text)


@asynccontextmanager
async def assistant(address: str, token: str, folder: Path) -> AsyncIterator[Assistant]:
    words = (HUGGINS, "--server", address, "--token", token, "mcp")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*words, cwd=folder, stdin=pipe, stdout=pipe)
    yield Assistant(process)
    assert process.stdin is not None
    process.stdin.close()
    assert await asyncio.wait_for(process.wait(), 60) == 0


async def test_an_assistant_searches_trains_and_predicts(tmp_path: Path) -> None:
    write_folder(tmp_path / "stars", 40, seed=3)
    settings = Settings(
        home=tmp_path / "home", server=ServerSettings(port=0), nodes={"local": NodeSettings(kind="process")}
    )
    async with serving(settings) as served, connect(served.connection) as api:
        place = served.connection
        dataset = (await upload(api, (tmp_path / "stars",), "stars"))["dataset"]["id"]
        async with assistant(place.address, place.token, tmp_path) as asks:
            begun = await asks.ask("initialize", protocolVersion="2025-06-18", capabilities={})
            assert begun["serverInfo"]["name"] == "huggins"
            names = [tool["name"] for tool in (await asks.ask("tools/list"))["tools"]]
            assert {"search", "train", "predict"} <= set(names)
            assert "rdf" in [one["name"] for one in await asks.call("search", words="forest")]
            assert [one["id"] for one in await asks.call("datasets", words="stars")] == [dataset]
            job = await asks.call(
                "train", module="rdf", dataset=dataset, parameters={"trees": 20, "folds": 2}
            )
            async with asyncio.timeout(120):
                while (told := await asks.call("job", job=job["id"]))["phase"] not in ("COMPLETED", "ERROR"):
                    await asyncio.sleep(0.2)
            await api.post("/deployments", {"name": "hot", "model": told["model"]})
            file = str(tmp_path / "stars" / "synthetic-000001.fits")
            assert (await asks.call("predict", deployment="hot", files=[file]))["results"][0]["label"]
            assert "does not find similar" in await asks.call("similar", deployment="hot", files=[file])
            assert "There is no dataset nosuch" in await asks.call("train", module="rdf", dataset="nosuch")
            assert "needed" in (await asks.ask("tools/call", name="predict", arguments={}))["message"]
            assert (await asks.ask("nothing"))["code"] == -32601
            assert (await asks.line("{"))["error"]["code"] == -32700
        token = (await api.post("/settings/tokens", {"title": "reads", "scopes": ["read"]}))["token"][
            "secret"
        ]
        async with assistant(place.address, token, tmp_path) as asks:
            assert await asks.call("search")
            assert "scope" in await asks.call("train", module="rdf", dataset=dataset)


async def test_an_assistant_finds_similar_spectra(tmp_path: Path) -> None:
    write_folder(tmp_path / "stars", 40, seed=3)
    settings = Settings(
        home=tmp_path / "home", server=ServerSettings(port=0), nodes={"local": NodeSettings(kind="process")},
        modules=ModulesSettings(folder=catalog_of(tmp_path / "modules", "embedding")),
    )  # fmt: skip
    async with serving(settings) as served, connect(served.connection) as api:
        place = served.connection
        dataset = (await upload(api, (tmp_path / "stars",), "stars"))["dataset"]["id"]
        body = {"module": "embedding", "dataset": dataset, "parameters": {"umap": False, "tsne": False}}
        job = await follow(api, (await api.post("/jobs", body))["job"]["id"], quiet=True)
        assert job["phase"] == "COMPLETED", job["reason"]
        await api.post("/deployments", {"name": "maps", "job": job["id"]})
        async with assistant(place.address, place.token, tmp_path) as asks:
            file = str(tmp_path / "stars" / "synthetic-000001.fits")
            told = await asks.call("similar", deployment="maps", files=[file], count=3)
            assert len(told["results"][0]["similar"]) == 3
            assert told["results"][0]["similar"][0]["distance"] < 1e-3  # itself
