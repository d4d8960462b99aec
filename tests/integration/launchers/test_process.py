"""What the supervisor promises when those around it die."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from launchers import LaunchError, Mount, State
from launchers.local.command_runner import descendants
from launchers.registry import create
from tests.integration.launchers.conftest import WAIT_S, Rig, kinds
from tests.integration.launchers.programs import PRINT, RUN

pytestmark = [kinds("process")]


def begun(rig: Rig, name: str) -> dict:
    return json.loads((rig.launcher.folder / name / "begin.json").read_text())


async def until(condition) -> None:
    async with asyncio.timeout(WAIT_S):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_command_outlives_the_platform_that_is_killed(rig: Rig) -> None:
    spec = rig.spec("python3", "-c", "import sys; sys.stdin.read(); print('survived')")
    platform = (
        "import asyncio, json, os, sys\n"
        "from pathlib import Path\n"
        "from launchers import LaunchSpec\n"
        "from launchers.local.launcher import ProcessLauncher\n"
        "spec = LaunchSpec.from_json(json.loads(sys.argv[2]))\n"
        "asyncio.run(ProcessLauncher(Path(sys.argv[1])).start(spec))\n"
        "os.killpg(0, 9)"
    )
    command = [sys.executable, "-c", platform, str(rig.launcher.state), json.dumps(spec.to_json())]
    done = await asyncio.to_thread(subprocess.run, command, start_new_session=True, check=False)
    assert done.returncode == -signal.SIGKILL
    handle = await rig.launcher.find(spec.name)
    assert handle is not None
    assert (await rig.end(handle)).exit_code == 0
    assert await rig.launcher.logs(handle) == b"survived\n"


async def test_the_command_dies_with_a_killed_supervisor_and_the_status_says_so(rig: Rig) -> None:
    handle = await rig.launcher.start(rig.spec(*RUN))
    await rig.until_printed(handle, b"ready")
    supervisor = begun(rig, handle.name)["pid"]
    (command,) = descendants(supervisor)
    os.kill(supervisor, signal.SIGKILL)
    status = await rig.end(handle)
    assert status.exit_code is None
    assert "supervisor" in status.reason
    await until(lambda: not Path(f"/proc/{command}").exists())


async def test_what_ran_when_the_node_was_restarted_is_told_from_a_crash(rig: Rig) -> None:
    handle = await rig.launcher.start(rig.spec(*RUN))
    await rig.until_printed(handle, b"ready")
    begin = begun(rig, handle.name)
    os.kill(begin["pid"], signal.SIGKILL)
    await rig.end(handle)
    (rig.launcher.folder / handle.name / "begin.json").write_text(json.dumps({**begin, "boot": "another"}))
    assert (await rig.launcher.status(handle)).reason == "killed: the node was restarted"


async def test_a_start_that_died_half_way_is_nothing_until_the_next_start_completes_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = rig.spec(*PRINT)

    class Died(Exception):
        pass

    def die(*_: object) -> None:
        raise Died

    monkeypatch.setattr(rig.launcher, "_supervise", die)
    with pytest.raises(Died):
        await rig.launcher.start(spec)
    monkeypatch.undo()
    assert await rig.launcher.find(spec.name) is None
    handle = await rig.launcher.start(spec)
    assert (await rig.end(handle)).exit_code == 0
    assert await rig.launcher.find(spec.name) == handle


async def test_nothing_is_left_for_the_platform_to_bury(rig: Rig) -> None:
    handle = await rig.launcher.start(rig.spec(*PRINT))
    await rig.end(handle)
    assert psutil.STATUS_ZOMBIE not in {psutil.Process(pid).status() for pid in descendants(os.getpid())}


async def test_an_environment_with_secrets_is_for_nobody_elses_eyes(rig: Rig) -> None:
    handle = await rig.launcher.start(rig.spec(*PRINT, env={"TOKEN": "swordfish"}))
    await rig.end(handle)
    assert (rig.launcher.folder / handle.name).stat().st_mode & 0o077 == 0


async def test_what_stands_where_an_input_should_be_seen_is_never_overwritten(
    rig: Rig, tmp_path: Path
) -> None:
    job, data = tmp_path / "job", tmp_path / "data"
    (job / "in" / "data").mkdir(parents=True)
    data.mkdir()
    (job / "in" / "data" / "precious").write_text("spectra")
    mounts = (Mount(job, "/job", read_only=False), Mount(data, "/job/in/data"))
    with pytest.raises(LaunchError, match="in the way"):
        await rig.launcher.start(rig.spec(*PRINT, workdir="/job", mounts=mounts))
    assert (job / "in" / "data" / "precious").read_text() == "spectra"


async def test_a_state_folder_that_cannot_be_made_is_an_unfit_node(rig: Rig, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    launcher = type(rig.launcher)(tmp_path / "file")
    health = await launcher.probe()
    assert not health.ok
    assert str(tmp_path / "file") in health.reason
    with pytest.raises(LaunchError, match="file"):
        await launcher.start(rig.spec(*PRINT))


async def test_python_is_this_interpreter(rig: Rig) -> None:
    for name in ("python", "python3"):
        _, printed = await rig.run(name, "-c", "import sys; print(sys.executable)")
        assert printed.strip() == sys.executable


async def test_a_shutdown_of_the_machine_lets_commands_end_by_themselves(rig: Rig) -> None:
    handle = await rig.launcher.start(rig.spec(*RUN))
    await rig.until_printed(handle, b"ready")
    os.kill(begun(rig, handle.name)["pid"], signal.SIGTERM)
    assert (await rig.until(handle, State.EXITED)).exit_code == 130


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode:
        pytest.skip("only root can make a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


async def test_the_end_is_known_on_a_full_disk(rig: Rig, small_disk: Path) -> None:
    rig.launcher = type(rig.launcher)(small_disk)
    code = (
        "import sys\n"
        "try: open(sys.argv[1], 'wb').write(bytes(2**21))\n"
        "except OSError as error: print(error.strerror); sys.exit(5)"
    )
    handle = await rig.launcher.start(rig.spec("python3", "-c", code, str(small_disk / "filler")))
    assert (await rig.end(handle)).exit_code == 5
    with pytest.raises(LaunchError, match="No space left"):
        await rig.launcher.start(rig.spec("python3", "-c", "x" * 10**6))


async def test_launches_that_run_at_once_share_no_graphics_processor(rig: Rig) -> None:
    rig.launcher = create(rig.kind, rig.launcher.state, gpus=3)
    code = (
        "import os, sys\n"
        "print('has', os.environ['CUDA_VISIBLE_DEVICES'], flush=True)\n"
        "sys.stdin.read()\n"
        "import time\n"
        "while True: time.sleep(0.05)"
    )
    two, one = [await rig.launcher.start(rig.spec("python3", "-c", code, gpus=count)) for count in (2, 1)]
    await rig.until_printed(two, b"has 0,1\n")
    await rig.until_printed(one, b"has 2\n")
    with pytest.raises(
        LaunchError, match="1 graphics processors are asked for, and 0 of this node's 3 are free"
    ):
        await rig.launcher.start(rig.spec("true", gpus=1))
    await rig.launcher.stop(two, 5)
    again = await rig.launcher.start(rig.spec("python3", "-c", code, gpus=1))
    await rig.until_printed(again, b"has 0\n")


async def test_who_asks_for_no_graphics_processor_sees_none(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    _, printed = await rig.run("python3", "-c", "import os; print(repr(os.environ['CUDA_VISIBLE_DEVICES']))")
    assert printed == "''\n"
    _, printed = await rig.run(
        "python3", "-c", "import os; print(os.environ['CUDA_VISIBLE_DEVICES'])", gpus=2
    )
    assert printed == "0,1\n"


async def test_a_start_that_died_half_way_takes_no_processor_from_anybody(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.launcher = create(rig.kind, rig.launcher.state, gpus=1)
    half, other = rig.spec(*PRINT, gpus=1), rig.spec(*RUN, gpus=1)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(rig.launcher, "_supervise", die)
        with pytest.raises(KeyboardInterrupt):
            rig.launcher._start(half)
    handle = await rig.launcher.start(other)
    with pytest.raises(LaunchError, match="0 of this node's 1 are free"):
        await rig.launcher.start(half)
    await rig.launcher.stop(handle, 5)
    assert (await rig.end(await rig.launcher.start(half))).exit_code == 0
