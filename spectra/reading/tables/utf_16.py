"""Texts in UTF-16, as spreadsheets write them."""

from __future__ import annotations

_MARKS = (b"\xff\xfe", b"\xfe\xff")
_FEWEST = 16


def utf_16_codec(head: bytes) -> str | None:
    """Return the codec of a text in UTF-16, as Excel writes it, by its mark or its zeros; else None."""
    if head.startswith(_MARKS):
        return "utf-16"
    start = head[: len(head) // 2 * 2]
    if len(start) >= _FEWEST:
        if not any(start[1::2]) and all(start[::2]):
            return "utf-16-le"
        if not any(start[::2]) and all(start[1::2]):
            return "utf-16-be"
    return None
