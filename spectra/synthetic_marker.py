"""The marker of a folder whose spectra were made by a generator, not by a telescope."""

from __future__ import annotations

import os
from pathlib import Path

MARKER = "README-synthetic.txt"
"""Readers pass over files called README…; people see it."""


def mark_synthetic(folder: Path, text: str) -> None:
    """Write the marker, with a text for people."""
    (folder / MARKER).write_text(text, encoding="utf-8")


def is_synthetic(source: str | os.PathLike[str]) -> bool:
    """Return whether a folder has the marker."""
    return (Path(source) / MARKER).is_file()
