"""A node with udocker: which mode works, what is made once, what is left behind by those who died, GPUs."""

from __future__ import annotations

import asyncio
import functools
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from launchers import LaunchError, State
from launchers.local import gpus
from launchers.local.command_runner import descendants, read
from launchers.udocker.launcher import UdockerLauncher
from launchers.udocker.options import UdockerOptions
from launchers.udocker.store import UdockerStore
from tests.integration.launchers.conftest import WAIT_S, Rig, kinds
from tests.integration.launchers.programs import RUN

pytestmark = [kinds("udocker")]


@pytest.fixture
def fresh(rig: Rig, tmp_path: Path) -> UdockerStore:
    """A repository without images, with udocker's engines in it."""
    store = UdockerStore(tmp_path / "udocker")
    store.install()
    return store


async def test_the_mode_that_works_here_is_said_by_the_probe(rig: Rig) -> None:
    health = await rig.launcher.probe()
    assert (health.ok, health.details["mode"]) == (True, "R1 (runc)")


async def test_a_node_where_no_mode_works_says_why_not_for_each(rig: Rig, fresh: UdockerStore) -> None:
    machine = os.uname().machine
    for name in ("runc", "crun"):
        engine = fresh.repository / "bin" / f"{name}-{machine}"
        engine.write_text(f"#!/bin/sh\necho {name}: user namespaces are not allowed >&2; exit 1\n")
    health = await UdockerLauncher(fresh.state).probe()
    assert not health.ok
    assert "R1 (runc): runc: user namespaces are not allowed" in health.reason
    assert "R1 (crun): crun: user namespaces are not allowed" in health.reason


async def test_processes_that_need_an_image_at_once_make_one_container(
    rig: Rig, fresh: UdockerStore, image_archive: Path
) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from launchers.udocker.store import UdockerStore\n"
        "class Told(UdockerStore):\n"
        "    def _call(self, *arguments):\n"
        "        print(arguments[0])\n"
        "        return super()._call(*arguments)\n"
        "print(Told(Path(sys.argv[1])).prepare(sys.argv[2]))"
    )
    command = [sys.executable, "-c", program, str(fresh.state), str(image_archive)]
    run = functools.partial(subprocess.run, command, stdout=subprocess.PIPE, text=True, check=True)
    both = await asyncio.gather(*(asyncio.to_thread(run) for _ in range(2)))
    printed = [done.stdout.split() for done in both]
    assert [words[-1] for words in printed] == [rig.image] * 2
    assert [word for words in printed for word in words].count("create") == 1


async def test_what_an_interrupted_preparation_left_is_cleaned_and_does_not_hinder_the_next(
    rig: Rig, fresh: UdockerStore, image_archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    real = UdockerStore._call
    for at in ("create", "setup"):

        def die(store: UdockerStore, *arguments: str, at: str = at) -> str:
            if arguments[0] == at:
                raise Died
            return real(store, *arguments)

        monkeypatch.setattr(UdockerStore, "_call", die)
        with pytest.raises(Died):
            fresh.prepare(str(image_archive))
    monkeypatch.setattr(UdockerStore, "_call", real)
    half = fresh.repository / "containers" / "0a0a0a0a-0000-0000-0000-000000000000"
    (half / "ROOT" / "usr").mkdir(parents=True)
    (half / "ROOT" / "usr" / "file").touch()
    launcher = UdockerLauncher(fresh.state)
    assert (await launcher.probe()).ok
    assert not half.exists()
    assert await launcher.prepare(str(image_archive)) == rig.image
    rig.launcher = launcher
    assert (await rig.run("true"))[0].exit_code == 0


async def test_a_container_whose_supervisor_is_killed_is_ended(rig: Rig) -> None:
    handle = await rig.launcher.start(rig.spec(*RUN))
    await rig.until_printed(handle, b"ready")
    folder = rig.launcher.folder / handle.name
    supervisor = read(folder / "begin.json")["pid"]
    below = descendants(supervisor)
    assert below
    os.kill(supervisor, signal.SIGKILL)
    status = await rig.until(handle, State.EXITED)
    assert "supervisor was killed" in status.reason
    async with asyncio.timeout(WAIT_S):
        while any(psutil.pid_exists(pid) for pid in below):
            await asyncio.sleep(0.01)


async def test_without_a_driver_a_launch_for_a_gpu_is_rejected_and_says_what_is_missing(rig: Rig) -> None:
    rig.launcher = UdockerLauncher(rig.launcher.state, UdockerOptions(gpus=1))
    with pytest.raises(LaunchError, match=r"no NVIDIA driver is found here.*/proc/driver/nvidia"):
        await rig.launcher.start(rig.spec("true", gpus=1))


async def test_a_container_is_set_up_for_a_gpu_once_per_driver(
    rig: Rig, fresh: UdockerStore, image_archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (driver := tmp_path / "driver").mkdir()
    (libraries := tmp_path / "libraries").mkdir()
    monkeypatch.setattr(gpus, "DRIVER", driver)
    monkeypatch.setenv("LD_LIBRARY_PATH", str(libraries))
    fresh = UdockerStore(fresh.state)  # it takes its environment when it is made
    assert fresh.prepare(str(image_archive)) == rig.image
    rig.launcher = UdockerLauncher(fresh.state, UdockerOptions(gpus=1))
    for version in ("535.1", "550.2", "550.2"):
        (driver / "version").write_text(f"NVRM version: {version}\nGCC version: 12\n")
        (libraries / "libcuda.so.1").write_text(version if version == "535.1" else f"new {version}")
        code = (
            "import glob, os\n"
            "print(os.environ['CUDA_VISIBLE_DEVICES'], open(glob.glob('/usr/lib/*/libcuda.so.1')[0]).read())"
        )
        status, printed = await rig.run("python3", "-c", code, gpus=1)
        assert status.exit_code == 0, printed
        assert printed.split()[0] == "0"
        assert printed.split()[-1] == version
        assert fresh.image(rig.image).nvidia == f"NVRM version: {version}"
        (libraries / "libcuda.so.1").write_text("changed behind its back")
