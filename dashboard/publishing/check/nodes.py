"""The nodes that a check runs on: this machine's Docker, its udocker, or, on request, its processes."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

from launchers import Launcher, LaunchError
from launchers.registry import create

#: Kinds that a check can run on; a process has no isolation, and is only taken where a person asks for it.
KINDS = ("docker", "udocker", "process")
UNISOLATED = "process"


@contextlib.asynccontextmanager
async def node(kind: str, state: Path) -> AsyncIterator[Launcher]:
    """Open a launcher of this machine.

    Parameters
    ----------
    kind : str
        Of `KINDS`.
    state : Path
        Folder of its state.

    Yields
    ------
    Launcher
        That works.

    Raises
    ------
    LaunchError
        If it does not work here; with the reason.
    """
    launcher = create(kind, state / kind)
    try:
        health = await launcher.probe()
        if not health.ok:
            raise LaunchError(kind, health.reason)
        yield launcher
    finally:
        await launcher.close()


async def bring(launcher: Launcher, image: str, folder: Path) -> str:
    """Bring an image of the local engine onto a node; return how it is called there.

    Parameters
    ----------
    launcher : Launcher
        Of the node.
    image : str
        Its name in the engine, with a tag.
    folder : Path
        For the archive.

    Raises
    ------
    LaunchError
        If it cannot be brought.
    """
    if launcher.kind != "udocker":
        return await launcher.prepare(image)
    archive = folder / "image.tar"
    words = ["docker", "save", "-o", str(archive), image]
    done = await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LaunchError(launcher.kind, f"the engine does not give the image: {done.stderr.strip()}")
    try:
        return await launcher.prepare(str(archive))
    finally:
        archive.unlink(missing_ok=True)
