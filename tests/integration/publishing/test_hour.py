"""An outsider's hour: a new module is published, trained, deployed, called by others, and has a successor."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from dashboard.auth.identity import OWNER, Role
from dashboard.base.ids import new_identifier
from dashboard.cli.api import Api, connect
from dashboard.cli.commands.jobs import follow
from dashboard.cli.connection import Connection
from dashboard.cli.server import Serving, serving
from dashboard.publishing.check.static import static
from dashboard.publishing.finding import Report, Step, StepState
from dashboard.publishing.images.module_image import ModuleImage, build_image
from dashboard.publishing.source.tree import SourceTree
from dashboard.publishing.workshop import Workshop
from dashboard.settings import JobsSettings, ModulesSettings, NodeSettings, ServerSettings, Settings
from spectra.synthetic import write_folder
from tests.folder_upload import upload_folder
from tests.integration.images import REGISTRY

pytestmark = pytest.mark.docker
HUGGINS = str(Path(sys.executable).parent / "huggins")
PATIENCE_S = 120


class Quick(Workshop):
    """Checks the files of a second version only: what a check does in containers is seen with the first."""

    async def check(
        self, folder: Path, image: ModuleImage | None = None
    ) -> tuple[Report, ModuleImage | None]:
        report, tree = Report(str(folder)), SourceTree(folder)
        static.check(tree, report)
        built = image or await build_image(tree, f"huggins-check/wiggles:{new_identifier()}")
        report.steps.append(Step("train", "docker", StepState.PASSED, 0.0))
        return report, built


async def huggins(*words: str, folder: Path) -> str:
    """Run a command in a terminal of somebody who knows nothing of this checkout."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        HUGGINS, *words, cwd=folder, env={**kept, "HOME": str(folder), "COLUMNS": "200"},
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


@asynccontextmanager
async def platform(folder: Path) -> AsyncIterator[Serving]:
    """A platform with Docker and the registry, and two people."""
    (folder / "modules").mkdir()
    settings = Settings(
        home=folder / "home",
        server=ServerSettings(port=0),
        modules=ModulesSettings(folder=str(folder / "modules"), registry=REGISTRY, require_signed=True),
        jobs=JobsSettings(poll_seconds=0.2, memory_mb=1024),
        nodes={"docker": NodeSettings(kind="docker", cpus=4)},
    )
    async with serving(settings) as served:
        for name, role in (("eva", Role.PUBLISHER), ("adam", Role.USER)):
            await served.platform.accounts.create(name, OWNER, roles=[role])
            await served.platform.accounts.activate(name)
        yield served


async def as_person(served: Serving, name: str) -> Connection:
    """Return how a person's programs reach the platform."""
    identity = await served.platform.accounts.identity(name)
    token = await served.platform.sessions.redeem(await served.platform.sessions.one_time_link(identity))
    return Connection(served.connection.address, token)


async def trained(api: Api, dataset: str) -> dict[str, Any]:
    """Train the module that the market offers; return the job and its model."""
    body = {"module": "eva/wiggles", "dataset": dataset, "parameters": {"steps": 60}}
    job = await follow(api, (await api.post("/jobs", body))["job"]["id"], quiet=True)
    assert job["phase"] == "COMPLETED", job["reason"]
    return dict(await api.get(f"/jobs/{job['id']}"))


async def until(api: Api, condition: Any) -> None:
    """Wait for a state of the deployment."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition((await api.get("/deployments/wiggles"))["deployment"]):
            await asyncio.sleep(0.1)


def ready(*numbers: int) -> Any:
    """Return whether just these versions have a replica that is ready."""
    return lambda found: (
        {one["version"] for one in found["replicas"] if one["state"] == "ready"} == set(numbers)
    )


class Caller:
    """Another person, who calls the deployment again and again."""

    def __init__(self, connection: Connection, spectrum: bytes) -> None:
        self.connection, self.spectrum = connection, spectrum
        self.statuses: list[int] = []
        self.answer: dict[str, Any] = {}

    async def once(self, session: aiohttp.ClientSession) -> None:
        form = aiohttp.FormData()
        form.add_field("data", self.spectrum, filename="star.fits")
        headers = {"Authorization": f"Bearer {self.connection.token}"}
        address = f"{self.connection.address}/predict/wiggles"
        async with session.post(address, data=form, headers=headers) as answer:
            self.statuses.append(answer.status)
            self.answer = await answer.json()

    async def go_on(self) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                await self.once(session)


async def test_from_a_new_module_to_somebody_elses_prediction_and_a_second_version(
    docker_engine: None, tmp_path: Path
) -> None:
    await huggins("modules", "new", "wiggles", "--kind", "method", folder=tmp_path)
    folder = tmp_path / "wiggles"
    replaced(folder / "module.yaml", "[docker, udocker]", "[docker]")
    assert "the check passed" in await huggins("modules", "check", "--static", folder=folder)
    write_folder(tmp_path / "stars", 60, seed=3)
    async with platform(tmp_path) as served:
        eva = await as_person(served, "eva")
        options = ("--server", eva.address, "--token", eva.token)
        said = await huggins("modules", "publish", *options, folder=folder)
        assert "eva/wiggles 0.1.0 is published." in said
        identity = await served.platform.accounts.identity("eva")
        made = await upload_folder(served.platform.data, tmp_path / "stars", "stars", identity)
        dataset = (await served.platform.data.settled(made.id)).id
        async with connect(eva) as api:
            first = await trained(api, dataset)
            version = (await api.get("/modules/eva%2Fwiggles/versions/0.1.0"))["version"]
            assert version["image"].startswith(f"{REGISTRY}/eva/wiggles@sha256:")
            assert version["signed"]
            assert "pip install" in version["log"]
            assert {"numpy", "wiggles"} <= {one["name"] for one in version["sbom"]["components"]}
            assert first["job"]["image"] == await image_id(version["image"])
            assert first["job"]["metrics"]["balanced_accuracy"] > 0.8
            body = {"name": "wiggles", "job": first["job"]["id"], "access": "public"}
            await api.post("/deployments", body)
            await until(api, ready(1))
            adam = Caller(
                await as_person(served, "adam"), next((tmp_path / "stars").glob("*.fits")).read_bytes()
            )
            async with aiohttp.ClientSession() as session:
                await adam.once(session)
            assert adam.statuses == [200], adam.answer
            [result] = adam.answer["predictions"]["results"]
            assert result["label"] in first["model"]["classes"]
            await second_version(served, api, adam, folder=folder, dataset=dataset, options=options)


async def second_version(
    served: Serving, api: Api, adam: Caller, *, folder: Path, dataset: str, options: tuple[str, ...]
) -> None:
    """Publish, train and try a second version while somebody calls the first, and go back."""
    served.platform.publisher._builder = Quick(served.platform.settings.modules)
    replaced(folder / "module.yaml", "version: 0.1.0", "version: 0.2.0")
    replaced(folder / "CHANGELOG.md", "## 0.1.0", "## 0.2.0\n- Better.\n\n## 0.1.0")
    calling = asyncio.create_task(adam.go_on())
    try:
        said = await huggins("modules", "publish", *options, folder=folder)
        assert "eva/wiggles 0.2.0 is published." in said
        second = await trained(api, dataset)
        assert second["job"]["module_version"] == "0.2.0"
        added = {"job": second["job"]["id"], "share": 50}
        await api.post("/deployments/wiggles/versions", added)
        await until(api, ready(1, 2))
        before = len(adam.statuses)
        while len(adam.statuses) < before + 8:
            await asyncio.sleep(0.02)
        await api.post("/deployments/wiggles/rollback")
        await until(api, ready(1))
        await served.platform.deploy.usage.write()
        usage = await api.get("/deployments/wiggles/usage")
    finally:
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)
    assert set(adam.statuses) == {200}
    assert usage["versions"]["2"]["requests"] > 0, json.dumps(usage)


async def image_id(name: str) -> str:
    """Return the id of an image by digest, which a node makes of it."""
    words = ("docker", "image", "inspect", "--format", "{{.Id}}", name)
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    return (await process.communicate())[0].decode().strip()


def replaced(file: Path, old: str, new: str) -> None:
    """Replace a text of a file, which must be there."""
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
