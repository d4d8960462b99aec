"""What a try left to go on from: found, checked, and brought to the next try (contracts.md, section 6).

A container wrote it and may still be cut off anywhere, and on a cluster it was copied while it changed: so a
checkpoint counts only when every file is there with the hash that ``checkpoint.json`` says.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from dashboard.base.untrusted_folder import ConfinedFolder, readable
from dashboard.jobs.folder.results import finite

BELOW = "checkpoint"
NAME_LENGTH = 80
TIME_LENGTH = 40


def find(out: ConfinedFolder) -> dict[str, Any] | None:
    """Return ``{"folder", "step", "time", "bytes"}`` of a whole checkpoint, or None. Blocks: hashes files."""
    try:
        card = out.json(f"{BELOW}/checkpoint.json")
        files = list(_files(card or {}))
        whole = bool(files) and all(_is(out, path, size, sha256) for path, size, sha256 in files)
    except (OSError, ValueError):
        return None
    if card is None or not whole:
        return None
    step = finite(card.get("step"))
    return {
        "folder": card["folder"],
        "step": int(step) if step is not None else None,
        "time": readable(str(card.get("time", "")), TIME_LENGTH),
        "bytes": sum(size for _, size, _ in files),
    }


def bring(out: ConfinedFolder, target: Path) -> dict[str, Any] | None:
    """Copy the checkpoint into `target` once it has been checked; None, and no folder, where there is none.

    Raises
    ------
    OSError
        If the disk does not take it.
    """
    shutil.rmtree(target, ignore_errors=True)
    found = find(out)
    if found is None:
        return None
    out.copy(f"{BELOW}/{found['folder']}", target)
    return found


def _files(card: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
    """Go through the files that a card names; ValueError when it makes no sense."""
    folder, files = card.get("folder"), card.get("files")
    if card.get("schema") != 1 or not isinstance(folder, str) or not isinstance(files, list):
        raise ValueError("checkpoint.json is none")
    if len(PurePosixPath(folder).parts) != 1 or folder.startswith(".") or len(folder) > NAME_LENGTH:
        raise ValueError(f"{folder!r} is no folder of a checkpoint")
    for file in files:
        if not isinstance(file, dict) or not isinstance(file.get("path"), str):
            raise ValueError("a file of the checkpoint has no path")  # noqa: TRY004 the file is wrong, no argument
        yield f"{BELOW}/{folder}/{file['path']}", int(file.get("size", -1)), str(file.get("sha256"))


def _is(out: ConfinedFolder, path: str, size: int, sha256: str) -> bool:
    return out.size(path) == size and out.sha256(path) == sha256
