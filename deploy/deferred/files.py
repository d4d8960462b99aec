"""Opens the files of predictions at once: in a thread, a caller who is cancelled would leave them open."""

from __future__ import annotations

from io import BufferedReader, BufferedWriter
from pathlib import Path


def reading(path: Path) -> BufferedReader:
    """Open a file to read."""
    return path.open("rb")


def writing(path: Path) -> BufferedWriter:
    """Open a file to write, empty."""
    return path.open("wb")
