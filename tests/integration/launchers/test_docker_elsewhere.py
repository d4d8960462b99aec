"""A Docker engine on another host: what is copied and when, who is let in, and what goes wrong on the way."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from launchers import ImageMissing, Launcher, LaunchError, Mount, NodeDown, State
from launchers.docker import container, files
from launchers.docker.container import UNPRIVILEGED
from launchers.docker.launcher import DockerLauncher
from launchers.docker.options import DockerOptions
from tests.integration.images import IMAGE
from tests.integration.launchers.conftest import WAIT_S, Rig, kinds
from tests.integration.launchers.elsewhere import REGISTRY, Elsewhere
from tests.integration.launchers.programs import RUN

over_ssh = kinds("docker-ssh")
over_tls = kinds("docker-tls")
either_way = kinds("docker-ssh", "docker-tls")
pytestmark = pytest.mark.docker


def inspected(host: Elsewhere, name: str) -> dict[str, Any]:
    return json.loads(host.docker("inspect", f"huggins-{name}"))[0]


def holders(host: Elsewhere) -> list[str]:
    listed = host.docker(
        "ps", "--all", "--filter", f"label={container.LABEL}.holds", "--format", "{{.Names}}"
    )
    return listed.split()


@pytest.fixture
def job(tmp_path: Path) -> Path:
    (tmp_path / "job" / "out").mkdir(parents=True)
    return tmp_path / "job"


@over_ssh
async def test_a_container_elsewhere_is_as_hardened_as_one_here(
    rig: Rig, elsewhere: Elsewhere, job: Path
) -> None:
    mounts = (Mount(job, "/job", read_only=False), Mount(Path(__file__), "/job/in/program.py"))
    handle = await rig.launcher.start(rig.spec(*RUN, mounts=mounts, cpus=0.5))
    found = inspected(elsewhere, handle.name)
    host = found["HostConfig"]
    assert found["Config"]["User"] == f"{UNPRIVILEGED}:{UNPRIVILEGED}"
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["NetworkMode"] == "none"
    assert (host["Memory"], host["MemorySwap"]) == (256 * 2**20, 256 * 2**20)
    assert (host["PidsLimit"], host["NanoCpus"]) == (2048, 5 * 10**8)
    assert not host["Privileged"]
    assert {mount["Destination"]: mount["RW"] for mount in found["Mounts"]} == {
        "/job": True,
        "/job/in/program.py": False,
    }


@over_ssh
async def test_what_a_job_writes_comes_back_while_it_runs_and_its_end_comes_last(rig: Rig, job: Path) -> None:
    code = (
        "import os, sys, time\n"
        "open('out/exit.json', 'w').write('the end')\n"
        "open('out/heartbeat', 'w').close()\n"
        "open('out/progress.jsonl', 'w').write('one\\n')\n"
        "while not os.path.exists('/tmp/go'): time.sleep(0.02)"
    )
    spec = rig.spec("python3", "-c", code, mounts=(Mount(job, "/job", read_only=False),), workdir="/job")
    handle = await rig.launcher.start(spec)
    async with asyncio.timeout(WAIT_S):
        while not (job / "out" / "progress.jsonl").exists():
            assert (await rig.launcher.status(handle)).state is State.RUNNING
    assert (job / "out" / "progress.jsonl").read_text() == "one\n"
    assert (job / "out" / "heartbeat").exists()
    assert not (job / "out" / "exit.json").exists()
    await rig.launcher.stop(handle, 0)
    assert (job / "out" / "exit.json").read_text() == "the end"


@over_ssh
async def test_links_and_paths_of_others_are_not_followed_on_the_way_back(
    rig: Rig, job: Path, tmp_path: Path
) -> None:
    (precious := tmp_path / "precious").mkdir()
    code = (
        "import os\n"
        "os.symlink('/etc', 'out/etc')\n"
        "os.mkdir('out/there')\n"
        "open('out/there/file', 'w').write('x')\n"
    )
    (job / "out" / "there").symlink_to(precious)
    spec = rig.spec("python3", "-c", code, mounts=(Mount(job, "/job", read_only=False),), workdir="/job")
    handle = await rig.launcher.start(spec)
    with pytest.raises(LaunchError, match="link"):
        await rig.end(handle)
    assert not list(precious.iterdir())
    (job / "out" / "there").unlink()
    assert (await rig.end(handle)).exit_code == 0
    assert not (job / "out" / "etc").exists()


@over_ssh
async def test_the_same_inputs_are_copied_once_and_a_removal_leaves_nothing_of_the_job(
    rig: Rig, elsewhere: Elsewhere, job: Path, tmp_path: Path
) -> None:
    (data := tmp_path / "data").mkdir()
    (data / "spectrum.txt").write_text("6562.8 1.0")
    before = set(holders(elsewhere))
    for _ in range(2):
        mounts = (Mount(job, "/job", read_only=False), Mount(data, "/job/in/data"))
        handle = await rig.launcher.start(
            rig.spec("cat", "in/data/spectrum.txt", mounts=mounts, workdir="/job")
        )
        assert (await rig.end(handle)).exit_code == 0
        await rig.launcher.remove(handle)
    (left,) = set(holders(elsewhere)) - before
    assert left.startswith("huggins-data-")


@over_ssh
async def test_copies_that_nobody_uses_are_swept_and_those_in_use_are_kept(
    rig: Rig, elsewhere: Elsewhere, job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data := tmp_path / "data").mkdir()
    mounts = (Mount(job, "/job", read_only=False), Mount(data, "/job/in/data"))
    handle = await rig.launcher.start(rig.spec(*RUN, mounts=mounts))
    kept = set(holders(elsewhere))

    class Died(Exception):
        pass

    def die(*_: object) -> None:
        raise Died

    with monkeypatch.context() as patch:  # the platform is killed between copying and making the container
        patch.setattr(rig.launcher._launches._creator, "_create", die)
        patch.setattr(rig.launcher._launches._creator, "_discard", lambda _: None)
        with pytest.raises(Died):
            await rig.launcher.start(rig.spec("true", mounts=mounts[:1]))
    assert len(holders(elsewhere)) == len(kept) + 1
    monkeypatch.setattr(files, "ABANDONED_S", -1)
    monkeypatch.setattr(files, "KEPT_S", -1)
    assert (await rig.launcher.probe()).ok
    inside = inspected(elsewhere, handle.name)["Mounts"]
    assert len(holders(elsewhere)) == len({mount["Name"] for mount in inside})
    await rig.launcher.remove(handle)
    rig.launcher._launches._swept = float("-inf")
    await rig.launcher.probe()
    assert holders(elsewhere) == []
    assert elsewhere.docker("volume", "ls", "--quiet").split() == []


@over_ssh
async def test_a_graphics_processor_that_an_engine_cannot_give_is_rejected_with_what_is_missing(
    rig: Rig, elsewhere: Elsewhere
) -> None:
    spec = rig.spec("true", gpus=1)
    with pytest.raises(LaunchError, match="NVIDIA driver and container toolkit must be installed"):
        await rig.launcher.start(spec)
    assert await rig.launcher.find(spec.name) is None


@over_tls
async def test_a_port_published_elsewhere_gives_no_way_out(rig: Rig, elsewhere: Elsewhere) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "0.0.0.0", 0)
    here = elsewhere.address.rpartition(".")[0] + f".{int(elsewhere.address.rpartition('.')[2]) - 1}"
    port = server.sockets[0].getsockname()[1]
    code = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)"
    async with server:
        inside, printed = await rig.run("python3", "-c", code, here, str(port), port=True)
        assert inside.exit_code == 1, "a container for serving reached another host"
        assert "timed out" in printed or "unreachable" in printed
        reached, printed = await rig.run("python3", "-c", code, here, str(port), network=True)
        assert reached.exit_code == 0, printed


@over_ssh
async def test_a_cut_connection_is_made_anew_and_a_served_address_stays(
    rig: Rig, elsewhere: Elsewhere, job: Path
) -> None:
    (job / "spectrum.txt").write_text("6562.8 1.0")
    handle = await rig.launcher.start(
        rig.spec(
            "python3", "-m", "http.server", "{port}", workdir="/job", port=True, mounts=(Mount(job, "/job"),)
        )
    )
    async with aiohttp.ClientSession() as session, asyncio.timeout(WAIT_S):
        await _get(session, f"{handle.address}/spectrum.txt")
        for process in psutil.process_iter(
            ["name", "cmdline"]
        ):  # what the SSH server made for our connections
            if process.info["name"] == "sshd" and _of_a_login(process, elsewhere):
                process.kill()
        assert (await rig.launcher.status(handle)).state is State.RUNNING
        assert await rig.launcher.find(handle.name) == handle
        assert await _get(session, f"{handle.address}/spectrum.txt") == "6562.8 1.0"


def _of_a_login(process: psutil.Process, host: Elsewhere) -> bool:
    """Tell what the other host's SSH server made for us from that server, and from other servers."""
    with contextlib.suppress(psutil.Error, OSError):
        networks = {Path(f"/proc/{pid}/ns/net").readlink() for pid in (host.inside, process.pid)}
        return len(networks) == 1 and "listener" not in " ".join(process.cmdline())
    return False


async def _get(session: aiohttp.ClientSession, address: str) -> str:
    while True:
        try:
            async with session.get(address) as answer:
                return await answer.text()
        except aiohttp.ClientError:
            await asyncio.sleep(0.02)


@pytest.fixture
async def closing() -> AsyncIterator[contextlib.AsyncExitStack]:
    async with contextlib.AsyncExitStack() as stack:
        yield stack


def launcher_with(stack: contextlib.AsyncExitStack, state: Path, **settings: str) -> Launcher:
    launcher = DockerLauncher(state, DockerOptions(**settings))
    stack.push_async_callback(launcher.close)
    return launcher


async def test_an_engine_and_we_must_know_each_other(
    elsewhere: Elsewhere, tmp_path: Path, closing: contextlib.AsyncExitStack
) -> None:
    tls = elsewhere.engine_over_tls
    other = str(elsewhere.place / "other.pem")
    stranger = {"tls_cert": other, "tls_key": str(elsewhere.place / "other.key")}
    for wrong, said in (({"tls_ca": other}, "certificate verify failed"), (stranger, "tls_cert")):
        health = await launcher_with(closing, tmp_path, **{**tls, **wrong}).probe()
        assert not health.ok
        assert said in health.reason
    by_name = tls["url"].replace(elsewhere.address, "localhost")
    assert not (await launcher_with(closing, tmp_path, **{**tls, "url": by_name}).probe()).ok
    assert (await launcher_with(closing, tmp_path, **tls).probe()).ok


async def test_a_host_that_is_not_known_and_a_socket_that_is_not_there_are_named(
    elsewhere: Elsewhere, tmp_path: Path, closing: contextlib.AsyncExitStack
) -> None:
    ssh = elsewhere.engine_over_ssh
    (unknown := tmp_path / "known_hosts").touch()
    health = await launcher_with(closing, tmp_path, **{**ssh, "known_hosts": str(unknown)}).probe()
    assert not health.ok
    assert "Host key is not trusted" in health.reason
    launcher = launcher_with(closing, tmp_path, **{**ssh, "url": f"{elsewhere.ssh['url']}/run/no.sock"})
    with pytest.raises(NodeDown, match=r"/run/no\.sock"):
        await launcher.find("anything")


@pytest.fixture
def pushed(image_id: str) -> str:
    """A small image that only the registry has, by its digest."""
    reference = f"{REGISTRY}/huggins/launchers-elsewhere:1"
    build = ["docker", "build", "--quiet", "--tag", reference, "-"]
    text = f"FROM {IMAGE}\nLABEL of=test_docker_elsewhere\nRUN head -c 3000000 /dev/urandom > /filler\n"
    subprocess.run(build, input=text, check=True, capture_output=True, text=True)
    subprocess.run(["docker", "push", "--quiet", reference], check=True, capture_output=True)
    listed = ["docker", "image", "inspect", "--format", "{{index .RepoDigests 0}} {{.Id}}", reference]
    found = subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split()
    subprocess.run(["docker", "rmi", "--force", found[1]], check=True, capture_output=True)
    return found[0]


@contextlib.contextmanager
def full(host: Elsewhere, folder: str) -> Iterator[None]:
    """Let a folder of the other host be on a full disk."""
    inside = ["nsenter", "--target", str(host.inside), "--mount", "--pid"]
    place = str(host.place / "data" / folder)
    subprocess.run([*inside, "mount", "-t", "tmpfs", "-o", "size=64k", "none", place], check=True)
    try:
        yield
    finally:
        subprocess.run([*inside, "umount", "--lazy", place], check=True)


@over_ssh
async def test_an_image_is_pulled_by_its_digest_and_what_hinders_that_is_said(
    rig: Rig, elsewhere: Elsewhere, pushed: str
) -> None:
    digest = pushed
    away = digest.replace(":5001/", ":5999/")
    with pytest.raises(ImageMissing, match=r"cannot be pulled.*connection refused"):
        await rig.launcher.prepare(away)
    with pytest.raises(ImageMissing, match=r"no-such-image.*cannot be pulled"):
        await rig.launcher.prepare(f"{REGISTRY}/huggins/no-such-image:1")
    with full(elsewhere, "tmp"), pytest.raises(ImageMissing, match="no space left on device"):
        await rig.launcher.prepare(digest)
    rig.image = await rig.launcher.prepare(digest)
    assert (await rig.run("true"))[0].exit_code == 0
    elsewhere.docker("rmi", "--force", rig.image)
    with pytest.raises(ImageMissing, match=rig.image):
        await rig.launcher.start(rig.spec("true"))


@over_ssh
async def test_an_image_of_this_host_or_of_an_archive_is_brought_there(
    rig: Rig, elsewhere: Elsewhere, image_archive: Path, image_id: str
) -> None:
    for image in (str(image_archive), IMAGE):
        elsewhere.docker("rmi", "--force", image_id)
        with pytest.raises(ImageMissing):
            await rig.launcher.prepare(image_id)
        assert await rig.launcher.prepare(image) == image_id
    assert (await rig.run("true"))[0].exit_code == 0


@over_ssh
async def test_a_full_disk_there_is_said_and_leaves_nothing_behind(
    rig: Rig, elsewhere: Elsewhere, job: Path
) -> None:
    (job / "large").write_bytes(bytes(2**20))
    spec = rig.spec("true", mounts=(Mount(job, "/job", read_only=False),))
    before = holders(elsewhere)
    with full(elsewhere, "volumes"), pytest.raises(LaunchError, match="no space left on device"):
        await rig.launcher.start(spec)
    assert holders(elsewhere) == before
    handle = await rig.launcher.start(replace(spec, command=("ls", "/job/large")))
    assert (await rig.end(handle)).exit_code == 0


@over_ssh
async def test_results_that_cannot_be_written_here_are_no_end_until_they_can(rig: Rig, job: Path) -> None:
    code = "import os; os.mkdir('out/place'); open('out/place/result', 'w').write('42')"
    (job / "out" / "place").touch()
    spec = rig.spec("python3", "-c", code, mounts=(Mount(job, "/job", read_only=False),), workdir="/job")
    (job / "out" / "place").unlink()
    handle = await rig.launcher.start(spec)
    (job / "out" / "place").touch()
    with pytest.raises(LaunchError, match="cannot be written"):
        await rig.end(handle)
    (job / "out" / "place").unlink()
    assert (await rig.end(handle)).exit_code == 0
    assert (job / "out" / "place" / "result").read_text() == "42"


@either_way
async def test_what_was_started_before_a_restart_of_the_platform_still_comes_back(
    rig: Rig, job: Path
) -> None:
    code = "import time; time.sleep(0.3); open('/job/answer', 'w').write('42')"
    handle = await rig.launcher.start(
        rig.spec("python3", "-c", code, mounts=(Mount(job, "/job", read_only=False),))
    )
    await rig.launcher.close()
    rig.launcher = rig.again()
    assert (await rig.end(handle)).exit_code == 0
    assert (job / "answer").read_text() == "42"
