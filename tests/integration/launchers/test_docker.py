"""The hardening of Docker containers, seen from inside; and an engine that is not there."""

from __future__ import annotations

import asyncio
import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from launchers import LaunchError, Mount, NodeDown
from launchers.docker.container import UNPRIVILEGED
from launchers.docker.launcher import DockerLauncher
from launchers.docker.options import DockerOptions
from tests.integration.launchers.conftest import WAIT_S, Rig, kinds

pytestmark = [kinds("docker")]


async def test_it_is_not_root_and_cannot_become_it(rig: Rig) -> None:
    code = "print(open('/proc/self/status').read())"
    status, printed = await rig.run("python3", "-c", code)
    facts = dict(line.split(":", 1) for line in printed.splitlines() if ":" in line)
    assert status.exit_code == 0
    assert facts["Uid"].split() == [str(UNPRIVILEGED)] * 4
    assert {int(facts[f"Cap{which}"], 16) for which in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {0}
    assert facts["NoNewPrivs"].strip() == "1"
    assert facts["Seccomp"].strip() == "2"


async def test_only_tmp_can_be_written(rig: Rig) -> None:
    code = (
        "import tempfile\n"
        "tempfile.TemporaryFile().write(b'x')\n"
        "for place in ('/', '/usr', '/etc', '/var/tmp', '/root'):\n"
        "    try: open(place + '/x', 'w')\n"
        "    except OSError: continue\n"
        "    print(place)"
    )
    status, printed = await rig.run("python3", "-c", code)
    assert (status.exit_code, printed) == (0, "")


async def test_a_fork_bomb_stays_inside(rig: Rig) -> None:
    code = (
        "import os, time\n"
        "count = 0\n"
        "try:\n"
        "    while True:\n"
        "        if os.fork() == 0: time.sleep(60); os._exit(0)\n"
        "        count += 1\n"
        "except OSError: print(count)\n"
    )
    status, printed = await rig.run("python3", "-c", code, memory_mb=4096)
    assert status.exit_code == 0
    assert 100 < int(printed) < 2048


async def test_files_come_out_as_the_owner_of_the_job_folder(rig: Rig, tmp_path: Path) -> None:
    owner = 12345 if os.getuid() == 0 else os.getuid()
    os.chown(tmp_path, owner, -1)
    status, printed = await rig.run("touch", "/job/out", mounts=(Mount(tmp_path, "/job", read_only=False),))
    assert status.exit_code == 0, printed
    assert (tmp_path / "out").stat().st_uid == owner


@pytest.mark.skipif(os.getuid() != 0, reason="only root has folders of root")
async def test_a_folder_of_root_is_given_to_a_user_that_nobody_is(rig: Rig, tmp_path: Path) -> None:
    (folder := tmp_path / "job").mkdir()
    (elsewhere := tmp_path / "elsewhere").touch()
    (folder / "link").symlink_to(elsewhere)
    status, printed = await rig.run("touch", "/job/out", mounts=(Mount(folder, "/job", read_only=False),))
    assert status.exit_code == 0, printed
    assert (folder / "out").stat().st_uid == UNPRIVILEGED
    assert elsewhere.stat().st_uid == 0


async def test_a_served_port_opens_no_way_out(rig: Rig) -> None:
    server = await rig.launcher.start(
        rig.spec("python3", "-m", "http.server", "{port}", port=True, network=True, memory_mb=64)
    )
    await _connect(server.address.removeprefix("http://"))
    inspected = rig.launcher._launches.client.inspect_container(server.identifier)
    elsewhere = inspected["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
    await _connect(f"{elsewhere}:5000")
    code = "import socket, sys; socket.create_connection((sys.argv[1], 5000), 2)"
    inside, printed = await rig.run("python3", "-c", code, elsewhere, port=True)
    assert inside.exit_code == 1, "a container for serving reached another network"
    assert "timed out" in printed or "unreachable" in printed
    reached, _ = await rig.run("python3", "-c", code, elsewhere, network=True)
    assert reached.exit_code == 0, "a container that may use the network could not"


async def _connect(address: str) -> None:
    host, port = address.split(":")
    async with asyncio.timeout(WAIT_S):
        while True:
            try:
                _, writer = await asyncio.open_connection(host, int(port))
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return


async def test_an_engine_that_is_not_there_is_down_and_says_what_to_do(rig: Rig, tmp_path: Path) -> None:
    launcher = DockerLauncher(options=DockerOptions(url=f"unix://{tmp_path}/no.sock"))
    with pytest.raises(NodeDown, match="DOCKER_HOST"):
        await launcher.start(rig.spec("true"))
    with pytest.raises(NodeDown):
        await launcher.find("anything")
    health = await launcher.probe()
    assert not health.ok
    assert "start it" in health.reason
    await launcher.close()


async def test_what_the_engine_cannot_give_is_rejected_and_leaves_nothing_behind(rig: Rig) -> None:
    spec = rig.spec("true", cpus=100_000)
    with pytest.raises(LaunchError, match="CPUs"):
        await rig.launcher.start(spec)
    assert await rig.launcher.find(spec.name) is None


async def test_what_was_created_but_never_started_is_started_by_the_next_start(rig: Rig) -> None:
    spec = rig.spec("echo", "ran")
    handle = await rig.launcher.start(spec)
    await rig.end(handle)
    described = rig.launcher._launches.client.inspect_container(f"huggins-{spec.name}")
    await rig.launcher.remove(handle)
    created = rig.launcher._launches.client.create_container(
        described["Image"], entrypoint=["echo", "ran"], name=f"huggins-{spec.name}",
        labels=described["Config"]["Labels"],
    )  # fmt: skip
    found = await rig.launcher.start(spec)
    assert found.identifier == created["Id"]
    assert (await rig.end(found)).exit_code == 0
    assert await rig.launcher.logs(found) == b"ran\n"


@pytest.fixture
def container_of_somebody_else(image_id: str) -> Iterator[str]:
    name = f"t-{uuid.uuid4().hex[:12]}"
    subprocess.run(
        ["docker", "create", "--name", f"huggins-{name}", image_id], check=True, capture_output=True
    )
    yield name
    subprocess.run(["docker", "rm", f"huggins-{name}"], check=True, capture_output=True)


async def test_a_container_of_somebody_else_is_never_touched(
    rig: Rig, container_of_somebody_else: str
) -> None:
    with pytest.raises(LaunchError, match="in use"):
        await rig.launcher.start(rig.spec("true", name=container_of_somebody_else))
    assert await rig.launcher.find(container_of_somebody_else) is None


async def test_status_is_asked_for_from_many_tasks_at_once(rig: Rig) -> None:
    handle = await rig.launcher.start(rig.spec("true"))
    await rig.end(handle)
    answers = await asyncio.gather(*(rig.launcher.status(handle) for _ in range(50)))
    assert {answer.exit_code for answer in answers} == {0}
