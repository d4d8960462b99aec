"""The kind ``process``: no container, but a supervised process of this machine with this interpreter.

It is the embedded default. It differs from a container:

- mounts are symbolic links (below the working directory) or translated paths (elsewhere): read-only ones can
  be written to by the owner of the files;
- the network is the machine's; the image is only recorded; GPUs are assigned by ``CUDA_VISIBLE_DEVICES``,
  which a command can ignore;
- memory is measured every `launchers.local.command_runner.LOOK` seconds, where there is a ``/proc``;
- processors are not limited, only the number of threads that numerical libraries start.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path, PurePosixPath
from typing import Any

from launchers.base import LaunchError, LaunchSpec, NodeHealth
from launchers.local.environment import environment, inherited, with_address
from launchers.local.gpus import usable
from launchers.local.supervised import SupervisedLauncher
from launchers.options import GpuOptions

#: Names in a command that mean this interpreter.
PYTHON = ("python", "python3")


class ProcessLauncher(SupervisedLauncher):
    """The launcher protocol over processes; see `SupervisedLauncher` for `state`."""

    kind = "process"

    def __init__(self, state: Path, options: GpuOptions | None = None) -> None:
        super().__init__(state, (options or GpuOptions()).gpus)

    async def probe(self) -> NodeHealth:
        """See `launchers.base.Launcher.probe`."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            return NodeHealth(False, f"its folder {self.folder} cannot be made: {error.strerror}")
        return NodeHealth(True, version=f"Python {platform.python_version()}", details=machine(self.limit))

    async def prepare(self, image: str) -> str:
        """See `launchers.base.Launcher.prepare`; there is no image to fetch."""
        return image

    def _plan(self, spec: LaunchSpec, prepared: Path, folder: Path, port: int | None) -> dict[str, Any]:
        for mount in spec.mounts:
            if not mount.source.exists():
                raise LaunchError(self.kind, f"{mount.source}, to be seen as {mount.target}, is not there")
        home = next((mount.source for mount in spec.mounts if mount.target == spec.workdir), folder / "work")
        reachable = prepared / "work" if home == folder / "work" else home
        reachable.mkdir(exist_ok=True)
        for mount in spec.mounts:
            if mount.target.startswith(f"{spec.workdir}/"):
                _link(reachable / PurePosixPath(mount.target).relative_to(spec.workdir), mount.source)
        argv = [_translate(argument, spec) for argument in with_address(spec.command, port)]
        if argv[0] in PYTHON:
            argv[0] = sys.executable
        env = {name: _translate(value, spec) for name, value in environment(spec).items()}
        return {"argv": argv, "cwd": str(home), "env": {**inherited(), **env}}


def machine(gpus: int = 0) -> dict[str, Any]:
    """Return the size of this machine: usable processors, memory in MB, GPUs."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cpus": count, "memory_mb": memory // 2**20, "gpus": len(usable(gpus))}


def _translate(text: str, spec: LaunchSpec) -> str:
    """Return `text` with a path below a mount replaced by the node's own path."""
    for mount in sorted(spec.mounts, key=lambda mount: -len(mount.target)):
        if text == mount.target or text.startswith(f"{mount.target}/"):
            return f"{mount.source}{text.removeprefix(mount.target)}"
    return text


def _link(place: Path, source: Path) -> None:
    """Make `place` a link to `source`, replacing an empty mount point that a container engine left."""
    if place.is_symlink():
        place.unlink()
    elif place.is_dir() and not any(place.iterdir()):
        place.rmdir()
    elif place.is_file() and place.stat().st_size == 0:
        place.unlink()
    if place.exists():
        raise LaunchError("process", f"{place} is in the way of {source}, which should be seen there")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(source)
