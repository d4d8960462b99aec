"""What a try left to go on from: found, checked, and brought to the next attempt (contracts.md, section 6).

A container wrote it and may still be cut off anywhere, and on a cluster it was copied while it changed: so a
checkpoint counts only when every file is there with the hash that ``checkpoint.json`` says.
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
    """Return ``{"folder", "step", "time", "bytes"}`` of a whole checkpoint, or None. Blocks: hashes files."""
    try:
        card = CheckpointCard.from_json(out.json(f"{CHECKPOINTS}/{CHECKPOINT_CARD}") or {})
        whole = bool(card.files) and all(_intact(out, card.folder, file) for file in card.files)
    except (OSError, ValueError):
        return None
    if not whole:
        return None
    step = finite(card.step)
    return {
        "folder": card.folder,
        "step": int(step) if step is not None else None,
        "time": readable(card.time, TIME_LENGTH),
        "bytes": sum(file.size for file in card.files),
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
    out.copy(f"{CHECKPOINTS}/{found['folder']}", target)
    return found


def _intact(out: ConfinedFolder, folder: str, file: CheckpointFile) -> bool:
    path = f"{CHECKPOINTS}/{folder}/{file.path}"
    return out.size(path) == file.size and out.sha256(path) == file.sha256
