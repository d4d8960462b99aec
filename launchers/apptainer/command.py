"""The command lines of Apptainer, for clusters that have it.

An image is staged as one read-only file (SIF), built from an archive of ``docker save``, once per image id. A
launch runs it contained: no home, no environment and no processes of the machine, its own ``/tmp``, no
network unless asked for. Source of the options: ``apptainer exec`` and ``apptainer build`` in the Apptainer
user guide (1.1 and newer: earlier ones have no ``--no-eval``). The standard library only.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PROGRAM = "apptainer"

#: Prefix of a variable that Apptainer sets in the container.
PREFIX = "APPTAINERENV_"

#: Returns the exit codes of shells for a missing or not executable command, where Apptainer returns 255.
#: The home is set here because Apptainer does not accept it from outside.
START = 'HOME=/tmp; export HOME; exec "$@"'


def build_command(archive: Path, image: Path) -> list[str]:
    """Return the command that converts an archive of ``docker save`` to a new SIF file."""
    return [PROGRAM, "build", "--disable-cache", str(image), f"docker-archive:{archive}"]


def run_command(image: Path, container: Mapping[str, Any], work: Path, *, gpus: bool) -> list[str]:
    """Return the command that runs a launch.

    Parameters
    ----------
    image : Path
        The SIF file.
    container : mapping
        ``args, cwd, mounts, network, init`` of the launch, as `launchers.udocker.launcher` describes it:
        `mounts` are
        source, target and whether it is read-only, `init` is whether the image has a shell.
    work : Path
        A folder of the launch's own, for ``/tmp``; in memory it would be 64 MB.
    gpus : bool
        Whether it gets the node's NVIDIA driver; which processors, Slurm says in ``CUDA_VISIBLE_DEVICES``.
    """
    command = [
        PROGRAM,
        "--quiet",
        "exec",
        "--containall",
        "--cleanenv",
        "--no-home",
        "--no-privs",
        "--no-eval",
    ]
    command += ["--workdir", str(work), "--pwd", str(container["cwd"])]
    for source, target, read_only in sorted(container["mounts"], key=lambda mount: len(mount[1])):
        command += ["--mount", _mount(source, target, read_only)]
    if not container["network"]:
        command += ["--net", "--network", "none"]
    if gpus:
        command.append("--nv")
    arguments = [str(argument) for argument in container["args"]]
    start = ["/bin/sh", "-c", START, "sh"] if container["init"] else []
    return [*command, str(image), *start, *arguments]


def environment(container: Mapping[str, Any], machine: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of `run_command`: Apptainer's own, and that of the container.

    Not on the command line, where everybody on the node could read it.

    Parameters
    ----------
    machine : mapping
        What Apptainer itself needs of the machine: ``PATH``, ``HOME`` …
    """
    inside = {name: value for name, value in container["env"].items() if name != "HOME"}
    return {**machine, **{f"{PREFIX}{name}": value for name, value in inside.items()}}


def _mount(source: str, target: str, read_only: bool) -> str:
    fields = ["type=bind", f"source={source}", f"destination={target}", *(["ro"] if read_only else [])]
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(fields)  # a path may hold a comma
    return line.getvalue()
