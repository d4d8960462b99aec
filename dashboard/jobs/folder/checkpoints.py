"""Checkpoints of attempts: finds the newest one, verifies it, copies it for the next attempt.

Contracts.md, section 6. A container may be killed while it writes a checkpoint, and a cluster may copy one
while it changes. A checkpoint therefore counts only when every file has the hash that ``checkpoint.json``
names.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from dashboard.base.untrusted_folder import ConfinedFolder, readable
from dashboard.jobs.folder.results import finite
from jobfolder.checkpoint_card import CheckpointCard, CheckpointFile
from jobfolder.names import CHECKPOINT_CARD, CHECKPOINTS

TIME_LENGTH = 40


def find(out: ConfinedFolder) -> dict[str, Any] | None:
    """Return ``{"folder", "step", "time", "bytes"}`` of an intact checkpoint, or None.

    It hashes all files: call it in a thread.
    """
    try:
        card = CheckpointCard.from_json(out.json(f"{CHECKPOINTS}/{CHECKPOINT_CARD}") or {})
        intact = bool(card.files) and all(_intact(out, card.folder, file) for file in card.files)
    except (OSError, ValueError):
        return None
    if not intact:
        return None
    step = finite(card.step)
    return {
        "folder": card.folder,
        "step": int(step) if step is not None else None,
        "time": readable(card.time, TIME_LENGTH),
        "bytes": sum(file.size for file in card.files),
    }


def copy_checked(out: ConfinedFolder, target: Path) -> dict[str, Any] | None:
    """Copy the checkpoint into `target` if it is intact; else return None and leave no folder.

    Raises
    ------
    OSError
        If the copy cannot be written.
    """
    shutil.rmtree(target, ignore_errors=True)
    found = find(out)
    if found is None:
        return None
    out.copy(f"{CHECKPOINTS}/{found['folder']}", target)
    return found


def _intact(out: ConfinedFolder, folder: str, file: CheckpointFile) -> bool:
    path = f"{CHECKPOINTS}/{folder}/{file.path}"
    return out.size(path) == file.size and out.sha256(path) == file.sha256
