"""Images on another machine: pulled there, or copied from the local engine or an archive."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from launchers.base import ImageMissing
from launchers.remote.connection import AgentConnection
from launchers.remote.framing import fingerprint


class CopiedImages:
    """Makes images available on the machine of an agent."""

    def __init__(self, agent: AgentConnection) -> None:
        self._agent = agent

    async def stage(self, image: str) -> str:
        """Make an image available there and return its id.

        Parameters
        ----------
        image : str
            A reference, an id, or the path of an archive of ``docker save``.

        Raises
        ------
        ImageMissing
            If it can neither be pulled nor copied.
        """
        if image.startswith("/"):
            return await self._load(Path(image))
        here = await local_id(image)
        if here is not None and await self._staged(here):
            return here
        try:
            return str(await self._agent.ask("prepare", image=image))
        except ImageMissing:  # no registry that is reachable from there has it
            if here is None:
                raise
        async with saved(image, self._agent.kind) as archive:
            return await self._load(archive)

    async def _staged(self, identifier: str) -> bool:
        try:
            await self._agent.ask("prepare", image=identifier)
        except ImageMissing:
            return False
        return True

    async def _load(self, archive: Path) -> str:
        if not await asyncio.to_thread(archive.is_file):
            raise ImageMissing(self._agent.kind, f"{archive} is not there")
        name = f"{await asyncio.to_thread(fingerprint, archive)}.tar"
        await self._agent.put(archive, f"archives/{name}")
        return str(await self._agent.ask("prepare", image=f"archive:{name}"))


async def local_id(reference: str) -> str | None:
    """Return the id of an image of the local engine; None if there is no engine or no such image."""
    if reference.startswith(("-", "sha256:")):
        return None
    code, said = await _docker("image", "inspect", "--format", "{{.Id}}", reference)
    return said.strip() if code == 0 else None


@asynccontextmanager
async def saved(reference: str, kind: str) -> AsyncIterator[Path]:
    """Write a temporary archive of an image of the local Docker engine.

    The image is named by its tag, because udocker 1.3.17 loads no archive without one.

    Parameters
    ----------
    reference : str
        Name and tag of the image.
    kind : str
        Kind of the launcher, for the error.

    Yields
    ------
    Path
        The archive, which is deleted afterwards.

    Raises
    ------
    ImageMissing
        If ``docker save`` fails; with what it printed.
    """
    with tempfile.TemporaryDirectory(prefix="huggins-image-") as folder:
        archive = Path(folder) / "image.tar"
        code, said = await _docker("save", "--output", str(archive), reference)
        if code:
            raise ImageMissing(kind, f"docker save of {reference} failed: {said.strip()}")
        yield archive


async def _docker(*arguments: str) -> tuple[int, str]:
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec("docker", *arguments, stdout=pipe, stderr=pipe)
    except OSError:
        return 127, "there is no docker command"
    out, complaints = await process.communicate()
    return process.returncode or 0, (out if process.returncode == 0 else complaints).decode(
        "utf-8", "replace"
    )
