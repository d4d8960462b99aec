"""The frame of wavelengths, air or vacuum, as files write it."""

from __future__ import annotations

import re

AIR = "air"
VACUUM = "vacuum"
_WORDS = {"air": AIR, "vac": VACUUM, "vacuum": VACUUM}
_YES = {"1", "t", "true", "y", "yes", ".true.", "on"}
_NO = {"0", "f", "false", "n", "no", ".false.", "off"}
_WORD = re.compile(r"(?:^|(?<=[^a-z]))(?:in\s+)?(air|vacuum|vac)(?=$|[^a-z])", re.IGNORECASE)


def frame_word(text: str) -> str | None:
    """Return the frame that a text begins with: "Air", "vac", "VACUUM" …; else None."""
    match = re.match(r"\s*(air|vac)", text, re.IGNORECASE)
    return _WORDS[match[1].lower()] if match else None


def vacuum_flag(value: object) -> str | None:
    """Return the frame that a keyword VACUUM states, be it logical, 1, "T", "true", "yes" …; else None."""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    word = text.strip().lower()
    if word in _YES:
        return VACUUM
    return AIR if word in _NO else frame_word(word)


def split_frame(text: str) -> tuple[str, str | None]:
    """Take the word for the frame out of a text: "nm in air" is ("nm", "air")."""
    found = _WORD.search(text)
    if found is None:
        return text, None
    rest = f"{text[: found.start()]} {text[found.end() :]}"
    return rest, _WORDS[found[1].lower()]


def lone_frame(text: str) -> str | None:
    """Return the frame where a text is a word for it and nothing more: "(air)", "in vacuum"; else None."""
    rest, frame = split_frame(text)
    return frame if not rest.strip(" ()[]") else None
