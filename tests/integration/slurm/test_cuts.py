"""The SSH connection is cut in the middle of each thing that the platform does over it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from launchers import Mount, NodeDown, State
from tests.integration.launchers.programs import RUN
from tests.integration.slurm.conftest import Cluster, until
from tests.integration.slurm.operator import operate, python_with
from tests.integration.slurm.wire import NEVER, Wire, strung

pytestmark = pytest.mark.slurm

MEGABYTE = 2**20
#: Appends a line where the runs of a job are counted.
COUNT = ("python3", "-c", "open('/job/runs', 'a').write('once\\n')")
#: Writes a result of 12 MB of which every byte matters, and the word that all is there.
RESULT = (
    "python3", "-c",
    "import hashlib\n"
    "content = b''.join(hashlib.sha256(b'%d' % n).digest() for n in range(12 * 2**20 // 32))\n"
    "open('/job/result', 'wb').write(content); open('/job/exit.json', 'w').write('{}')\n"
    "print(hashlib.sha256(content).hexdigest())",
)  # fmt: skip


@pytest.fixture
async def wire(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Wire]:
    """Let the launcher reach the login node over a wire that can be cut."""
    async with strung(tmp_path) as strung_wire:
        cluster.launcher = cluster.made(url=strung_wire.url, known_hosts=strung_wire.known_hosts)
        yield strung_wire
        await cluster.launcher.close()
        cluster.launcher = cluster.made()


@pytest.fixture
def job_folder(tmp_path: Path) -> tuple[Mount, ...]:
    (tmp_path / "job").mkdir()
    return (Mount(tmp_path / "job", "/job", read_only=False),)


async def test_cut_while_inputs_are_copied_nothing_is_submitted_and_the_next_start_does_it(
    cluster: Cluster, wire: Wire, job_folder: tuple[Mount, ...], tmp_path: Path
) -> None:
    (tmp_path / "input").write_bytes(b"x" * 8 * MEGABYTE)
    mounts = (*job_folder, Mount(tmp_path / "input", "/input"))
    spec = cluster.spec(*COUNT, mounts=mounts, workdir="/job")
    wire.up = 3 * MEGABYTE
    before = cluster.copies("data")
    with pytest.raises(NodeDown):
        await cluster.launcher.start(spec)
    assert wire.cuts == 1
    assert await cluster.launcher.find(spec.name) is None
    assert not operate("squeue", "-h", "-t", "all", f"--name={spec.name}")
    assert cluster.copies("data") == before, "half an input is there under its name"
    handle = await cluster.launcher.start(spec)
    assert (await cluster.end(handle)).exit_code == 0
    assert (job_folder[0].source / "runs").read_text() == "once\n"


async def test_cut_while_sbatch_works_the_job_is_found_by_its_name_and_runs_once(
    cluster: Cluster, wire: Wire, job_folder: tuple[Mount, ...]
) -> None:
    go = cluster.folder / "go"
    slow = f'/usr/bin/sbatch "$@" || exit\nwhile [ ! -e {go} ]; do sleep 0.05; done'
    python = python_with(cluster.folder / "bin", "sbatch", slow)
    cluster.launcher = cluster.made(url=wire.url, known_hosts=wire.known_hosts, python=str(python))
    spec = cluster.spec(*COUNT, mounts=job_folder, workdir="/job")
    starting = asyncio.create_task(cluster.launcher.start(spec))
    await until(lambda: operate("squeue", "-h", "-t", "all", f"--name={spec.name}"))
    wire.cut()
    with pytest.raises(NodeDown):
        await starting
    go.touch()
    handle = await cluster.launcher.start(spec)
    assert len(cluster.job(handle).split()) == 1
    assert (await cluster.end(handle)).exit_code == 0
    assert (job_folder[0].source / "runs").read_text() == "once\n"
    go.unlink()


async def test_cut_while_its_state_is_asked_nothing_is_concluded(cluster: Cluster, wire: Wire) -> None:
    handle = await cluster.launcher.start(cluster.spec(*RUN))
    await cluster.until_printed(handle, b"ready")
    told = 0
    for passing in (0, 100, 200, 300, 400):  # bytes: the question, and pieces of the answer
        wire.down = passing
        try:
            assert await cluster.launcher.list(cluster.owner) == [handle]
        except NodeDown:
            told += 1
        wire.down = NEVER
        assert (await cluster.launcher.status(handle)).state is State.RUNNING
    assert wire.cuts >= 3
    assert told, "no cut fell into an answer"


async def test_cut_while_results_come_no_end_is_told_until_all_of_them_are_here(
    cluster: Cluster, wire: Wire, job_folder: tuple[Mount, ...]
) -> None:
    here = job_folder[0].source
    handle = await cluster.launcher.start(cluster.spec(*RESULT, mounts=job_folder, workdir="/job"))
    there = cluster.folder / "launches" / handle.name / "exit.json"
    await until(there.exists)
    wire.down = 5 * MEGABYTE
    async with asyncio.timeout(60):
        while not wire.cuts:  # Slurm may still call it completing: then its end is not told yet
            try:
                status = await cluster.launcher.status(handle)
            except NodeDown:
                break
            assert status.state is not State.EXITED
    assert wire.cuts == 1
    assert not (here / "result").exists()
    assert not (here / "exit.json").exists()
    assert (await cluster.end(handle)).exit_code == 0
    digest = hashlib.sha256((here / "result").read_bytes()).hexdigest()
    assert digest == (await cluster.launcher.logs(handle)).decode().strip()
    assert (here / "exit.json").exists()
