"""The image of a module that is not trusted: built from its regular files, on the base that it names."""

from __future__ import annotations

import asyncio
import io
import re
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import IO

from dashboard.base.bundled import ROOT
from dashboard.base.untrusted_folder import ConfinedFolder
from dashboard.publishing.images.docker_build import Build, BuildFailed, build_with_log
from dashboard.publishing.source.tree import SourceTree

FILE_LIMIT = 50 * 2**20  # bytes; the check of files says so before
#: Images that a checkout can build itself.
_OWN_BASE = re.compile(r"huggins/base(-tensorflow)?:[\w.-]+")


@dataclass(frozen=True)
class ModuleImage:
    """An image in the engine.

    Attributes
    ----------
    id : str
        The engine's id.
    name : str
        Its name in the engine, with a tag.
    log : str
        Output of the build; empty of an image that was there.
    kept : bool
        Whether the engine had it before: it is not removed.
    """

    id: str
    name: str
    log: str = field(default="", repr=False)
    kept: bool = False


async def build_image(
    tree: SourceTree, tag: str, labels: Mapping[str, str] | None = None, *, network: str | None = None
) -> ModuleImage:
    """Build the image of a module.

    Parameters
    ----------
    tree : SourceTree
        Its folder.
    tag : str
        Name of the image in the engine.
    labels : mapping of str to str, optional
        OCI labels.
    network : str, optional
        Docker's network of the build.

    Returns
    -------
    ModuleImage
        The image, with the build's output.

    Raises
    ------
    BuildFailed
        If it cannot be built; with the end of the output.
    """
    await asyncio.to_thread(_ensure_base, tree.text("Dockerfile") or "")
    wanted = Build(
        dockerfile="Dockerfile",
        write_context=partial(write_context, tree=tree),
        tags=(tag,),
        labels=labels or {},
    )
    identity, log = await asyncio.to_thread(build_with_log, wanted, network=network)
    return ModuleImage(identity, tag, log)


async def discard(image: ModuleImage) -> None:
    """Remove an image that was built for a check alone; layers that others share stay."""
    if image.kept:
        return
    words = ["docker", "image", "rm", "--force", image.id]
    await asyncio.to_thread(subprocess.run, words, capture_output=True, check=False)


def write_context(stream: IO[bytes], tree: SourceTree) -> None:
    """Write the regular files of a module as a tar archive, in which nothing tells of this machine."""
    confined = ConfinedFolder(tree.folder)
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for path in sorted(tree.sizes):
            content = confined.read(path, FILE_LIMIT)
            member = tarfile.TarInfo(path)
            member.size = len(content)
            executable = (tree.folder / path).stat().st_mode & 0o100
            member.mode = 0o755 if executable else 0o644
            tar.addfile(member, io.BytesIO(content))


def _ensure_base(dockerfile: str) -> None:
    """Build our own base image where it is missing and this is a checkout; else the engine pulls it."""
    found = _OWN_BASE.search(dockerfile)
    if found is None or not (ROOT / "ci" / "images.py").is_file():
        return
    asked = ["docker", "image", "inspect", "--format", "{{.Id}}", found[0]]
    try:
        if subprocess.run(asked, capture_output=True, check=False).returncode == 0:
            return
    except FileNotFoundError as error:
        raise BuildFailed("there is no docker command on the path") from error
    words = [sys.executable, "-m", "ci.images", "base", *(["tensorflow"] if found[1] else [])]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BuildFailed(f"the base image {found[0]} cannot be built: {done.stderr.strip()[-2000:]}")
