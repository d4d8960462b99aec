"""Where it is asked from and where files lie: on this host without SSH, in a folder that all of them see."""

from __future__ import annotations

import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from launchers import LaunchError, Mount, State
from launchers.slurm.launcher import SlurmLauncher
from launchers.slurm.options import SlurmOptions
from tests.integration.cluster import TARBALL, require_slurm, user_home
from tests.integration.launchers.programs import RUN
from tests.integration.slurm.conftest import Cluster, until
from tests.integration.slurm.operator import STATE, operate

pytestmark = pytest.mark.slurm

#: Writes where everybody can see it, and ends when it is told to, there too.
WRITE = (
    "python3", "-c",
    "import pathlib, time\n"
    "pathlib.Path('begun').write_text(pathlib.Path('in/star').read_text())\n"
    "while not pathlib.Path('go').exists(): time.sleep(0.05)\n"
    "pathlib.Path('ended').touch()",
)  # fmt: skip


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that login node, compute nodes and this host see under one path."""
    place = user_home() / f"shared-{uuid.uuid4().hex[:8]}"
    for part in (place, place / "job", place / "job" / "in", place / "data"):
        part.mkdir()
        part.chmod(0o777)
    (place / "data" / "star").write_text("Hα")
    yield place
    shutil.rmtree(place)


def mounts(place: Path) -> tuple[Mount, ...]:
    return (Mount(place / "job", "/job", read_only=False), Mount(place / "data", "/job/in"))


async def test_what_the_cluster_sees_too_is_used_in_place(cluster: Cluster, shared_folder: Path) -> None:
    cluster.launcher = cluster.made(shared=[str(user_home())])
    before = cluster.copies("files", "data")  # other tests' inputs are kept for a while
    handle = await cluster.launcher.start(cluster.spec(*WRITE, mounts=mounts(shared_folder), workdir="/job"))
    await until((shared_folder / "job" / "begun").exists)  # nobody has asked for it, nothing was brought
    (shared_folder / "job" / "go").touch()
    assert (await cluster.end(handle)).exit_code == 0
    assert (shared_folder / "job" / "begun").read_text() == "Hα"
    assert (shared_folder / "job" / "ended").exists()
    assert cluster.copies("files", "data") == before, "copied, though the cluster sees it"
    await cluster.launcher.remove(handle)
    assert (shared_folder / "job" / "ended").exists()


async def test_a_shared_folder_that_the_login_node_has_lost_is_an_error_that_names_it(
    cluster: Cluster, tmp_path: Path
) -> None:
    # pytest's folders are closed to other users: as good as not mounted.
    cluster.launcher = cluster.made(shared=[str(tmp_path)])
    spec = cluster.spec("true", mounts=(Mount(tmp_path, "/job", read_only=False),))
    with pytest.raises(LaunchError, match=f"{tmp_path}, to be seen as /job, is not there"):
        await cluster.launcher.start(spec)
    assert await cluster.launcher.find(spec.name) is None


async def test_a_shared_folder_that_the_compute_node_has_lost_is_an_end_that_names_it(
    cluster: Cluster, shared_folder: Path
) -> None:
    cluster.launcher = cluster.made(shared=[str(user_home())], partition="short")
    before = await cluster.launcher.start(cluster.spec(*RUN, cpus=4))
    await cluster.until_printed(before, b"ready")
    spec = cluster.spec(*WRITE, mounts=mounts(shared_folder), workdir="/job", cpus=4)
    handle = await cluster.launcher.start(spec)
    away = shared_folder.with_name(f"{shared_folder.name}-away")
    operate("mv", str(shared_folder), str(away))
    try:
        await cluster.launcher.stop(before)
        status = await cluster.end(handle)
    finally:
        operate("mv", str(away), str(shared_folder))
    assert status.reason.startswith(f"killed: {shared_folder}/job, to be seen as /job, is not there (on ")
    assert status.exit_code == 126


@pytest.fixture
def own_folder() -> Iterator[Path]:
    require_slurm()
    place = STATE.parent / f"tests-{uuid.uuid4().hex[:8]}"
    yield place
    shutil.rmtree(place, ignore_errors=True)


async def test_without_a_login_node_slurms_commands_are_called_on_this_host(
    image_archive: Path, own_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "job").mkdir()
    launcher = SlurmLauncher(
        tmp_path / "state",
        SlurmOptions(folder=str(own_folder), python=sys.executable, udocker_tarball=TARBALL),
    )
    rig = Cluster("slurm", lambda: launcher, await launcher.prepare(str(image_archive)), "tests-local")
    try:
        status, printed = await rig.run(
            "sh", "-c", "echo $((6 * 7)) >answer", workdir="/job",
            mounts=(Mount(tmp_path / "job", "/job", read_only=False),),
        )  # fmt: skip
        assert (status.state, status.exit_code) == (State.EXITED, 0), printed
        assert (tmp_path / "job" / "answer").read_text() == "42\n"
        assert (await launcher.probe()).ok
    finally:
        for handle in await launcher.list("tests-local"):
            await launcher.remove(handle)
        await launcher.close()


async def test_what_is_asked_of_slurm_stands_in_its_queue(cluster: Cluster) -> None:
    cluster.launcher = cluster.made(partition="gpu", account="astro", qos="long")
    spec = replace(cluster.spec("sleep", "60"), cpus=2, memory_mb=300, walltime_s=600, name="t-asked")
    handle = await cluster.launcher.start(spec)
    asked = "%j|%k|%P|%a|%q|%C|%m|%l|%T|%h"
    shown = operate("squeue", "-h", f"--name={spec.name}", "-o", asked).strip().split("|")
    job = operate("scontrol", "show", "job", cluster.job(handle))
    assert shown[:3] == ["t-asked", f"{cluster.owner}:t-asked", "gpu"]
    assert "Account=astro" in job
    assert "NumCPUs=2" in job
    assert "MinMemoryNode=428M" in job  # with what the runner needs beside the command
    assert "TimeLimit=00:11:00" in job  # a minute more than ours, which ends it by itself
    assert "Requeue=0" in job
