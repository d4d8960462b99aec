"""A gateway in this process, with real replicas and a real front door."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import sqlalchemy as sa
from aiohttp.test_utils import TestServer

from dashboard.cli.commands.gateway import gateway_service
from dashboard.database.engine import Database
from dashboard.database.tables import platform_facts
from dashboard.settings import Settings
from deploy.application import create_application
from deploy.model.deployment import Version, now
from deploy.service import DeployService

NAME = "stars"
PATIENCE_S = 60


@dataclass
class Gateway:
    """A gateway and its front door."""

    service: DeployService
    address: str
    session: aiohttp.ClientSession
    spectrum: bytes
    answered: int = 0

    async def ask(self, token: str = "") -> int:
        """Ask about a spectrum; return HTTP's status."""
        form = aiohttp.FormData()
        form.add_field("data", self.spectrum, filename="star.fits")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.session.post(f"{self.address}/predict/{NAME}", data=form, headers=headers) as answer:
            body = await answer.json()
            if answer.status == 200:
                assert body["predictions"]["results"][0]["label"]
                self.answered += 1
            return answer.status

    async def health(self) -> dict[str, Any]:
        """Return its health."""
        async with self.session.get(f"{self.address}/health") as answer:
            found: dict[str, Any] = await answer.json()
            return found

    def ready(self) -> dict[str, int]:
        """Return the replicas that are ready, with their versions."""
        found = self.service.get(NAME)[1].replicas
        return {one.name: one.version for one in found if one.state == "ready"}


@asynccontextmanager
async def gateway(settings: Settings, name: str, spectrum: bytes) -> AsyncIterator[Gateway]:
    """Run a gateway on the settings' database."""
    async with gateway_service(settings, name) as service, aiohttp.ClientSession() as session:
        server = TestServer(create_application(service))
        await server.start_server()
        try:
            yield Gateway(service, str(server.make_url("")).rstrip("/"), session, spectrum)
        finally:
            await server.close()


async def migrated(url: str) -> Database:
    """Open a database and make it a platform's."""
    database = Database(url)
    await database.migrate()
    async with database.write() as connection:
        await connection.execute(sa.insert(platform_facts).values(name="owner", value="t"))
    return database


def spectrum_of(trained: Path) -> bytes:
    """Return a spectrum that the forest knows."""
    return next((trained / "data").glob("*.fits")).read_bytes()


def version(trained: Path, image: str = "process") -> Version:
    """Return a version that serves the forest."""
    resources = {"cpus": 1, "memory_mb": 1024, "gpus": 0}
    return Version(1, "rdf", "0.1.0", image, now(), "m1", trained / "model", resources=resources)


async def until(condition: Callable[[], Awaitable[object]]) -> None:
    """Wait for a condition, with patience."""
    async with asyncio.timeout(PATIENCE_S):
        while not await condition():
            await asyncio.sleep(0.02)
