"""What can go wrong on a cluster, done to a real one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from launchers import LaunchError, Mount, NodeDown, State
from tests.integration.cluster import URL
from tests.integration.launchers.programs import PRINT, RUN
from tests.integration.slurm.conftest import Cluster, until
from tests.integration.slurm.operator import (
    TIMED_OUT,
    WAIT_S,
    bring_back,
    operate,
    python_with,
    start_controller,
    stop_controller,
)

pytestmark = pytest.mark.slurm

#: Appends a line where the runs of a job are counted.
COUNT = ("python3", "-c", "open('/job/runs', 'a').write('once\\n')")


@pytest.fixture
def job_folder(tmp_path: Path) -> tuple[Mount, ...]:
    (tmp_path / "job").mkdir()
    return (Mount(tmp_path / "job", "/job", read_only=False),)


def with_sbatch(cluster: Cluster, text: str, settle_s: float) -> None:
    """Let the launcher meet another sbatch."""
    python = python_with(cluster.folder / "bin", "sbatch", text)
    cluster.launcher = cluster.made(python=str(python), settle_s=settle_s)


async def test_a_job_outlives_a_restart_of_slurms_controller(cluster: Cluster) -> None:
    handle = await cluster.launcher.start(cluster.spec(*RUN))
    await cluster.until_printed(handle, b"ready")
    try:
        await asyncio.to_thread(stop_controller)
        with pytest.raises(NodeDown, match="contact"):
            await cluster.made().status(handle)
    finally:
        await asyncio.to_thread(start_controller)
    assert (await cluster.launcher.status(handle)).state is State.RUNNING
    await cluster.launcher.stop(handle, 10)
    assert (await cluster.launcher.status(handle)).exit_code == 130


async def test_a_job_whose_sbatch_timed_out_after_submitting_runs_once(
    cluster: Cluster, job_folder: tuple[Mount, ...]
) -> None:
    with_sbatch(cluster, f'/usr/bin/sbatch "$@" >>{cluster.folder}/submissions\n{TIMED_OUT}', settle_s=60)
    spec = cluster.spec(*COUNT, mounts=job_folder, workdir="/job")
    with pytest.raises(NodeDown, match="timed out"):
        await cluster.launcher.start(spec)
    found = await cluster.launcher.find(spec.name)
    assert found is not None
    assert await cluster.launcher.start(spec) == found
    assert (await cluster.end(found)).exit_code == 0
    assert len((cluster.folder / "submissions").read_text().split()) == 1
    assert (job_folder[0].source / "runs").read_text() == "once\n"
    (cluster.folder / "submissions").unlink()


async def test_a_job_whose_sbatch_timed_out_without_submitting_is_submitted_when_that_is_sure(
    cluster: Cluster, job_folder: tuple[Mount, ...]
) -> None:
    with_sbatch(cluster, TIMED_OUT, settle_s=60)
    spec = cluster.spec(*COUNT, mounts=job_folder, workdir="/job")
    with pytest.raises(NodeDown, match="timed out"):
        await cluster.launcher.start(spec)
    with pytest.raises(NodeDown, match="may still come"):
        await cluster.launcher.find(spec.name)
    cluster.launcher = cluster.made(settle_s=0)
    assert await cluster.launcher.find(spec.name) is None
    handle = await cluster.launcher.start(spec)
    assert (await cluster.end(handle)).exit_code == 0
    assert (job_folder[0].source / "runs").read_text() == "once\n"


async def test_a_launch_that_was_submitted_twice_runs_once(
    cluster: Cluster, job_folder: tuple[Mount, ...]
) -> None:
    with_sbatch(
        cluster,
        'cat >/tmp/$$.job; for i in 1 2; do /usr/bin/sbatch "$@" </tmp/$$.job; done; rm /tmp/$$.job',
        60,
    )
    spec = cluster.spec(*COUNT, mounts=job_folder, workdir="/job")
    handle = await cluster.launcher.start(spec)
    assert len(cluster.job(handle).split()) == 2
    await until(lambda: "PENDING" not in operate("squeue", "-h", f"--name={spec.name}", "-o", "%T"))
    await until(lambda: not operate("squeue", "-h", f"--name={spec.name}").strip())
    assert (await cluster.launcher.status(handle)).exit_code == 0
    assert (job_folder[0].source / "runs").read_text() == "once\n"


async def test_what_slurm_rejects_is_reported_in_its_words_and_leaves_nothing(cluster: Cluster) -> None:
    spec = cluster.spec(*PRINT)
    with pytest.raises(LaunchError, match="invalid partition"):
        await cluster.made(partition="absent").start(spec)
    with pytest.raises(LaunchError, match="Requested node configuration is not available"):
        await cluster.launcher.start(cluster.spec(*PRINT, name=spec.name, memory_mb=10**6))
    assert await cluster.launcher.find(spec.name) is None
    assert not [*(cluster.folder / "files").glob(f"{spec.name}*")]


async def test_a_job_in_the_queue_says_why_it_waits(cluster: Cluster) -> None:
    cluster.launcher = cluster.made(partition="short")
    first = await cluster.launcher.start(cluster.spec(*RUN, cpus=4))
    await cluster.until_printed(first, b"ready")
    second = await cluster.launcher.start(cluster.spec(*RUN, cpus=4, walltime_s=30))
    status = await cluster.launcher.status(second)
    assert status.state is State.STARTING
    assert "waits in Slurm's queue as job" in status.reason
    await cluster.launcher.stop(second)
    status = await cluster.launcher.status(second)
    assert (status.state, status.exit_code) == (State.EXITED, None)
    assert status.reason == "stopped as asked, before it began"


async def test_a_job_whose_node_failed_says_so(cluster: Cluster) -> None:
    cluster.launcher = cluster.made(partition="short")
    handle = await cluster.launcher.start(cluster.spec(*RUN))
    await cluster.until_printed(handle, b"ready")
    try:
        operate("scontrol", "update", "nodename=n1", "state=down", "reason=test")
        status = await cluster.end(handle)
    finally:
        await asyncio.to_thread(bring_back, "n1")
    assert status.reason.startswith("killed: its node failed; Slurm says NODE_FAIL of job")


async def test_a_cluster_whose_nodes_take_no_jobs_says_which_and_why(cluster: Cluster) -> None:
    operate("scontrol", "update", "nodename=n1", "state=drain", "reason=new disk")
    try:
        short, main = await cluster.made(partition="short").probe(), await cluster.launcher.probe()
        absent = await cluster.made(partition="absent").probe()
    finally:
        await asyncio.to_thread(bring_back, "n1")
    assert (short.ok, main.ok, absent.ok) == (False, True, False)
    assert short.reason == "no node of its partition can be used: n1 is drained (new disk)"
    assert absent.reason == "the cluster has no partition absent"


async def test_what_was_cancelled_in_slurm_is_told_also_when_the_queue_has_forgotten_it(
    cluster: Cluster,
) -> None:
    handle = await cluster.launcher.start(cluster.spec(*RUN))
    await cluster.until_printed(handle, b"ready")
    operate("scancel", cluster.job(handle))
    await until(lambda: not cluster.job(handle))
    status = await cluster.launcher.status(handle)
    assert status.state is State.EXITED
    assert status.reason.startswith("killed: it was cancelled in Slurm, not here; Slurm says CANCELLED")


async def test_the_clusters_own_time_limit_is_named(cluster: Cluster) -> None:
    cluster.launcher = cluster.made(partition="short")
    handle = await cluster.launcher.start(cluster.spec(*RUN))
    ended = cluster.folder / "launches" / handle.name / "exit.json"
    await until(ended.exists)
    status = await cluster.end(handle)
    assert status.reason.startswith("killed: the time limit of the cluster was reached; Slurm says TIMEOUT")


async def test_a_connection_that_broke_is_made_anew(cluster: Cluster) -> None:
    handle = await cluster.launcher.start(cluster.spec(*RUN))
    await cluster.until_printed(handle, b"ready")
    port = ":".join(URL.split(":")[1:]).removeprefix("//").partition("@")[2]
    operate("ss", "--kill", "--tcp", "state", "established", "dst", port)
    async with asyncio.timeout(WAIT_S):
        while True:
            try:
                status = await cluster.launcher.status(handle)
                break
            except NodeDown:  # it was in the middle of something: the next question finds a new connection
                continue
    assert status.state in {State.STARTING, State.RUNNING}
