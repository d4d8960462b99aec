"""The batch script: everything that is asked for, and nothing that is not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from launchers import LaunchError, LaunchSpec
from launchers.remote.connection import AgentConnection
from launchers.remote.ssh import LocalShell, SshShell
from launchers.slurm.launcher import SlurmLauncher
from launchers.slurm.options import SlurmOptions
from launchers.slurm.script import script

PLAIN = {"partition": "", "account": "", "qos": ""}


def made(requests: dict[str, str] = PLAIN, **values: object) -> list[str]:
    cluster = AgentConnection(LocalShell(), "~/x", "python3", {})
    cluster.state, cluster.program = "/scratch/it's mine", "/scratch/it's mine/program/1"
    spec = LaunchSpec("a1", "sha256:0", ("true",), owner="me", **values)  # type: ignore[arg-type]
    text = script(spec, cluster, requests)
    assert subprocess.run(["sh", "-n"], input=text, text=True, check=False).returncode == 0
    return text.splitlines()


def test_all_that_is_asked_for_stands_in_it() -> None:
    requests = {"partition": "gpu", "account": "astro", "qos": "long"}
    lines = made(requests, cpus=2.5, memory_mb=4000, gpus=2, walltime_s=3600)
    for asked in (
        "job-name=a1", "comment=me:a1", "no-requeue", "cpus-per-task=3", "mem=4128M", "time=61", "gres=gpu:2",
        "partition=gpu", "account=astro", "qos=long", "export=NIL",
    ):  # fmt: skip
        assert f"#SBATCH --{asked}" in lines


def test_parts_are_an_array_with_time_for_a_part_and_the_joining() -> None:
    lines = made(parts=4, walltime_s=3600)
    assert "#SBATCH --array=0-3" in lines
    assert "#SBATCH --time=121" in lines


def test_what_is_not_asked_for_is_left_to_the_cluster() -> None:
    text = "\n".join(made())
    for absent in ("--time", "--gres", "--array", "--partition", "--account", "--qos"):
        assert absent not in text


def test_the_runner_takes_the_shells_place_in_a_folder_of_any_name() -> None:
    assert made()[-1] == (
        "PYTHONPATH='/scratch/it'\"'\"'s mine/program/1' exec python3 -s -m launchers.slurm.job "
        "'/scratch/it'\"'\"'s mine/launches/a1'"
    )


def test_a_setting_that_could_add_a_line_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="partition"):
        SlurmLauncher(tmp_path, SlurmOptions(partition="main\n#SBATCH --uid=0"))


async def test_an_owner_that_could_add_a_line_is_rejected(tmp_path: Path) -> None:
    launcher = SlurmLauncher(tmp_path)
    with pytest.raises(LaunchError, match="owner"):
        await launcher.start(LaunchSpec("a1", "sha256:0", ("true",), owner="me\nrm -rf /"))


@pytest.mark.parametrize("url", ["http://host", "ssh://", "ssh://me:secret@host", "ssh://host/path", "host"])
def test_an_address_that_is_none_of_a_login_node_is_rejected(url: str) -> None:
    with pytest.raises(LaunchError, match="ssh://USER@HOST:PORT"):
        SshShell(url)
