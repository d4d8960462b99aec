"""A cluster whose nodes run images by Apptainer: what it is called with, played by a script.

Debian 12 has no Apptainer. The script takes an archive for an image and runs the command on the node itself,
in the folder that is mounted: what is shown is that images are staged once, and that a job's command, files,
environment, end and log go through it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from launchers import ImageMissing, Mount
from launchers.slurm.launcher import SlurmLauncher
from tests.integration.slurm.conftest import Cluster
from tests.integration.slurm.operator import python_with

pytestmark = pytest.mark.slurm

#: Records its arguments, and takes the options as `launchers.apptainer.command` writes them.
PLAYED = r"""
echo "$*" >>"$(dirname "$0")/../calls"
[ "$1" = --version ] && { echo apptainer version 1.3.4; exit; }
[ "$1" = build ] && { cp "${4#docker-archive:}" "$3"; exit; }
while [ $# -gt 0 ]; do
    case $1 in
        --workdir|--network) shift ;;
        --pwd) inside=$2; shift ;;
        --mount)
            case $2 in *",destination=$inside") place=$(echo "$2" | sed 's/.*source=//; s/,.*//') ;; esac
            shift ;;
        *.sif) shift; break ;;
    esac
    shift
done
cd "$place" && exec env -i PATH="$PATH" TOLD="$APPTAINERENV_TOLD" "$@"
"""


@pytest.fixture
async def launcher(cluster: Cluster) -> SlurmLauncher:
    (cluster.folder / "calls").unlink(missing_ok=True)
    python = python_with(cluster.folder / "bin", "apptainer", PLAYED)
    cluster.launcher = cluster.made(
        python=str(python), runtime="apptainer", folder=f"{cluster.folder}/apptainer"
    )
    return cluster.launcher


async def test_an_image_is_staged_once_and_jobs_run_by_it(
    cluster: Cluster, launcher: SlurmLauncher, image_archive: Path, tmp_path: Path
) -> None:
    assert [await launcher.prepare(str(image_archive)) for _ in range(2)] == [cluster.image] * 2
    assert await launcher.prepare(cluster.image) == cluster.image
    (tmp_path / "job").mkdir()
    command = ("sh", "-c", 'echo "$TOLD" >answer; echo said; exit 3')
    mounts = (Mount(tmp_path / "job", "/job", read_only=False),)
    status, printed = await cluster.run(*command, mounts=mounts, workdir="/job", env={"TOLD": "a secret"})
    assert (status.exit_code, status.reason, printed) == (3, "exited with code 3", "said\n")
    assert (tmp_path / "job" / "answer").read_text() == "a secret\n"
    calls = (cluster.folder / "calls").read_text()
    assert sum(line.startswith("build ") for line in calls.splitlines()) == 1
    assert "--containall --cleanenv --no-home" in calls
    assert "a secret" not in calls
    assert (await launcher.probe()).version.endswith("apptainer 1.3.4")


async def test_an_image_that_nobody_brought_is_missing(launcher: SlurmLauncher) -> None:
    with pytest.raises(ImageMissing, match="brought as an archive only"):
        await launcher.prepare(f"sha256:{0:064x}")


async def test_a_cluster_without_apptainer_says_so(cluster: Cluster) -> None:
    health = await cluster.made(runtime="apptainer").probe()
    assert not health.ok
    assert health.reason == "apptainer cannot be used on the login node: No such file or directory"
