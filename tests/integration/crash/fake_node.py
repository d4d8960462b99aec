"""A fake node in a process of its own, so that it outlives the platform: `serve` and `SocketLauncher`.

It is a bad node: now and then a start does start while its answer is lost, or a question is not answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from pathlib import Path
from typing import Any

from launchers import Handle, LaunchError, LaunchSpec, NodeDown, NodeHealth, Status
from launchers.base import Handles
from launchers.fake import FakeLauncher, FakeNode, Script
from tests.integration.crash.runner import LEDGER, run

LOST_STARTS = 0.05
LOST_ANSWERS = 0.01


class Server:
    """The node's side: one JSON line asked, one answered, per connection."""

    def __init__(self, stage: Path, seed: int) -> None:
        self.node = FakeNode(behave=self._behave)
        self.launcher = FakeLauncher(self.node)
        self._stage = stage
        self._chance = random.Random(seed)
        self._running: set[asyncio.Task[None]] = set()

    def _behave(self, spec: LaunchSpec) -> Script:
        task = asyncio.create_task(self._run(spec))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return Script()

    async def _run(self, spec: LaunchSpec) -> None:
        folder = next(mount.source for mount in spec.mounts if mount.target == "/job")
        ledger = self._stage / Path(spec.env[LEDGER]).name
        code = await asyncio.to_thread(run, folder, ledger)
        with contextlib.suppress(KeyError):  # removed while it ran
            self.node.finish(spec.name, code)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        if not line.endswith(b"\n"):  # the platform was killed before it had asked
            writer.close()
            return
        asked = json.loads(line)
        try:
            said: dict[str, Any] = {"answer": await self._do(asked["method"], asked["about"])}
        except LaunchError as error:
            said = {"down": isinstance(error, NodeDown), "reason": error.reason}
        with contextlib.suppress(ConnectionError):  # the platform was killed while it asked
            writer.write(json.dumps(said).encode() + b"\n")
            await writer.drain()
            writer.close()

    async def _do(self, method: str, about: Any) -> Any:
        if method == "start":
            self.node.lose_answers = int(self._chance.random() < LOST_STARTS)
            return (await self.launcher.start(LaunchSpec.from_json(about))).to_json()
        if self._chance.random() < LOST_ANSWERS:
            raise NodeDown("fake", "the answer was lost")
        if method == "list":
            return [handle.to_json() for handle in await self.launcher.list(about)]
        if method == "find":
            found = await self.launcher.find(about)
            return found.to_json() if found else None
        handle = Handle.from_json(about)
        if method == "status":
            status = await self.launcher.status(handle)
            return status.to_json()
        await getattr(self.launcher, method)(handle)  # stop, remove
        return None


def serve(socket: str, stage: str, seed: int) -> None:
    """Be the node until killed."""

    async def forever() -> None:
        server = await asyncio.start_unix_server(Server(Path(stage), seed).answer, socket)
        await server.serve_forever()

    asyncio.run(forever())


class SocketLauncher:
    """The platform's side."""

    kind = "fake"

    def __init__(self, socket: str) -> None:
        self._socket = socket

    async def _ask(self, method: str, about: Any) -> Any:
        try:
            reader, writer = await asyncio.open_unix_connection(self._socket)
        except OSError as error:
            raise NodeDown(self.kind, f"no node: {error}") from error
        writer.write(json.dumps({"method": method, "about": about}).encode() + b"\n")
        said = json.loads(await reader.readline())
        writer.close()
        if "reason" in said:
            raise (NodeDown if said["down"] else LaunchError)(self.kind, said["reason"])
        return said["answer"]

    async def start(self, spec: LaunchSpec) -> Handle:
        return Handle.from_json(await self._ask("start", spec.to_json()))

    async def status(self, handle: Handle) -> Status:
        return Status.from_json(await self._ask("status", handle.to_json()))

    async def stop(self, handle: Handle, grace_s: float = 10) -> None:
        await self._ask("stop", handle.to_json())

    async def remove(self, handle: Handle) -> None:
        await self._ask("remove", handle.to_json())

    async def logs(self, handle: Handle, tail: int | None = None) -> bytes:
        return b""

    async def find(self, name: str) -> Handle | None:
        found = await self._ask("find", name)
        return Handle.from_json(found) if found else None

    async def list(self, owner: str) -> Handles:
        return [Handle.from_json(handle) for handle in await self._ask("list", owner)]

    async def probe(self) -> NodeHealth:
        return NodeHealth(True, version="1", details={"cpus": 64, "memory_mb": 2**20})

    async def prepare(self, image: str) -> str:
        return image

    async def close(self) -> None:
        pass
