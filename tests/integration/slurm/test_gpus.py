"""A launch for graphics processors: Slurm grants them, the node's driver is put into the container."""

from __future__ import annotations

import pytest

from launchers import LaunchError, State
from tests.integration.slurm.conftest import Cluster
from tests.integration.slurm.operator import operate, script

pytestmark = pytest.mark.slurm

SHOW = (
    "python3", "-c",
    "import glob, os\n"
    "print(os.environ['CUDA_VISIBLE_DEVICES'], open(glob.glob('/usr/lib/*/libcuda.so.1')[0]).read())",
)  # fmt: skip


def granted(cluster: Cluster, name: str) -> str:
    """Return what the operator sees that the job was granted."""
    number = operate("squeue", "-h", "-t", "all", f"--name={name}", "-o", "%F").strip()
    return operate("scontrol", "show", "job", number)


async def test_a_node_without_a_driver_says_so_though_slurm_grants_a_processor(cluster: Cluster) -> None:
    handle = await cluster.launcher.start(cluster.spec(*SHOW, gpus=1))
    status = await cluster.end(handle)
    assert "TresPerNode=gres:gpu:1" in granted(cluster, handle.name)
    assert (status.state, status.exit_code) == (State.EXITED, 126)
    assert status.reason.startswith(
        "killed: no NVIDIA driver is found here (/proc/driver/nvidia/version is not"
    )


async def test_the_drivers_libraries_of_the_jobs_node_are_in_its_container(cluster: Cluster) -> None:
    node = cluster.folder / "node"  # a driver, where the job looks for it
    for part in (node, node / "driver", node / "libraries"):
        part.mkdir()
        part.chmod(0o755)
    (node / "driver" / "version").write_text("NVRM version: 550.2\n")
    (node / "libraries" / "libcuda.so.1").write_text("the driver's")
    pretend = (
        "import pathlib, runpy, sys; from launchers.local import gpus; "
        f'gpus.DRIVER = pathlib.Path("{node}/driver"); sys.argv = ["slurm_job", *sys.argv[1:]]; '
        'runpy.run_module("launchers.slurm.job", run_name="__main__")'
    )
    python = script(
        node / "python",
        f'case "$*" in *launchers.slurm.job*) export LD_LIBRARY_PATH={node}/libraries\n'
        f"exec python3 -s -c '{pretend}' \"$4\";; esac\n"
        'exec python3 "$@"',
    )
    cluster.launcher = cluster.made(python=str(python))
    status, printed = await cluster.run(*SHOW, gpus=1)
    assert (status.exit_code, printed.strip()) == (0, "0 the driver's"), (status, printed)


async def test_more_processors_than_any_node_has_are_rejected_in_slurms_words(cluster: Cluster) -> None:
    with pytest.raises(LaunchError, match="Requested node configuration is not available"):
        await cluster.launcher.start(cluster.spec(*SHOW, gpus=9))
