"""What every launcher promises, asked of each with its real engine."""

from __future__ import annotations

import asyncio

import pytest

from launchers import Handle, ImageMissing, LaunchError, Mount, State
from tests.integration.launchers.conftest import MAKERS, REAL, Rig, kinds
from tests.integration.launchers.programs import ABSENT, FAIL, KILL_ITSELF, PRINT, RUN, RUN_DEAF

every_kind = kinds("fake", *REAL)
every_way = kinds(*MAKERS)
every_real_kind = kinds(*REAL)


@every_way
async def test_what_it_prints_and_its_exit_code_are_kept_after_the_end(rig: Rig) -> None:
    status, printed = await rig.run(*PRINT)
    assert (status.exit_code, status.reason) == (0, "completed")
    assert printed.replace("\r\n", "\n") == "one\nHα two\nthree\n"


@every_kind
async def test_the_last_lines_of_the_log_can_be_asked_for(rig: Rig) -> None:
    handle = await rig.launcher.start(rig.spec(*PRINT))
    await rig.end(handle)
    assert (await rig.launcher.logs(handle, tail=2)).decode().split() == ["Hα", "two", "three"]
    assert await rig.launcher.logs(handle, tail=0) == b""


@every_kind
async def test_a_failure_keeps_its_code_and_its_message(rig: Rig) -> None:
    status, printed = await rig.run(*FAIL)
    assert (status.exit_code, status.reason) == (3, "exited with code 3")
    assert "no such column" in printed


@every_kind
async def test_a_command_that_does_not_exist_has_exited_with_127(rig: Rig) -> None:
    status, _ = await rig.run(*ABSENT)
    assert status.exit_code == 127
    assert "not found" in status.reason


@every_kind
async def test_an_end_by_a_signal_is_named(rig: Rig) -> None:
    status, _ = await rig.run(*KILL_ITSELF)
    assert status.exit_code == 137
    assert "SIGKILL" in status.reason


@every_kind
async def test_a_second_start_of_a_name_gives_the_same_handle(rig: Rig) -> None:
    spec = rig.spec(*RUN)
    first = await rig.launcher.start(spec)
    assert await rig.launcher.start(spec) == first
    await rig.launcher.stop(first, 5)
    assert (await rig.launcher.start(spec)).identifier == first.identifier
    assert (await rig.launcher.status(first)).state is State.EXITED


@every_way
async def test_simultaneous_starts_of_a_name_start_one(rig: Rig) -> None:
    spec = rig.spec(*PRINT)
    others = [rig.again() for _ in range(3)]
    handles = await asyncio.gather(*(launcher.start(spec) for launcher in (rig.launcher, *others) * 2))
    assert len({handle.identifier for handle in handles}) == 1
    assert (await rig.end(handles[0])).exit_code == 0
    assert (await rig.launcher.logs(handles[0])).count(b"one") == 1
    for launcher in others:
        await launcher.close()


@every_way
async def test_another_launcher_finds_what_runs_as_after_a_restart(rig: Rig) -> None:
    spec = rig.spec(*RUN)
    handle = await rig.launcher.start(spec)
    await rig.until_printed(handle, b"ready")
    await rig.launcher.close()
    rig.launcher = rig.again()
    assert await rig.launcher.find(spec.name) == Handle.from_json(handle.to_json())
    assert (await rig.launcher.status(handle)).state is State.RUNNING
    await rig.launcher.stop(handle, 5)
    assert (await rig.launcher.status(handle)).exit_code == 130


@every_way
async def test_a_stop_lets_it_end_by_itself(rig: Rig) -> None:
    handle = await rig.launcher.start(rig.spec(*RUN))
    await rig.until_printed(handle, b"ready")
    await rig.launcher.stop(handle, 20)
    status = await rig.launcher.status(handle)
    assert (status.state, status.exit_code) == (State.EXITED, 130)


@every_kind
async def test_a_stop_kills_what_does_not_listen(rig: Rig) -> None:
    handle = await rig.launcher.start(rig.spec(*RUN_DEAF))
    await rig.until_printed(handle, b"ready")
    await rig.launcher.stop(handle, 1)
    status = await rig.launcher.status(handle)
    assert (status.state, status.exit_code) == (State.EXITED, 137)


@every_kind
async def test_a_stop_of_what_has_ended_changes_nothing(rig: Rig) -> None:
    handle = await rig.launcher.start(rig.spec(*FAIL))
    before = await rig.end(handle)
    await rig.launcher.stop(handle)
    assert await rig.launcher.status(handle) == before


@every_way
async def test_what_was_never_started_is_missing(rig: Rig) -> None:
    handle = Handle(rig.kind, "never-started", "0" * 32)
    assert (await rig.launcher.status(handle)).state is State.MISSING
    assert await rig.launcher.find("never-started") is None
    assert await rig.launcher.find("../../etc") is None
    assert await rig.launcher.logs(handle) == b""
    await rig.launcher.stop(handle)
    await rig.launcher.remove(handle)


@every_kind
async def test_what_runs_is_killed_and_forgotten_by_a_removal_and_its_name_is_free(rig: Rig) -> None:
    spec = rig.spec(*RUN)
    first = await rig.launcher.start(spec)
    await rig.launcher.remove(first)
    assert (await rig.launcher.status(first)).state is State.MISSING
    assert await rig.launcher.find(spec.name) is None
    second = await rig.launcher.start(spec)
    assert second.identifier != first.identifier
    assert (await rig.launcher.status(first)).state is State.MISSING
    await rig.launcher.remove(first)
    assert (await rig.launcher.find(spec.name)) == second


@every_kind
async def test_an_owner_sees_its_own_and_nobody_elses(rig: Rig) -> None:
    mine = [await rig.launcher.start(rig.spec(*PRINT)) for _ in range(2)]
    other = await rig.launcher.start(rig.spec(*PRINT, owner=f"{rig.owner}-other"))
    found = await rig.launcher.list(rig.owner)
    assert {handle.identifier for handle in found} == {handle.identifier for handle in mine}
    await rig.end(other)
    await rig.launcher.remove(other)


@kinds("fake", "docker", "udocker", "slurm")
async def test_an_image_that_is_not_there_is_missing(rig: Rig) -> None:
    absent = f"sha256:{0:064x}"
    with pytest.raises(ImageMissing, match=absent):
        await rig.launcher.start(rig.spec(*PRINT, image=absent))
    with pytest.raises(ImageMissing, match=absent):
        await rig.launcher.prepare(absent)


@kinds("docker", "udocker", "slurm")
async def test_an_image_under_a_tag_is_rejected_because_it_may_change(rig: Rig) -> None:
    with pytest.raises(LaunchError, match="prepare"):
        await rig.launcher.start(rig.spec(*PRINT, image="huggins/python:3.11"))


@every_way
async def test_a_node_that_works_says_so(rig: Rig) -> None:
    health = await rig.launcher.probe()
    assert (health.ok, health.reason) == (True, "")
    assert health.version
    assert health.details["cpus"] >= 1
    assert health.details["memory_mb"] > 256


@every_real_kind
async def test_more_memory_than_granted_is_a_kill_with_that_reason(rig: Rig) -> None:
    greedy = "chunks = []\nwhile True: chunks.append(b'x' * 2**24)"
    status, _ = await rig.run("python3", "-c", greedy, memory_mb=128)
    assert status.exit_code == 137
    assert status.reason == "killed: out of memory (limit 128 MB)"


@every_real_kind
async def test_the_walltime_ends_it_with_that_reason(rig: Rig) -> None:
    status, printed = await rig.run(*RUN, walltime_s=2)
    assert status.exit_code == 130
    assert status.reason == "killed: it ran longer than its limit of 2 s"
    assert "ready" in printed


@every_real_kind
async def test_a_command_that_prints_without_end_can_be_ended(rig: Rig) -> None:
    endless = "import os\nwhile True: os.write(1, b'x' * 65535 + b'\\n')"
    handle = await rig.launcher.start(rig.spec("python3", "-c", endless))
    await rig.until_printed(handle, b"x")
    await rig.launcher.stop(handle, 5)
    status = await rig.launcher.status(handle)
    assert (status.state, status.exit_code) == (State.EXITED, 143)


@every_real_kind
async def test_what_it_leaves_running_behind_ends_with_it(rig: Rig, tmp_path) -> None:
    tmp_path.chmod(0o777)
    child = "import time\nwhile True: open('/box/alive', 'w').close(); time.sleep(0.01)"
    code = (
        "import os, subprocess, sys, time\n"
        f"child = {child!r}.replace('/box', sys.argv[1])\n"
        "subprocess.Popen([sys.executable, '-c', child], start_new_session=True)\n"
        "while not os.path.exists(sys.argv[1] + '/alive'): time.sleep(0.01)"
    )
    status, printed = await rig.run(
        "python3", "-c", code, "/box", mounts=(Mount(tmp_path, "/box", read_only=False),)
    )
    assert status.exit_code == 0, printed
    (tmp_path / "alive").unlink()
    # It wrote every 10 ms; a live process still writes now.
    for _ in range(20):
        await asyncio.sleep(0.01)
        assert not (tmp_path / "alive").exists()


@kinds("process", "docker", "udocker", "slurm")
async def test_old_output_makes_room_for_new(rig: Rig) -> None:
    code = "for i in range(400_000): print(i, 'x' * 80)"
    handle = await rig.launcher.start(rig.spec("python3", "-c", code))
    assert (await rig.end(handle)).exit_code == 0
    log = await rig.launcher.logs(handle)
    assert len(log) < 25 * 2**20
    assert log.splitlines()[-1].startswith(b"399999 ")
