"""A deployed model, all of it real: `huggins gateway`, replicas as processes, workers to be killed."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests
import sqlalchemy as sa

from dashboard.database.engine import Database
from dashboard.database.tables import platform_facts
from deploy.model.deployment import Deployment, Scaling, Version, now
from deploy.model.store import DeploymentStore
from tests.contract.deepaas.servers import wait_for

HUGGINS = Path(sys.executable).with_name("huggins")
PATIENCE_S = 90.0
GATEWAY, NAME = "faults", "stars"


@dataclass(frozen=True)
class RunningGateway:
    """A gateway that runs.

    Attributes
    ----------
    home
        Of the platform; everything that it keeps.
    temporary
        Where its processes put temporary files.
    port
        Of the gateway, on 127.0.0.1.
    process
        The gateway.
    """

    home: Path
    temporary: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        """Where the model is asked."""
        return f"http://127.0.0.1:{self.port}/predict/{NAME}"

    def processes(self) -> list[psutil.Process]:
        """Return what runs for the replicas: their supervisors, servers and workers."""
        found = []
        for process in psutil.process_iter():
            try:
                words = " ".join((process.cwd(), *process.cmdline()))
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
            if str(self.home) in words and process.pid != self.process.pid:
                found.append(process)
        return found

    def servers(self) -> list[psutil.Process]:
        """Return the HTTP process of each replica, in a lasting order."""
        found = [each for each in self.processes() if "deepaas_plugins.serve" in words_of(each)]
        return sorted(found, key=lambda process: process.pid)

    def memory(self) -> int:
        """Return the bytes of the HTTP processes and workers (proportional set size)."""
        return sum(
            int(process.memory_full_info().pss)
            for server in self.servers()
            for process in (server, *server.children())
        )


def words_of(process: psutil.Process) -> list[str]:
    """Return a process' command; of one that has gone, none."""
    try:
        return list(process.cmdline())
    except psutil.NoSuchProcess:
        return []


def workers_of(server: psutil.Process) -> list[psutil.Process]:
    """Return the worker processes of a replica that live."""
    return [each for each in server.children() if "deepaas_plugins.serve.worker.process" in words_of(each)]


def port_of(server: psutil.Process) -> int:
    """Return where a replica listens."""
    words = words_of(server)
    return int(words[words.index("--port") + 1])


async def prepare_home(home: Path, model: Path, replicas: int) -> None:
    """Write the desired state into the database of a new platform."""
    database = Database(f"sqlite:///{home / 'huggins.sqlite'}")
    await database.migrate()
    async with database.write() as connection:
        await connection.execute(sa.insert(platform_facts).values(name="owner", value="faults"))
    version = Version(1, "rdf", "0.1.0", "none", now(), model="stars", model_folder=model)
    scaling = Scaling(minimum=replicas, maximum=replicas)
    await DeploymentStore(database).add(Deployment(NAME, ("local",), now(), (version,), scaling=scaling))
    await database.close()


@contextmanager
def gateway(home: Path, temporary: Path) -> Iterator[RunningGateway]:
    """Run a gateway, and stop it as a person does."""
    command = [str(HUGGINS), "gateway", "--name", GATEWAY, "--port", "0"]
    environment = {
        **os.environ,
        "HUGGINS_HOME": str(home),
        "HUGGINS_NODES_LOCAL_KIND": "process",
        "TMPDIR": str(temporary),
        "COLUMNS": "200",
    }
    log = home / "gateway.log"
    with log.open("wb") as out, subprocess.Popen(command, env=environment, stdout=out, stderr=out) as process:
        try:
            yield RunningGateway(home, temporary, _listening(process, log), process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE_S)


def _listening(process: subprocess.Popen[bytes], log: Path) -> int:
    """Wait until a gateway says on which port it listens."""
    found = wait_for(
        lambda: process.poll() is not None or re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text())
    )
    assert isinstance(found, re.Match), log.read_text()
    return int(found[1])


@asynccontextmanager
async def serving(folder: Path, model: Path, replicas: int) -> AsyncIterator[RunningGateway]:
    """Deploy a model with that number of replicas; at the end, nothing may be left."""
    home, temporary = folder / "home", folder / "tmp"
    home.mkdir()
    temporary.mkdir()
    await prepare_home(home, model, replicas)
    with gateway(home, temporary) as running:
        await until(lambda: len(ready(running)) == replicas)
        yield running
    assert running.process.returncode == 0
    assert running.processes() == []
    assert [path for path in temporary.rglob("*") if path.is_file()] == []
    # What the launcher knows of would be a container where there is an engine.
    assert [*home.glob("gateways/*/launchers/*/launches/*")] == []


def ready(running: RunningGateway) -> list[psutil.Process]:
    """Return the replicas whose worker holds the model."""
    return [server for server in running.servers() if is_ready(server)]


def is_ready(server: psutil.Process) -> bool:
    """Whether a replica says that it can answer."""
    try:
        return requests.get(f"http://127.0.0.1:{port_of(server)}/health/ready", timeout=10).ok
    except (requests.RequestException, ValueError):  # it does not answer, or has gone with its command line
        return False


async def until(condition: Callable[[], Any]) -> None:
    """Ask, in a thread of its own, until the answer is yes."""
    async with asyncio.timeout(PATIENCE_S):
        while not await asyncio.to_thread(condition):
            await asyncio.sleep(0.02)
