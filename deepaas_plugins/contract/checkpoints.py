"""Checkpoints of a training: the state from which a later attempt of the same job goes on.

In the run's folder: ``checkpoint/checkpoint.json`` names the folder beside it that holds the newest one, and
the size and hash of each of its files; it is written last, by rename. So a kill at any instant leaves the
whole of the newest or the whole of the one before (the contract "The job folder").
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jobfolder import names, stamps
from jobfolder.checkpoint_card import CheckpointCard, CheckpointFile
from jobfolder.json_file import write_json


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint of an earlier attempt: the folder of its files, and the step of its state."""

    folder: Path
    step: int


class Checkpoints:
    """One run's checkpoints.

    Parameters
    ----------
    out
        The run's folder.
    every_s
        Seconds between two; 0: at every step.
    brought
        The checkpoint of an earlier attempt, where there is one.
    """

    def __init__(
        self, out: Path, every_s: float = names.CHECKPOINT_S, brought: Checkpoint | None = None
    ) -> None:
        self.brought = brought
        self._folder = out / names.CHECKPOINTS
        self._every_s = every_s
        self._last = time.monotonic()

    @property
    def due(self) -> bool:
        """Whether it is time for the next one. Cheap enough for every step."""
        return time.monotonic() - self._last >= self._every_s

    @contextlib.contextmanager
    def save(self, step: int) -> Iterator[Path]:
        """Yield a folder to write the state after `step` into; at the end of the block it becomes the newest.

        A full disk costs the checkpoint, not the training. Nothing is unpickled later: use NPZ and JSON.
        """
        new = self._folder / ".new"
        try:
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir(parents=True)
            yield new
            self._settle(new, step)
        except OSError as error:
            sys.stderr.write(f"{stamps.now()} No checkpoint after step {step}: {error}\n")
        finally:
            shutil.rmtree(new, ignore_errors=True)
            self._last = time.monotonic()

    def clear(self) -> None:
        """Remove all checkpoints: the training has completed."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _settle(self, new: Path, step: int) -> None:
        name = f"{step:09d}"
        final = self._folder / name
        if final.is_dir():  # the same step again: the card must not name files that are gone
            (self._folder / names.CHECKPOINT_CARD).unlink(missing_ok=True)
            shutil.rmtree(final)
        files = tuple(_described(path, new) for path in sorted(new.rglob("*")) if path.is_file())
        new.rename(final)
        card = CheckpointCard(name, step, stamps.now(), files)
        write_json(self._folder / names.CHECKPOINT_CARD, card.to_json())
        for other in self._folder.iterdir():
            if other.is_dir() and other != final:
                shutil.rmtree(other, ignore_errors=True)


def _described(path: Path, folder: Path) -> CheckpointFile:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        os.fsync(stream.fileno())
    return CheckpointFile(path.relative_to(folder).as_posix(), path.stat().st_size, digest)
