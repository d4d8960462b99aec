"""Trainings through REST: each in a process of its own, its record, log and artefacts on disk.

A folder per training, named by its uuid: ``record.json`` (what was asked, by whom it runs), ``in/``
(uploaded files), ``log.txt``, ``out/`` (progress, metrics, report and model of our own methods),
``result.json`` (written last, by rename).
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import sys
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from deepaas_plugins.serve.problems import Problem
from jobfolder.json_file import write_json

Json = dict[str, Any]

#: Seconds that a cancelled training gets between SIGTERM and SIGKILL.
PATIENCE = 5.0

#: Trainings that may run at once.
MOST_RUNNING = 8

_UUID = re.compile(r"[0-9a-f]{32}\Z")
_FORMAT = "%Y-%m-%d %H:%M:%S.%f"


def now() -> str:
    """Return the time as upstream writes it: local, with microseconds."""
    return datetime.now().strftime(_FORMAT)  # noqa: DTZ005 - upstream's form


class Trainings:
    """The trainings of one module.

    Parameters
    ----------
    module
        Name of the entry point.
    folder
        Where they are kept; made if it is missing.
    """

    def __init__(self, module: str, folder: Path) -> None:
        self._module = module
        self._folder = folder / module
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._waits: set[asyncio.Task[None]] = set()

    def new_folder(self) -> Path:
        """Make a folder for a training that is about to be asked for.

        Raises
        ------
        Problem
            503: too many run already, or the folder of trainings cannot be used.
        """
        if len(self._running) >= MOST_RUNNING:
            raise Problem(
                503, f"{MOST_RUNNING} trainings run already: cancel one or wait.", {"Retry-After": "60"}
            )
        try:
            _private(self._folder.parent)
            self._folder.mkdir(mode=0o700, exist_ok=True)
            folder = self._folder / uuid.uuid4().hex
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise Problem(503, f"The folder of trainings cannot be used: {error}.") from None
        return folder

    async def start(self, folder: Path, item: Json, arguments: Json) -> Json:
        """Start a training and return its record.

        Parameters
        ----------
        folder
            From `new_folder`; uploaded files are in it already.
        item
            The request, as frames have it.
        arguments
            After their check, for people.
        """
        record = {
            "schema": 1,
            "uuid": folder.name,
            "date": now(),
            "args": arguments,
            "status": "running",
            "request": item,
        }
        write_json(folder / "record.json", record)
        with (folder / "log.txt").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "deepaas_plugins.serve.training.process", str(folder), self._module,
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        write_json(folder / "record.json", record | {"pid": process.pid})
        self._running[folder.name] = process
        wait = asyncio.create_task(self._wait(folder.name, process))
        self._waits.add(wait)
        wait.add_done_callback(self._waits.discard)
        return self._shown(folder)

    async def _wait(self, name: str, process: asyncio.subprocess.Process) -> None:
        code = await process.wait()
        folder = self._folder / name
        if not (folder / "result.json").exists():
            reason = (
                f"The training's process ended with exit code {code}"
                if code >= 0
                else f"The training was killed by signal {-code}"
            )
            _end(folder, "error", message=f"{reason}. The log has its last words.")
        self._running.pop(name, None)

    def all(self) -> list[Json]:
        """Return what is known of every training, the oldest first."""
        shown = [self._shown(folder) for folder in self._folders()]
        return sorted(shown, key=lambda each: str(each["date"]))

    def one(self, name: str) -> Json:
        """Return what is known of a training.

        Raises
        ------
        Problem
            404: there is none.
        """
        return self._shown(self.folder_of(name))

    def folder_of(self, name: str) -> Path:
        """Return a training's folder.

        Raises
        ------
        Problem
            404: there is none.
        """
        folder = self._folder / name
        if not _UUID.match(name) or not (folder / "record.json").is_file():
            raise Problem(404, f"There is no training {name!r}.")
        return folder

    async def delete(self, name: str) -> Json:
        """Cancel a training that runs, and keep its record as cancelled; forget one that has ended.

        Raises
        ------
        Problem
            404: there is none.
        """
        folder = self.folder_of(name)
        if (folder / "result.json").exists():
            shown = self._shown(folder)
            shutil.rmtree(folder, ignore_errors=True)
            return shown
        _end(folder, "cancelled")
        await self._stop(name, folder)
        return self._shown(folder)

    async def _stop(self, name: str, folder: Path) -> None:
        process = self._running.get(name)
        pid = process.pid if process is not None else _alive(folder)
        if pid is None:
            return
        _signal(pid, signal.SIGTERM)
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while _exists(pid, folder) and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.02)
        _signal(pid, signal.SIGKILL)  # also what the training has started

    async def close(self) -> None:
        """Stop what still runs: the server goes, and with it the container."""
        for name in list(self._running):
            folder = self._folder / name
            _end(folder, "error", message="The server was stopped while the training ran.")
            await self._stop(name, folder)

    def _folders(self) -> Iterator[Path]:
        if self._folder.is_dir():
            yield from (each for each in self._folder.iterdir() if (each / "record.json").is_file())

    def _shown(self, folder: Path) -> Json:
        record = json.loads((folder / "record.json").read_text())
        shown = {"date": record["date"], "args": record["args"], "uuid": record["uuid"]}
        if not (folder / "result.json").exists():
            if folder.name in self._running or _alive(folder) is not None:
                return shown | {"status": "running"}
            # The server was killed with it, so its end was not recorded.
            _end(folder, "error", message="The server ended while the training ran.")
        result = json.loads((folder / "result.json").read_text())
        shown["status"] = result["status"]
        if result["status"] == "error":
            shown["message"] = result["message"]
        elif result["status"] == "done":
            taken = datetime.fromisoformat(result["finish_date"]) - datetime.fromisoformat(record["date"])
            shown["result"] = {
                "output": result["output"],
                "finish_date": result["finish_date"],
                "duration": str(taken),
            }
        return shown


def end(folder: Path, status: str, **more: Any) -> None:
    """Write ``result.json`` unless it exists: the first record of how a training ended stays."""
    _end(folder, status, **more)


def _end(folder: Path, status: str, **more: Any) -> None:
    if not (folder / "result.json").exists():
        write_json(folder / "result.json", {"schema": 1, "status": status, "finish_date": now(), **more})


def _private(folder: Path) -> None:
    """Make the folder of all trainings; in a common temporary folder it must not be somebody else's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else; set HUGGINS_STATE")


def _alive(folder: Path) -> int | None:
    """Return the process that still runs a training which another server started."""
    pid = json.loads((folder / "record.json").read_text()).get("pid")
    return pid if isinstance(pid, int) and _exists(pid, folder) else None


def _exists(pid: int, folder: Path) -> bool:
    """Whether the process is there and is this training's (numbers are used again)."""
    try:
        return folder.name.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return
