"""Which paths an upload may name. An invalid path never reaches the disk."""

from __future__ import annotations

import unicodedata

from dashboard.base.errors import FieldError, Invalid

LONGEST_PATH = 1000  # characters
LONGEST_NAME = 255  # bytes of one part: what file systems take
DEEPEST = 20  # folders


def upload_path(given: str) -> str:
    """Return a path below the dataset's files, as it is stored: NFC, ``/`` between its parts.

    Raises
    ------
    Invalid
        When it leads out of the folder, is absolute, hidden, too long or too deep, or has characters that no
        name should.
    """
    path = unicodedata.normalize("NFC", given)
    reason = _why_not(path)
    if reason:
        shown = path if len(path) <= 80 else f"{path[:77]}…"
        raise Invalid(f"The file {shown!r} was not taken: {reason}.", [FieldError("path", reason)])
    return path


def _why_not(path: str) -> str:
    if not path:
        return "it has no name"
    if len(path) > LONGEST_PATH:
        return f"its path has {len(path)} characters, at most {LONGEST_PATH} are possible"
    if path.startswith("/") or (len(path) > 1 and path[1] == ":" and path[0].isalpha()):
        return "its path is absolute; give it relative to the folder"
    if "\\" in path:
        return "its path holds a backslash; put / between folders"
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in path):
        return "its path holds a control character"
    return _why_not_parts(path.split("/"))


def _why_not_parts(parts: list[str]) -> str:
    if len(parts) > DEEPEST:
        return f"it lies {len(parts)} folders deep, at most {DEEPEST} are possible"
    return next((reason for part in parts if (reason := _why_not_part(part))), "")


def _why_not_part(part: str) -> str:
    if not part:
        return "its path has an empty part (// or a / at the end)"
    if part in {".", ".."}:
        return f"its path holds {part!r}"
    if part.startswith("."):
        return f"{part!r} is hidden (it begins with a dot)"
    if part.endswith("!"):
        return f"{part!r} ends with '!', which marks members of archives"
    too_long = len(part.encode()) > LONGEST_NAME
    return f"a part of its path is longer than {LONGEST_NAME} bytes" if too_long else ""
