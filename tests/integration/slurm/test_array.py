"""A launch in parts: one job array, one handle, one end."""

from __future__ import annotations

from pathlib import Path

import pytest

from launchers import Mount, State
from launchers.slurm.states import seconds_of
from tests.integration.slurm.conftest import Cluster, until
from tests.integration.slurm.operator import operate

pytestmark = pytest.mark.slurm

#: Notes who it is; the one that joins counts the others.
NOTE = (
    "python3", "-c",
    "import os, pathlib\n"
    "part = os.environ['HUGGINS_PART']\n"
    "pathlib.Path('/job/' + part).write_text(os.environ['HUGGINS_PARTS'])\n"
    "seen = [path.name for path in pathlib.Path('/job').iterdir() if path.name.isdigit()]\n"
    "print('part', part, *([sorted(seen)] if part == 'join' else []))",
)  # fmt: skip
#: Part 1 fails when told to; the others wait for their end.
FAIL = (
    "python3", "-c",
    "import os, signal, sys, time\n"
    "if os.environ['HUGGINS_PART'] == '1':\n"
    "    print('no such column'); sys.exit(3)\n"
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))\n"
    "print('ready', flush=True)\n"
    "while True: time.sleep(0.05)",
)  # fmt: skip
#: Nobody fails by itself.
RUN_ALL = (*FAIL[:2], FAIL[2].replace("== '1'", "== 'nobody'"))


@pytest.fixture
def job_folder(tmp_path: Path) -> tuple[Mount, ...]:
    (tmp_path / "job").mkdir()
    return (Mount(tmp_path / "job", "/job", read_only=False),)


async def test_every_part_runs_once_and_the_last_one_joins_them(
    cluster: Cluster, job_folder: tuple[Mount, ...]
) -> None:
    spec = cluster.spec(*NOTE, mounts=job_folder, workdir="/job", parts=4, cpus=2)
    handle = await cluster.launcher.start(spec)
    assert await cluster.launcher.start(spec) == handle
    assert len(set(cluster.job(handle).split())) == 1  # one array
    status = await cluster.end(handle)
    printed = (await cluster.launcher.logs(handle)).decode()
    assert (status.exit_code, status.reason) == (0, "completed"), printed
    assert [line for line in printed.splitlines() if line.startswith("part")] == [
        "part 0", "part 1", "part 2", "part 3", "part join ['0', '1', '2', '3']",
    ]  # fmt: skip
    assert {path.read_text() for path in job_folder[0].source.iterdir()} == {"4"}
    counted = operate("squeue", "-h", "-r", "-t", "all", f"--name={handle.name}", "-o", "%M").split()
    assert status.held_s == pytest.approx(sum(seconds_of(one) or 0 for one in counted), abs=4)
    assert status.held_s > 0


async def test_the_launch_ends_in_the_words_of_the_part_that_failed(cluster: Cluster) -> None:
    handle = await cluster.launcher.start(cluster.spec(*FAIL, parts=3))
    status = await cluster.end(handle)
    assert (status.exit_code, status.reason) == (3, "part 2 of 3: exited with code 3")
    assert "no such column" in (await cluster.launcher.logs(handle)).decode()
    await until(lambda: not operate("squeue", "-h", "-t", "R,PD", f"--name={handle.name}"))


async def test_a_stop_ends_every_part_also_those_that_wait(cluster: Cluster) -> None:
    cluster.launcher = cluster.made(partition="short")
    handle = await cluster.launcher.start(cluster.spec(*RUN_ALL, parts=6, cpus=2))
    await cluster.until_printed(handle, b"ready")
    status = await cluster.until(handle, State.RUNNING)
    assert status.reason == "0 of 6 parts are done"
    await cluster.launcher.stop(handle, 10)
    status = await cluster.launcher.status(handle)
    assert (status.state, status.exit_code) == (State.EXITED, 143)
    assert status.reason.startswith("stopped as asked")
    assert not operate("squeue", "-h", "-t", "R,PD", f"--name={handle.name}")


async def test_a_part_that_was_cancelled_in_slurm_says_so(cluster: Cluster) -> None:
    handle = await cluster.launcher.start(cluster.spec(*RUN_ALL, parts=2))
    await cluster.until_printed(handle, b"ready")
    operate("scancel", f"{cluster.job(handle).split()[0]}_1")
    status = await cluster.end(handle)
    assert status.reason.startswith("part 2 of 2: killed: it was cancelled in Slurm, not here; Slurm says")
