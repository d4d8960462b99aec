"""What a command sees of the node, and what it can do to it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest

from launchers import LaunchError, Mount
from tests.integration.launchers.conftest import ISOLATED, OTHER_WAYS, REAL, SERVING, WAIT_S, Rig, kinds

every_real_kind = kinds(*REAL)


@pytest.fixture
def job(tmp_path: Path) -> tuple[Mount, ...]:
    """A job folder with a dataset and a manifest, as the platform makes them."""
    folder, data, manifest = tmp_path / "job", tmp_path / "data", tmp_path / "labels.csv"
    for place in (folder / "in", folder / "out", data):
        place.mkdir(parents=True)
    (data / "spectrum.txt").write_text("6562.8 1.0")
    manifest.write_text("path\nspectrum.txt\n")
    return (
        Mount(folder, "/job", read_only=False),
        Mount(data, "/job/in/data"),
        Mount(manifest, "/job/in/manifest.csv"),
    )


@kinds(*REAL, *OTHER_WAYS)
async def test_a_job_reads_its_inputs_and_writes_its_outputs(rig: Rig, job: tuple[Mount, ...]) -> None:
    code = (
        "import pathlib\n"
        "texts = [pathlib.Path('in', name).read_text() for name in ('data/spectrum.txt', 'manifest.csv')]\n"
        "pathlib.Path('out/answer').write_text(''.join(texts))"
    )
    status, printed = await rig.run("python3", "-c", code, workdir="/job", mounts=job)
    assert status.exit_code == 0, printed
    assert (job[0].source / "out" / "answer").read_text() == "6562.8 1.0path\nspectrum.txt\n"


@every_real_kind
async def test_a_job_folder_that_one_launcher_used_can_be_used_again(
    rig: Rig, job: tuple[Mount, ...]
) -> None:
    (job[0].source / "in" / "data").mkdir()
    (job[0].source / "in" / "manifest.csv").touch()
    for _ in range(2):
        status, printed = await rig.run("cat", "in/data/spectrum.txt", workdir="/job", mounts=job)
        assert (status.exit_code, printed.strip()) == (0, "6562.8 1.0")


@every_real_kind
async def test_a_mount_elsewhere_is_seen_under_its_path_in_arguments_and_environment(
    rig: Rig, job: tuple[Mount, ...]
) -> None:
    code = (
        "import os, sys\n"
        "print(open(sys.argv[1]).read(), open(os.environ['HUGGINS_MODEL'] + '/spectrum.txt').read())"
    )
    mounts = (Mount(job[1].source, "/model"),)
    status, printed = await rig.run(
        "python3", "-c", code, "/model/spectrum.txt", mounts=mounts, env={"HUGGINS_MODEL": "/model"}
    )
    assert (status.exit_code, printed.split()) == (0, ["6562.8", "1.0", "6562.8", "1.0"])


@every_real_kind
async def test_the_working_directory_is_there_without_a_mount(rig: Rig) -> None:
    status, printed = await rig.run("python3", "-c", "import os; print(os.listdir('.'))", workdir="/job")
    assert (status.exit_code, printed.strip()) == (0, "[]")


@kinds(*ISOLATED)
@pytest.mark.parametrize("place", ["/job/in/data/spectrum.txt", "/job/in/manifest.csv", "/job/in/data/new"])
async def test_what_is_mounted_read_only_cannot_be_written(
    rig: Rig, job: tuple[Mount, ...], place: str
) -> None:
    status, printed = await rig.run("python3", "-c", f"open({place!r}, 'w')", workdir="/job", mounts=job)
    assert status.exit_code == 1
    assert "Read-only file system" in printed or "Permission denied" in printed
    assert (job[1].source / "spectrum.txt").read_text() == "6562.8 1.0"


@every_real_kind
async def test_a_mount_of_what_is_not_there_is_rejected_with_its_path(rig: Rig, tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="absent"):
        await rig.launcher.start(rig.spec("true", mounts=(Mount(tmp_path / "absent", "/data"),)))
    assert not (tmp_path / "absent").exists()


@every_real_kind
async def test_the_platforms_secrets_are_not_in_the_environment(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUGGINS_SECRET", "swordfish")
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    env = {"GIVEN": "two\nlines = $HOME"}
    status, printed = await rig.run("python3", "-c", code, env=env, cpus=1.5)
    seen = json.loads(printed)
    assert status.exit_code == 0
    assert "swordfish" not in printed
    assert seen["GIVEN"] == "two\nlines = $HOME"
    assert seen["OMP_NUM_THREADS"] == "2"


@kinds(*SERVING)
async def test_a_port_is_served_at_the_handles_address(rig: Rig, job: tuple[Mount, ...]) -> None:
    spec = rig.spec("python3", "-m", "http.server", "{port}", workdir="/job", mounts=job, port=True)
    handle = await rig.launcher.start(spec)
    assert handle.address is not None
    async with aiohttp.ClientSession() as session, asyncio.timeout(WAIT_S):
        assert await _get(session, f"{handle.address}/in/data/spectrum.txt") == "6562.8 1.0"
    assert await rig.launcher.find(spec.name) == handle


async def _get(session: aiohttp.ClientSession, address: str) -> str:
    while True:
        try:
            async with session.get(address) as answer:
                return await answer.text()
        except aiohttp.ClientConnectionError:
            await asyncio.sleep(0.02)


@kinds(*ISOLATED)
async def test_without_asking_there_is_no_network(rig: Rig) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "0.0.0.0", 0)
    port = server.sockets[0].getsockname()[1]
    code = (
        "import socket, sys\n"
        "for host in ('127.0.0.1', '172.17.0.1', '192.0.2.1'):\n"
        "    try: socket.create_connection((host, int(sys.argv[1])), 1)\n"
        "    except OSError: continue\n"
        "    print('reached', host)"
    )
    async with server:
        status, printed = await rig.run("python3", "-c", code, str(port))
    assert (status.exit_code, printed) == (0, "")
