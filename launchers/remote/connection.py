"""The connection to an agent on another machine (`launchers.remote.agent`).

The program is copied there once and answers one request per run.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
import os
import tarfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from launchers.base import ImageMissing, LaunchError, NodeDown
from launchers.remote import framing
from launchers.remote.ssh import Running, Shell

#: Packages that are copied: their programs need nothing but Python.
FOLDERS = (
    "jobfolder", "launchers", "launchers/apptainer", "launchers/local", "launchers/remote", "launchers/slurm",
    "launchers/udocker",
)  # fmt: skip

#: Run there by any Python 3: makes the folder, unpacks the archive under its digest, prints the path.
_ARRIVE = """
import os, sys, tarfile
if sys.version_info < (3, 11):
    sys.exit("its python is %d.%d, 3.11 is needed: set 'python' to another one" % sys.version_info[:2])
state = os.path.abspath(os.path.expanduser(sys.argv[1]))
program = os.path.join(state, "program", sys.argv[2])
if not os.path.isdir(program):
    part = "%s.%d" % (program, os.getpid())
    os.makedirs(part, mode=0o700)
    tarfile.open(fileobj=sys.stdin.buffer, mode="r|").extractall(part)
    os.chmod(state, 0o700)
    try:
        os.rename(part, program)
    except OSError:
        if not os.path.isdir(program):
            raise
print(state)
"""


class AgentConnection:
    """Sends requests to an agent.

    Parameters
    ----------
    folder : str
        The platform's folder there (of a cluster: shared by login and compute nodes); ``~``: the home.
    python : str
        Python 3.11 or newer there (of a cluster: on all of its nodes); empty: ``python3``.
    environment : mapping
        Environment variables of the agent.
    kind : str
        Kind of the launcher; the program is ``launchers.KIND.agent``.
    """

    def __init__(
        self, shell: Shell, folder: str, python: str, environment: Mapping[str, str], kind: str = "slurm"
    ) -> None:
        self.kind = kind
        self.shell = shell
        self.python = python or "python3"
        self.state = ""
        self.program = ""
        self._folder = folder
        self._environment = environment
        self._arriving = asyncio.Lock()

    async def ask(self, what: str, **request: Any) -> Any:
        """Send a request and return the answer.

        Raises
        ------
        NodeDown, ImageMissing, LaunchError
            As the agent reports; `NodeDown` if it cannot be reached.
        """
        async with self._agent({"ask": what, **request}) as running:
            running.stdin.write_eof()
            return self._answer(await self._message(running))

    async def put(self, source: Path, place: str) -> None:
        """Copy a file, or the regular files of a folder, to a path below the agent's folder, atomically."""
        folder = await asyncio.to_thread(source.is_dir)
        async with self._agent({"ask": "put", "place": place, "folder": folder}) as running:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # its answer says why
                await self._send(running, source, folder=folder)
            self._answer(await self._message(running))

    async def _send(self, running: Running, source: Path, *, folder: bool) -> None:
        for path, stat in await asyncio.to_thread(lambda: [*framing.regular_files(source)]):
            shown = {"path": path, "size": stat.st_size, "mtime": stat.st_mtime_ns}
            running.stdin.write(framing.message(shown))
            content = framing.pieces(source / path if folder else source, 0, stat.st_size)
            while data := await asyncio.to_thread(next, content, b""):
                running.stdin.write(data)
                await running.stdin.drain()
        if folder:
            for path in await asyncio.to_thread(framing.folders, source):
                running.stdin.write(framing.message({"path": path, "folder": True}))
        running.stdin.write(framing.message(None))
        running.stdin.write_eof()

    async def follow(self, launches: Mapping[str, Any], targets: Mapping[tuple[str, str], Path]) -> None:
        """Fetch new files of launches; see `launchers.remote.agent.Agent.follow`.

        Parameters
        ----------
        targets : mapping
            ``(name, place)`` to the folder on this host.
        """
        async with self._agent({"ask": "follow", "launches": launches}) as running:
            running.stdin.write_eof()
            while (file := await self._message(running)) is not None:
                if "name" not in file:
                    self._answer(file)
                target = targets.get((file["name"], file["place"]))
                if target is None or file["size"] < 0 or file["offset"] < 0:
                    raise framing.Broken(f"the other end sent an unrequested file: {file}")
                await self._receive(running, target, file)

    async def _receive(self, running: Running, root: Path, file: Mapping[str, Any]) -> None:
        place = await asyncio.to_thread(framing.place_below, root, str(file["path"]))
        offset, left = int(file["offset"]), int(file["size"])
        part = place if offset else place.with_name(f".{place.name}.part")
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | (0 if offset else os.O_TRUNC)
        with os.fdopen(os.open(part, flags, 0o600), "wb") as out:
            out.seek(offset)
            while left:
                data = await running.stdout.read(min(left, framing.PIECE))
                if not data:
                    raise NodeDown(self.kind, f"the connection to {self.shell.place} broke in {file['path']}")
                await asyncio.to_thread(out.write, data)
                left -= len(data)
        os.utime(part, ns=(file["mtime"], file["mtime"]))
        if part != place:
            part.replace(place)

    @contextlib.asynccontextmanager
    async def _agent(self, request: Mapping[str, Any]) -> AsyncIterator[Running]:
        await self.arrive()
        variables = {"PYTHONPATH": self.program, **self._environment}
        command = ["env", *(f"{name}={value}" for name, value in variables.items())]
        command += [self.python, "-s", "-m", f"launchers.{self.kind}.agent", self.state]
        async with self._translated(), self.shell.run(command) as running:
            running.stdin.write(framing.message(request))
            yield running

    async def arrive(self) -> None:
        """Copy the agent's program to the machine, once.

        Raises
        ------
        NodeDown
            If the machine cannot be reached, or its Python does not run the program; with the last line that
            it printed.
        """
        async with self._arriving:
            if self.program:
                return
            data, digest = await asyncio.to_thread(_packed)
            command = [self.python, "-c", _ARRIVE, self._folder, digest]
            async with self._translated(), self.shell.run(command) as running:
                with contextlib.suppress(ConnectionError):  # the program was there already
                    running.stdin.write(data)
                    running.stdin.write_eof()
                    await running.stdin.drain()
                line = (await running.stdout.readline()).decode("utf-8", "replace").rstrip("\n")
                if not line.startswith("/"):
                    said = await running.said() or f"{self.python} gives no answer"
                    raise NodeDown(self.kind, f"{self.shell.place}: {said.splitlines()[-1]}")
            self.state, self.program = line, f"{line}/program/{digest}"

    async def _message(self, running: Running) -> Any:
        line = await running.stdout.readline()
        if not line:
            said = await running.said()
            raise NodeDown(
                self.kind, f"{self.shell.place} ended without an answer: {said[-300:] or 'no word'}"
            )
        return json.loads(await running.stdout.readexactly(framing.length(line)))

    def _answer(self, told: Mapping[str, Any]) -> Any:
        if "answer" in told:
            return told["answer"]
        for key, kind in (("down", NodeDown), ("image", ImageMissing)):
            if key in told:
                raise kind(self.kind, str(told[key]))
        raise LaunchError(self.kind, str(told.get("error", told)))

    @contextlib.asynccontextmanager
    async def _translated(self) -> AsyncIterator[None]:
        """Translate errors of a broken stream to `NodeDown`."""
        try:
            yield
        except (framing.Broken, asyncio.IncompleteReadError, ConnectionError, ValueError) as error:
            raise NodeDown(self.kind, f"{self.shell.place} answers nonsense: {error}") from error


def _packed() -> tuple[bytes, str]:
    """Return the program as a tar archive, and the digest that names it."""
    root = Path(__file__).resolve().parents[2]
    buffer, digest = io.BytesIO(), hashlib.sha256()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for folder in FOLDERS:
            for file in sorted((root / folder).glob("*.py")):
                name = file.relative_to(root).as_posix()
                digest.update(name.encode() + file.read_bytes())
                tar.add(file, name)
    return buffer.getvalue(), digest.hexdigest()[:16]
