"""The command lines for Apptainer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from launchers.apptainer.command import build_command, environment, run_command

IMAGE, WORK = Path("/shared/images/08a2.sif"), Path("/shared/launches/a-1/work")


def container(**values: Any) -> dict[str, Any]:
    described = {
        "args": ["python", "-m", "deepaas_plugins.batch"],
        "env": {"HOME": "/tmp", "TOKEN": "a secret, with $HOME"},
        "cwd": "/job",
        "mounts": [("/shared/files/a-1/0", "/job", False)],
        "network": False,
        "init": True,
    }
    return {**described, **values}


def test_a_launch_is_contained_and_runs_its_command_by_the_images_shell() -> None:
    assert run_command(IMAGE, container(), WORK, gpus=False) == [
        "apptainer", "--quiet", "exec", "--containall", "--cleanenv", "--no-home", "--no-privs", "--no-eval",
        "--workdir", str(WORK), "--pwd", "/job",
        "--mount", "type=bind,source=/shared/files/a-1/0,destination=/job",
        "--net", "--network", "none",
        str(IMAGE), "/bin/sh", "-c", 'HOME=/tmp; export HOME; exec "$@"', "sh",
        "python", "-m", "deepaas_plugins.batch",
    ]  # fmt: skip


def test_an_image_without_a_shell_runs_its_command_directly() -> None:
    command = run_command(IMAGE, container(init=False, args=["/serve"]), WORK, gpus=False)
    assert command[-2:] == [
        str(IMAGE),
        "/serve",
    ]


def test_inputs_are_read_only_and_mounted_after_the_folder_that_they_lie_in() -> None:
    mounts = [("/shared/data/1,5", "/job/in/data", True), ("/shared/files/a-1/0", "/job", False)]
    command = run_command(IMAGE, container(mounts=mounts), WORK, gpus=False)
    given = [command[n + 1] for n, word in enumerate(command) if word == "--mount"]
    assert given == [
        "type=bind,source=/shared/files/a-1/0,destination=/job",
        'type=bind,"source=/shared/data/1,5",destination=/job/in/data,ro',
    ]


def test_the_network_and_the_driver_are_there_only_when_asked_for() -> None:
    asked = run_command(IMAGE, container(network=True), WORK, gpus=True)
    assert "--nv" in asked
    assert "--net" not in asked
    assert "--nv" not in run_command(IMAGE, container(), WORK, gpus=False)


def test_the_environment_is_on_no_command_line() -> None:
    described = container()
    assert environment(described, {"PATH": "/usr/bin"}) == {
        "PATH": "/usr/bin",
        "APPTAINERENV_TOKEN": "a secret, with $HOME",
    }
    assert "secret" not in " ".join(run_command(IMAGE, described, WORK, gpus=False))


def test_an_image_is_built_from_an_archive_without_filling_the_homes_cache() -> None:
    assert build_command(Path("/shared/archives/x.tar"), IMAGE) == [
        "apptainer", "build", "--disable-cache", str(IMAGE), "docker-archive:/shared/archives/x.tar",
    ]  # fmt: skip
