"""A platform with a Docker node and third-party modules, and upstream's server of the same images."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from dashboard.cli.api import Api
from dashboard.cli.commands.jobs import follow
from dashboard.platform import Platform
from tests.integration.third_party.conftest import IMAGES

PATIENCE_S = 30.0


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    kind: str
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Running:
    """A platform that runs, as its owner's program sees it."""

    platform: Platform
    address: str
    token: str
    api: Api
    link: str

    async def data(self, name: str, files: Mapping[str, bytes]) -> str:
        """Upload files of any sort; return the dataset's id."""
        dataset = (await self.api.post("/data", {"name": name, "kind": "files"}))["dataset"]["id"]
        for path, content in files.items():
            await self.api._ask("PUT", f"/data/{dataset}/files/{path}", data=content)
        await self.api.post(f"/data/{dataset}/done")
        while (found := (await self.api.get(f"/data/{dataset}"))["dataset"])["state"] != "ready":
            assert found["state"] == "indexing", found["reason"]
            await asyncio.sleep(0.02)
        return str(dataset)

    async def train(self, module: str, dataset: str = "", **parameters: Any) -> dict[str, Any]:
        """Train; return the job's page when it has ended."""
        body = {"module": module, "dataset": dataset, "parameters": parameters}
        job = (await self.api.post("/jobs", body))["job"]["id"]
        await follow(self.api, job, quiet=True)
        found: dict[str, Any] = await self.api.get(f"/jobs/{job}")
        return found

    async def progress(self, job: str) -> tuple[int, int]:
        """Return the last step and total that a job wrote; its row may lack them."""
        lines = (await self.api.bytes(f"/jobs/{job}/artefacts/progress.jsonl")).splitlines()
        last = json.loads(lines[-1])
        return last["step"], last["total"]

    async def deploy(self, name: str, **served: str) -> None:
        """Deploy a module or a model, and wait until it answers."""
        await self.api.post("/deployments", {"name": name, **served})
        end = time.monotonic() + PATIENCE_S
        while (found := (await self.api.get(f"/deployments/{name}"))["deployment"])["state"] != "deployed":
            assert time.monotonic() < end, found
            await asyncio.sleep(0.05)

    async def call(self, address: str, *, accept: str = "", files: Any = None, **query: Any) -> Answer:
        """Post to a deployment."""
        return await asyncio.to_thread(self._post, address, accept, files, query)

    def _post(self, address: str, accept: str, files: Any, query: Mapping[str, Any]) -> Answer:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": accept or "*/*"}
        url = f"{self.address}{address}"
        found = requests.post(url, params=query, files=files, headers=headers, timeout=60)
        return Answer(found.status_code, found.headers.get("Content-Type", ""), found.content)


class Upstream:
    """``deepaas-run`` of an image, in a container that nothing of ours touches."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get(self, path: str) -> Answer:
        found = requests.get(f"{self.address}{path}", timeout=60)
        return Answer(found.status_code, found.headers.get("Content-Type", ""), found.content)

    def call(self, path: str, *, accept: str = "", files: Any = None, **query: Any) -> Answer:
        url = f"{self.address}{path}"
        found = requests.post(url, params=query, files=files, headers={"Accept": accept or "*/*"}, timeout=60)
        return Answer(found.status_code, found.headers.get("Content-Type", ""), found.content)

    def train(self, model: str, **query: Any) -> Any:
        """Train; return what ``train`` returned."""
        path = f"/v2/models/{model}/train/"
        begun = self.call(path, **query).json
        end = time.monotonic() + PATIENCE_S
        while (found := self.get(f"{path}{begun['uuid']}").json)["status"] == "running":
            assert time.monotonic() < end, found
            time.sleep(0.05)
        assert found["status"] == "done", found
        return found["result"]["output"]


@contextmanager
def upstream(module: str, *files: tuple[Path, str]) -> Iterator[Upstream]:
    """Run upstream's server of a module's image, with files copied into it before it begins."""
    name = f"huggins-upstream-{uuid.uuid4().hex[:12]}"
    words = ["docker", "create", "--name", name, "-p", "127.0.0.1::5000", f"{IMAGES}/{module}"]
    subprocess.run(words, check=True, capture_output=True)
    try:
        for source, target in files:
            subprocess.run(["docker", "cp", str(source), f"{name}:{target}"], check=True, capture_output=True)
        subprocess.run(["docker", "start", name], check=True, capture_output=True)
        asked = ["docker", "port", name, "5000/tcp"]
        place = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()[0]
        server = Upstream(f"http://{place}")
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                if server.get("/v2/models/").status == 200:
                    break
            except requests.ConnectionError:
                assert time.monotonic() < end
            time.sleep(0.05)
        yield server
    finally:
        subprocess.run(["docker", "rm", "-fv", name], check=False, capture_output=True)
