"""A deploy service over fake nodes, with real HTTP servers as the replicas."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from multidict import CIMultiDict
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from yarl import URL

from deploy.access.authorization import CallerRole
from deploy.model.deployment import Deployment, Version
from deploy.model.status import DeploymentState, DeploymentStatus
from deploy.model.tables import metadata
from deploy.service import DeployService
from launchers.base import Handle, LaunchSpec
from launchers.fake import FakeLauncher, FakeNode


@dataclass
class Answering:
    """One replica's server: what it got, and how it behaves."""

    image: str
    status: int = 200
    health: int = 200
    got: list[str] = field(default_factory=list)
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    server: TestServer | None = None
    documents: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hold.set()

    async def health_of(self, _request: web.Request) -> web.Response:
        return web.Response(status=self.health)

    async def echo(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade") == "websocket" and request.path.endswith("/socket"):
            return await self.websocket(request)
        self.got.append(request.path_qs)
        self.arrived.set()
        body = await request.read()
        await self.hold.wait()
        if request.path in self.documents:
            return web.json_response(self.documents[request.path])
        if request.path == "/v2":
            raise web.HTTPPermanentRedirect(request.query.get("to", "/v2/"))
        if "large" in request.query:
            return web.Response(body=b"z" * 1_000_000)
        found = {
            "image": self.image,
            "path": request.raw_path,
            "length": len(body),
            "headers": {name.lower(): value for name, value in request.headers.items()},
        }
        headers = {"X-From": "replica", "Set-Cookie": "a=b", "X-Huggins-Spectra": "2"}
        return web.json_response(found, status=self.status, headers=headers)

    async def websocket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(f"{message.data} back")
        return socket

    async def open(self) -> str:
        app = web.Application(client_max_size=2**30)
        app.router.add_get("/health/ready", self.health_of)
        app.router.add_route("*", "/{tail:.*}", self.echo)
        self.server = TestServer(app)
        await self.server.start_server(auto_decompress=False)
        return str(self.server.make_url("")).rstrip("/")


class ServingLauncher(FakeLauncher):
    """The fake one, but somebody answers at the address of what it started."""

    def __init__(self, node: FakeNode) -> None:
        super().__init__(node)
        self.addresses: dict[str, str] = {}
        self.replicas: dict[str, Answering] = {}

    def _with_address(self, handle: Handle) -> Handle:
        return dataclasses.replace(handle, address=self.addresses[handle.name])

    async def start(self, spec: LaunchSpec) -> Handle:
        if spec.name not in self.replicas:
            self.replicas[spec.name] = Answering(spec.image)
            self.addresses[spec.name] = await self.replicas[spec.name].open()
        return self._with_address(await super().start(spec))

    async def find(self, name: str) -> Handle | None:
        handle = await super().find(name)
        return None if handle is None else self._with_address(handle)

    async def close_servers(self) -> None:
        for replica in self.replicas.values():
            replica.hold.set()
            if replica.server is not None:
                await replica.server.close()


class SwitchableDatabase:
    """A database of its own file; `away` makes it not answer."""

    def __init__(self, path: Path) -> None:
        self.engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
        self.away = False

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        if self.away:
            raise OperationalError("select", {}, OSError("no route to host"))
        async with self.engine.begin() as connection:
            yield connection

    write = read

    async def make(self) -> None:
        async with self.engine.begin() as connection:
            await connection.run_sync(metadata.create_all)


@dataclass
class DeployWorld:
    """The service, its nodes and its front door."""

    folder: Path
    database: SwitchableDatabase
    launchers: dict[str, ServingLauncher]
    service: DeployService
    changes: list[str]
    front: TestServer | None = None
    session: aiohttp.ClientSession | None = None
    caller: CallerRole = CallerRole.ANYONE

    @property
    def node(self) -> FakeNode:
        return self.launchers["local"].node

    @property
    def replicas(self) -> dict[str, Answering]:
        return {name: one for launcher in self.launchers.values() for name, one in launcher.replicas.items()}

    def another(self, owner: str = "me") -> DeployService:
        """Return a second service over the same world: after a restart, or beside the first."""
        return DeployService(
            self.database, self.launchers.__getitem__, self.folder, owner, self.changes.append
        )

    def status(self, name: str = "be-stars") -> DeploymentStatus:
        return self.service.get(name)[1]

    def running(self) -> list[str]:
        """Return the images of the containers that run."""
        return sorted(spec.image for launcher in self.launchers.values() for spec in running(launcher.node))

    async def ready(self, number: int = 1, name: str = "be-stars") -> None:
        await until(lambda: states(self.status(name)).count("ready") == number)

    async def open(self) -> None:
        async def handler(request: web.Request) -> web.StreamResponse:
            path = request.rel_url.raw_path.removeprefix(f"/deployments/{request.match_info['name']}")
            return await self.service.proxy.handle(request, request.match_info["name"], path, self.caller)

        app = web.Application(client_max_size=0)
        app.router.add_route("*", "/deployments/{name}/{tail:.*}", handler)
        self.front = TestServer(app)
        await self.front.start_server(auto_decompress=False)
        self.session = aiohttp.ClientSession()

    async def close(self) -> None:
        if self.session is not None:
            await self.session.close()
        if self.front is not None:
            await self.front.close()
        await self.service.close()
        for launcher in self.launchers.values():
            await launcher.close_servers()
        await self.database.engine.dispose()

    def url(self, path: str = "v2/models/rdf/predict/", name: str = "be-stars") -> str:
        assert self.front
        return f"{str(self.front.make_url('')).rstrip('/')}/deployments/{name}/{path}"

    async def call(
        self, path: str = "v2/models/rdf/predict/", method: str = "POST", name: str = "be-stars", **more: Any
    ) -> tuple[int, Any, CIMultiDict[str]]:
        """Send a real request through the proxy in front."""
        assert self.session
        async with self.session.request(method, URL(self.url(path, name), encoded=True), **more) as answer:
            return answer.status, json.loads(await answer.text()), answer.headers.copy()


def running(node: FakeNode) -> list[LaunchSpec]:
    return [run.spec for run in node.runs.values() if run.end is None]


def states(status: DeploymentStatus) -> list[str]:
    return [replica.state for replica in status.replicas]


def version(number: int = 1, image: str = "one", **changes: Any) -> Version:
    plain = Version(number, "rdf", "0.1.0", image, "2026-01-01T00:00:00.000Z", model="m1")
    return dataclasses.replace(plain, **changes)


def deployment(name: str = "be-stars", **changes: Any) -> Deployment:
    plain = Deployment(name, ("local",), "2026-01-01T00:00:00.000Z", (version(),))
    return dataclasses.replace(plain, **changes)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


def is_in(world: DeployWorld, condition: DeploymentState, name: str = "be-stars") -> Callable[[], bool]:
    return lambda: world.status(name).state is condition
