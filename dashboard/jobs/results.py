"""Reading what a container wrote into its ``out/``; nothing of it is trusted.

No link is followed, no file is read beyond a limit, no array is unpickled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class LogPart:
    """A piece of the log.

    Attributes
    ----------
    text : str
        Decoded; bytes that are no UTF-8 are replaced.
    start, end, size : int
        Bytes: where the piece starts and ends, and how long the log is now. Ask again from `end`.
    """

    text: str
    start: int
    end: int
    size: int


class JobResults:
    """One attempt's ``out/``. All methods block for a file's time: call them in a thread."""

    def __init__(self, out: Path) -> None:
        raise NotImplementedError

    def log(self, start: int = 0, limit: int = 262_144) -> LogPart:
        """Return a piece of the log; a negative `start` counts from the end."""
        raise NotImplementedError

    def progress(self) -> list[dict[str, Any]]:
        """Return the lines of ``progress.jsonl``: ``{"time","phase","step","total","message"}``."""
        raise NotImplementedError

    def metrics(self) -> dict[str, list[dict[str, Any]]]:
        """Return the curves: ``{name: [{"step","value","time"}, …]}``."""
        raise NotImplementedError

    def views(self) -> list[dict[str, Any]]:
        """Return the report's views without their data: ``{"id","kind","title","help"}``."""
        raise NotImplementedError

    def view(self, view: str) -> dict[str, Any]:
        """Return one view with its ``.npy`` files resolved to lists (``marks`` stays a name); `NotFound`."""
        raise NotImplementedError

    def rows_behind(self, view: str, mark: int, page: int = 1, size: int = 50) -> tuple[list[int], int]:
        """Return the feature set's rows behind one mark (one page of them) and how many there are."""
        raise NotImplementedError

    def exit(self) -> Mapping[str, Any] | None:
        """Return ``exit.json``, or None."""
        raise NotImplementedError
