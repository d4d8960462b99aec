"""Texts of parameters: times, light factors, masked ranges."""

from __future__ import annotations

import math
import re

_RANGE = re.compile(r"\s*(\d+(?:\.\d*)?)\s*[-–—…:]+\s*(\d+(?:\.\d*)?)\s*")
_SEPARATOR = re.compile(r"[,;\t]|\s+")


def lines_of(text: str | None) -> list[str]:
    """Return the lines that say something: neither empty nor a comment (#)."""
    lines = [line.partition("#")[0].strip() for line in (text or "").splitlines()]
    return [line for line in lines if line]


def times(text: str | None) -> tuple[list[float], dict[str, float]]:
    """Read times, by the order of the spectra or by their names.

    Parameters
    ----------
    text : str or None
        A time a line; or a name and a time, separated by a comma, semicolon or tab.

    Returns
    -------
    tuple of list and dict
        One of them is empty.

    Raises
    ------
    ValueError
        A line holds no time, or both forms are mixed.
    """
    plain: list[float] = []
    named: dict[str, float] = {}
    for line in lines_of(text):
        name, _, last = re.sub(r"[;\t]", ",", line).rpartition(",")
        value = _number(last.strip(), line)
        if not name.strip():
            plain.append(value)
        elif name.strip() in named:
            raise ValueError(f"names {name.strip()!r} twice.")
        else:
            named[name.strip()] = value
    if plain and named:
        raise ValueError("some lines name a spectrum and others do not: use one form.")
    return plain, named


def rows_of_numbers(text: str | None) -> list[list[float]]:
    """Read lines of numbers, separated by commas or blanks.

    Raises
    ------
    ValueError
        Something is no number, or lines have different lengths.
    """
    found = [[_number(word, line) for word in _SEPARATOR.split(line) if word] for line in lines_of(text)]
    if len({len(row) for row in found}) > 1:
        raise ValueError("its lines have different numbers of values.")
    return found


def ranges(text: str | None) -> list[tuple[float, float]]:
    """Read ranges of wavelengths, such as ``6276–6282, 6295–6310``.

    Raises
    ------
    ValueError
        A part is no range, or ends before it begins.
    """
    found = []
    for part in filter(str.strip, re.split(r"[,;\n]", text or "")):
        match = _RANGE.fullmatch(part)
        if match is None:
            raise ValueError(f"{part.strip()!r} is no range of wavelengths, such as 6276–6282.")
        low, high = float(match[1]), float(match[2])
        if not low < high:
            raise ValueError(f"the range {part.strip()} ends before it begins.")
        found.append((low, high))
    return found


def _number(word: str, line: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{line[:60]!r} holds no number where one is expected.")
    return value
