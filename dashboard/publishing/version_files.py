"""What is kept of the files of a published version: the texts that its page shows."""

from __future__ import annotations

import re
from pathlib import Path

from catalog.module import FILE
from dashboard.base.untrusted_folder import ConfinedFolder
from dashboard.publishing.source.tree import SourceTree

#: Files of a version that its page shows.
SHOWN = re.compile(
    r"(?:[\w.-]+\.(?:md|yaml|yml|cff|txt)|LICEN[CS]E|examples/[\w.-]+\.(?:md|json|py))", re.IGNORECASE
)
SHOWN_LIMIT = 2**20
CHANGELOG = "CHANGELOG.md"


def changes_of(folder: Path, version: str) -> str:
    """Return what the changelog says of a version."""
    text = SourceTree(folder).text(CHANGELOG) or ""
    found = re.search(rf"^#+ \[?v?{re.escape(version)}\b.*?$(.*?)(?=^#+ \[?v?\d|\Z)", text, re.M | re.S)
    return found[1].strip()[:20_000] if found else ""


def keep_files(folder: Path, kept: Path) -> None:
    """Copy the texts that the page of a version shows."""
    tree, confined = SourceTree(folder), ConfinedFolder(folder)
    kept.mkdir(parents=True, exist_ok=True)
    for path, size in tree.sizes.items():
        if (SHOWN.fullmatch(path) or path == FILE) and size <= SHOWN_LIMIT:
            target = kept / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(confined.read(path, SHOWN_LIMIT))
