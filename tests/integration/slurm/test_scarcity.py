"""What a cluster lacks: room on its disk, the registry that images come from."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from launchers import ImageMissing, LaunchError, Mount
from tests.integration.cluster import user_home
from tests.integration.launchers.programs import PRINT
from tests.integration.slurm.conftest import Cluster
from tests.integration.slurm.operator import operate

pytestmark = pytest.mark.slurm


@pytest.fixture
def small_disk(cluster: Cluster) -> Iterator[Path]:
    """Give a folder of the user's on a disk of 20 MB."""
    place = user_home() / f"small-{uuid.uuid4().hex[:8]}"
    place.mkdir()
    operate("mount", "-t", "tmpfs", "-o", f"size=20m,uid={user_home().stat().st_uid}", "none", str(place))
    yield place
    cluster.launcher = cluster.made()
    operate("umount", str(place))
    place.rmdir()


async def test_a_disk_without_room_for_the_inputs_is_said_and_nothing_stays_on_it(
    cluster: Cluster, small_disk: Path, tmp_path: Path
) -> None:
    (tmp_path / "input").write_bytes(b"x" * 40 * 2**20)
    cluster.launcher = cluster.made(folder=str(small_disk))
    spec = cluster.spec(*PRINT, mounts=(Mount(tmp_path / "input", "/input"),))
    with pytest.raises(LaunchError, match="No space left on device"):
        await cluster.launcher.start(spec)
    assert await cluster.launcher.find(spec.name) is None
    assert not operate("squeue", "-h", "-t", "all", f"--name={spec.name}")
    assert shutil.disk_usage(small_disk).free > 15 * 2**20


async def test_a_job_that_fills_the_disk_ends_with_what_it_says_and_the_next_one_runs(
    cluster: Cluster, small_disk: Path
) -> None:
    fill = ("python3", "-c", "open('/job/result', 'wb').write(bytes(40 * 2**20))")
    mounts = (Mount(small_disk, "/job", read_only=False),)
    cluster.launcher = cluster.made(shared=[str(small_disk)])
    status, printed = await cluster.run(*fill, mounts=mounts, workdir="/job")
    assert (status.exit_code, "No space left on device" in printed) == (1, True), printed
    operate("rm", str(small_disk / "result"))
    assert (await cluster.run(*PRINT, mounts=mounts))[0].exit_code == 0


async def test_a_registry_that_is_away_is_an_image_that_is_missing_and_says_so(cluster: Cluster) -> None:
    with pytest.raises(ImageMissing, match="pull failed"):
        await cluster.launcher.prepare("127.0.0.1:9/huggins/absent:1")
    assert (await cluster.launcher.probe()).ok  # the cluster itself is well
