"""Deployments over the fake node, with real HTTP servers as their replicas."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy.ext.asyncio import create_async_engine

from deploy import keeper as keeper_module
from deploy.deployment import Condition, Deployment, DeploymentError, NameTaken, UnknownDeployment
from deploy.service import DeployService
from deploy.store import Database, DeploymentStore
from deploy.tables import metadata
from launchers.base import Handle, LaunchSpec
from launchers.fake import FakeLauncher, FakeNode


class ServingLauncher(FakeLauncher):
    """The fake one, but somebody answers at the address of what it started."""

    def __init__(self, node: FakeNode, address: str) -> None:
        super().__init__(node)
        self.address = address

    def _with_address(self, handle: Handle) -> Handle:
        return dataclasses.replace(handle, address=self.address)

    async def start(self, spec: LaunchSpec) -> Handle:
        return self._with_address(await super().start(spec))

    async def find(self, name: str) -> Handle | None:
        handle = await super().find(name)
        return None if handle is None else self._with_address(handle)


async def echo(request: web.Request) -> web.Response:
    body = await request.read()
    return web.json_response(
        {
            "path": request.path_qs,
            "length": len(body),
            "headers": {k.lower(): v for k, v in request.headers.items()},
        },
        headers={"X-From": "replica", "Set-Cookie": "a=b"},
    )


@pytest.fixture
async def replica() -> AsyncIterator[TestServer]:
    app = web.Application(client_max_size=2**30)

    async def models(_request: web.Request) -> web.Response:
        return web.json_response({"models": []})

    app.router.add_get("/v2/models/", models)
    app.router.add_route("*", "/{tail:.*}", echo)
    server = TestServer(app)
    await server.start_server()
    yield server
    await server.close()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/deploy.sqlite")

    class Doors:
        read = staticmethod(engine.begin)
        write = staticmethod(engine.begin)

    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield Doors()
    await engine.dispose()


@pytest.fixture
def node() -> FakeNode:
    return FakeNode()


@pytest.fixture
async def service(
    database: Database, node: FakeNode, replica: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[DeployService]:
    monkeypatch.setattr(keeper_module, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(keeper_module, "FIRST_PAUSE_S", 0.1)
    service = make_service(database, node, str(replica.make_url("")).rstrip("/"), tmp_path)
    await service.start()
    yield service
    await service.close()


def make_service(database: Database, node: FakeNode, address: str, folder: Path) -> DeployService:
    launcher = ServingLauncher(node, address)

    def launcher_of(name: str) -> ServingLauncher:
        return {"local": launcher}[name]

    return DeployService(DeploymentStore(database), launcher_of, folder, owner="me")


def deployment(name: str = "be-stars", **changes: object) -> Deployment:
    plain = Deployment(name, "rdf", "0.1.0", "sha256:1", "local", "2026-01-01T00:00:00.000Z", model="m1")
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


def is_in(service: DeployService, condition: Condition, name: str = "be-stars") -> Callable[[], bool]:
    return lambda: service.get(name)[1].condition is condition


async def call(
    service: DeployService, path: str, **request: object
) -> tuple[int, dict[str, object], dict[str, str]]:
    """Send a real request through the proxy in front."""

    async def handler(incoming: web.Request) -> web.StreamResponse:
        return await service.proxy.handle(
            incoming, incoming.match_info["name"], "/" + incoming.match_info["tail"]
        )

    app = web.Application(client_max_size=0)
    app.router.add_route("*", "/deployments/{name}/{tail:.*}", handler)
    async with TestServer(app) as front, aiohttp.ClientSession() as session:
        async with session.post(front.make_url(path), **request) as answer:  # type: ignore[arg-type]
            return answer.status, json.loads(await answer.text()), dict(answer.headers)


async def test_a_new_deployment_becomes_ready_and_answers_calls(service: DeployService) -> None:
    await service.create(deployment())
    await until(is_in(service, Condition.READY))
    status, body, headers = await call(
        service, "/deployments/be-stars/v2/models/rdf/predict/?top=3", data=b"x" * 300_000
    )
    assert status == 200
    assert body["path"] == "/v2/models/rdf/predict/?top=3"
    assert body["length"] == 300_000
    assert headers["X-From"] == "replica"


async def test_cookies_and_credentials_of_the_platform_never_reach_a_replica(service: DeployService) -> None:
    await service.create(deployment())
    _, body, headers = await call(
        service,
        "/deployments/be-stars/x",
        data=b"",
        headers={
            "Cookie": "session=1",
            "Authorization": "Bearer t",
            "Connection": "X-Hop",
            "X-Hop": "1",
            "X-Kept": "1",
        },
    )
    seen = body["headers"]
    assert isinstance(seen, dict)
    assert not {"cookie", "authorization", "x-hop"} & seen.keys()
    assert seen["x-kept"] == "1"
    assert "Set-Cookie" not in headers


async def test_a_call_waits_for_a_replica_that_is_starting(service: DeployService, node: FakeNode) -> None:
    node.lose_answers = 1  # the first start fails, the keeper finds the replica at its second try
    await service.create(deployment())
    status, _, _ = await call(service, "/deployments/be-stars/v2/", data=b"")
    assert status == 200


async def test_a_dead_replica_is_started_again(service: DeployService, node: FakeNode) -> None:
    await service.create(deployment())
    await until(is_in(service, Condition.READY))
    node.finish("d-be-stars-1", 137, b"Killed\n", reason="killed: out of memory (limit 2048 MB)")
    await until(is_in(service, Condition.FAILED))
    reason = service.get("be-stars")[1].reason
    assert "out of memory (limit 2048 MB)" in reason
    assert "Killed" in reason
    await until(is_in(service, Condition.READY))
    assert service.get("be-stars")[1].restarts == 1
    assert [spec.name for spec in node.started] == ["d-be-stars-1"] * 2


async def test_a_restarted_platform_takes_up_the_running_replica(
    service: DeployService, database: Database, node: FakeNode, replica: TestServer, tmp_path: Path
) -> None:
    await service.create(deployment())
    await until(is_in(service, Condition.READY))
    await service.close()
    second = make_service(database, node, str(replica.make_url("")).rstrip("/"), tmp_path)
    await second.start()
    await until(is_in(second, Condition.READY))
    assert len(node.started) == 1
    await second.close(stop_replicas=True)
    assert node.stopped == ["d-be-stars-1"]


async def test_a_disabled_deployment_says_so_and_comes_back(service: DeployService, node: FakeNode) -> None:
    await service.create(deployment())
    await until(is_in(service, Condition.READY))
    await service.enable("be-stars", enabled=False)
    assert node.stopped == ["d-be-stars-1"]
    status, body, _ = await call(service, "/deployments/be-stars/v2/", data=b"")
    assert status in (503, 404)
    assert "disabled" in str(body["detail"])
    await service.enable("be-stars", enabled=True)
    await until(is_in(service, Condition.READY))


async def test_a_deleted_deployment_is_gone_and_its_name_is_free(service: DeployService) -> None:
    await service.create(deployment())
    await service.delete("be-stars")
    with pytest.raises(UnknownDeployment, match="no deployment named 'be-stars'"):
        service.get("be-stars")
    status, body, _ = await call(service, "/deployments/be-stars/v2/", data=b"")
    assert (status, body["title"]) == (404, "No such deployment")
    await service.create(deployment())


async def test_a_taken_name_a_bad_name_and_an_unknown_node_are_refused(service: DeployService) -> None:
    await service.create(deployment())
    with pytest.raises(NameTaken, match="choose another"):
        await service.create(deployment())
    with pytest.raises(DeploymentError, match="no deployment name"):
        deployment("../etc")
    with pytest.raises(DeploymentError, match="no node named 'moon'"):
        await service.create(deployment("other", node="moon"))


async def test_the_model_is_mounted_read_only_below_the_working_folder(
    service: DeployService, node: FakeNode, tmp_path: Path
) -> None:
    await service.create(deployment(model_folder=tmp_path / "model"))
    await until(is_in(service, Condition.READY))
    spec = node.specification("d-be-stars-1")
    mounts = {mount.target: mount for mount in spec.mounts}
    assert mounts["/job/model"].read_only
    assert spec.env["HUGGINS_MODEL"] == "model"
    assert spec.port
    assert not spec.network
