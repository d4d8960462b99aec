"""One rig per kind of launcher: the launcher, what it needs, and what it can isolate."""

from __future__ import annotations

import asyncio
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from launchers import Handle, Launcher, LaunchSpec, State, Status
from launchers.docker.launcher import DockerLauncher
from launchers.docker.options import DockerOptions
from launchers.fake import FakeLauncher, FakeNode
from launchers.local.launcher import ProcessLauncher
from launchers.slurm.launcher import SlurmLauncher
from launchers.slurm.options import SlurmOptions
from launchers.udocker.launcher import UdockerLauncher
from launchers.udocker.options import UdockerOptions
from launchers.udocker.remote import RemoteUdockerLauncher
from launchers.udocker.store import UdockerStore
from tests.conftest import unavailable
from tests.integration.cluster import alone
from tests.integration.conftest import TARBALL
from tests.integration.launchers.elsewhere import Elsewhere, another_host
from tests.integration.launchers.programs import script_of

WAIT_S = 60


@dataclass
class Rig:
    """A kind of launcher with its image and owner."""

    kind: str
    again: Callable[[], Launcher]  # another launcher object on the same node, as after a restart
    image: str
    owner: str
    launcher: Launcher = field(init=False)

    def __post_init__(self) -> None:
        self.launcher = self.again()

    def spec(self, *command: str, name: str | None = None, **values: Any) -> LaunchSpec:
        name = name or f"t-{uuid.uuid4().hex[:12]}"
        values = {"image": self.image, "owner": self.owner, "memory_mb": 256, "workdir": "/tmp", **values}
        return LaunchSpec(name=name, command=command, **values)

    async def until(self, handle: Handle, *states: State) -> Status:
        """Wait for the condition, not for a time."""
        async with asyncio.timeout(WAIT_S):
            while True:
                status = await self.launcher.status(handle)
                if status.state in states:
                    return status
                assert status.state in (State.STARTING, State.RUNNING), status
                await asyncio.sleep(0.02)

    async def end(self, handle: Handle) -> Status:
        return await self.until(handle, State.EXITED)

    async def until_printed(self, handle: Handle, text: bytes) -> None:
        async with asyncio.timeout(WAIT_S):
            while text not in await self.launcher.logs(handle):
                assert (await self.launcher.status(handle)).state in (State.STARTING, State.RUNNING)
                await asyncio.sleep(0.02)

    async def run(self, *command: str, **values: Any) -> tuple[Status, str]:
        """Run to the end; the status and what was printed."""
        handle = await self.launcher.start(self.spec(*command, **values))
        status = await self.end(handle)
        return status, (await self.launcher.logs(handle)).decode()


@pytest.fixture(scope="session")
def udocker_state(
    image_archive: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, str]]:
    """A folder of udocker's with the image in it, and the image's id."""
    if not os.environ.get("UDOCKER_TARBALL") and not TARBALL.is_file():
        unavailable(f"udocker's engine ({TARBALL}, or UDOCKER_TARBALL)")
    state = tmp_path_factory.mktemp("udocker")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UDOCKER_TARBALL", os.environ.get("UDOCKER_TARBALL") or str(TARBALL))
        yield state, UdockerStore(state).prepare(str(image_archive))
    shutil.rmtree(state)


def _docker(request: pytest.FixtureRequest, owner: str) -> Rig:
    return Rig("docker", DockerLauncher, request.getfixturevalue("image_id"), owner)


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """Another host with an SSH server and an engine."""
    with another_host(tmp_path_factory.getbasetemp()) as host:
        yield host


@pytest.fixture(scope="session")
def image_elsewhere(elsewhere: Elsewhere, image_archive: Path) -> None:
    """The image on the other host's engine."""
    elsewhere.docker("load", "--input", str(image_archive))


def _docker_elsewhere(request: pytest.FixtureRequest, owner: str, settings: dict[str, str]) -> Rig:
    request.getfixturevalue("image_elsewhere")
    state = request.getfixturevalue("tmp_path") / "state"
    image = request.getfixturevalue("image_id")
    return Rig("docker", lambda: DockerLauncher(state, DockerOptions(**settings)), image, owner)


def _docker_ssh(request: pytest.FixtureRequest, owner: str) -> Rig:
    return _docker_elsewhere(request, owner, request.getfixturevalue("elsewhere").engine_over_ssh)


def _docker_tls(request: pytest.FixtureRequest, owner: str) -> Rig:
    return _docker_elsewhere(request, owner, request.getfixturevalue("elsewhere").engine_over_tls)


def _udocker(request: pytest.FixtureRequest, owner: str) -> Rig:
    state, image = request.getfixturevalue("udocker_state")
    return Rig("udocker", lambda: UdockerLauncher(state), image, owner)


@pytest.fixture(scope="session")
def udocker_elsewhere(
    elsewhere: Elsewhere, image_archive: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[str, Any], str]]:
    """Settings of udocker of an ordinary user of the other host, and the id of the image there."""
    folder = f"tests-{uuid.uuid4().hex[:8]}"
    tarball = os.environ.get("UDOCKER_TARBALL") or str(TARBALL)
    settings = {**elsewhere.ssh, "folder": f"~/{folder}", "udocker_tarball": tarball}
    launcher = RemoteUdockerLauncher(tmp_path_factory.mktemp("udocker-ssh"), UdockerOptions(**settings))
    yield settings, alone(launcher.prepare(str(image_archive)), launcher)
    shutil.rmtree(Path(f"~{elsewhere.user}").expanduser() / folder, ignore_errors=True)


def _udocker_ssh(request: pytest.FixtureRequest, owner: str) -> Rig:
    settings, image = request.getfixturevalue("udocker_elsewhere")
    state = request.getfixturevalue("tmp_path") / "state"
    return Rig("udocker", lambda: RemoteUdockerLauncher(state, UdockerOptions(**settings)), image, owner)


def _slurm(request: pytest.FixtureRequest, owner: str) -> Rig:
    state, settings, image = request.getfixturevalue("slurm_state")
    return Rig("slurm", lambda: SlurmLauncher(state, SlurmOptions(**settings)), image, owner)


def _process(request: pytest.FixtureRequest, owner: str) -> Rig:
    state = request.getfixturevalue("tmp_path") / "state"
    return Rig("process", lambda: ProcessLauncher(state), "none", owner)


def _fake(request: pytest.FixtureRequest, owner: str) -> Rig:
    node = FakeNode(behave=script_of, images={"none"})
    return Rig("fake", lambda: FakeLauncher(node), "none", owner)


MAKERS = {
    "fake": _fake,
    "process": _process,
    "docker": _docker,
    "docker-ssh": _docker_ssh,
    "docker-tls": _docker_tls,
    "udocker": _udocker,
    "udocker-ssh": _udocker_ssh,
    "slurm": _slurm,
}
#: The same engine, or the same launcher, as another kind's: asked again where the way to it matters.
OTHER_WAYS = ("docker-tls", "udocker-ssh")
REAL = tuple(kind for kind in MAKERS if kind not in {"fake", *OTHER_WAYS})
ISOLATED = tuple(kind for kind in REAL if kind != "process")
SERVING = (*(kind for kind in REAL if kind != "slurm"), *OTHER_WAYS)


@pytest.fixture
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    """The kind named by the test's parameter; whatever it started is removed."""
    made = MAKERS[request.param](request, owner=f"tests-{uuid.uuid4().hex[:8]}")
    yield made
    for handle in await made.launcher.list(made.owner):
        await made.launcher.remove(handle)
    await made.launcher.close()


def kinds(*names: str) -> pytest.MarkDecorator:
    """Run a test with each of these kinds."""
    marks = {kind: [getattr(pytest.mark, kind)] for kind in ("docker", "udocker", "slurm")}
    return pytest.mark.parametrize(
        "rig", [pytest.param(n, marks=marks.get(n.partition("-")[0], [])) for n in names], indirect=True
    )
