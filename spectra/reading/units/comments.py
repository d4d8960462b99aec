"""What comment lines say about the spectral axis: "wavelength in nm, flux in Jy", "vacuum wavelengths"."""

from __future__ import annotations

import re
from collections.abc import Iterable

from spectra.reading.units.frames import AIR, VACUUM, frame_word, vacuum_flag
from spectra.reading.units.spellings import spectral_unit, unit_and_frame
from spectra.reading.units.unit import SpectralUnit

_AXIS = re.compile(
    r"(?<![a-z])(?:wavelengths?|waves?|lambda|lam|wl|spectral[ _-]?axis|x[ _-]?axis|x[ _]unit|units?|"
    r"dispersion|frequency|energy|wavenumber)(?![a-z])",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"[\s,;:()\[\]{}=|<>\"']+")
_FRAME_KEY = re.compile(
    r"\b(?:air_?or_?vac(?:uum)?|air_?vac|wave(?:length)?_?(?:frame|type|medium)|medium|frame)\s*[:=]\s*['\"]?(\w+)",
    re.IGNORECASE,
)
_VACUUM_KEY = re.compile(r"\bvacuum\s*[:=]\s*['\"]?([\w.]+)", re.IGNORECASE)
_TO_FRAME = re.compile(r"\b(?:to|into)\s+(air|vac)", re.IGNORECASE)
_FRAME = re.compile(r"(?<![a-z])(air|vacuum|vac)(?![a-z])", re.IGNORECASE)
_OTHER = re.compile(
    r"flux|err|sigma|intens|count|resol|step|disp/|width|snr|signal|exposure|time", re.IGNORECASE
)
_WORDS = 6
_MOST_LINES = 400
_LONGEST_LINE = 400


def unit_of_comments(lines: Iterable[str]) -> SpectralUnit | None:
    """Return the unit that comment lines state for the axis; None where they state none, or several."""
    found = {unit for line in _short(lines) if (unit := _unit_of_line(line)) is not None}
    return found.pop() if len(found) == 1 else None


def frame_of_comments(lines: Iterable[str]) -> str | None:
    """Return the frame that comment lines state; None where they state none, or both."""
    found = {frame for line in _short(lines) if (frame := _frame_of_line(line)) is not None}
    return found.pop() if len(found) == 1 else None


def _short(lines: Iterable[str]) -> list[str]:
    return [line[:_LONGEST_LINE] for line, _ in zip(lines, range(_MOST_LINES), strict=False)]


def _unit_of_line(line: str) -> SpectralUnit | None:
    for start in _AXIS.finditer(line):
        words = [word for word in _SPLIT.split(line[start.end() :]) if word][:_WORDS]
        for word in words:
            if _OTHER.search(word) or word[:1].isdigit():
                break
            unit = spectral_unit(word) if len(word) > 1 or word in "AÅ" else None
            if unit is not None and (len(word) > 1 or _bracketed(line, word)):
                return unit
    return None


def _bracketed(line: str, word: str) -> bool:
    """Whether a single letter stands in brackets; bare it may be the article."""
    return word == "Å" or f"({word})" in line or f"[{word}]" in line


def _frame_of_line(line: str) -> str | None:
    if match := _FRAME_KEY.search(line):
        return frame_word(match[1])
    if match := _VACUUM_KEY.search(line):
        return vacuum_flag(match[1])
    axis = _AXIS.search(line)
    if axis is None:
        return None
    if match := _TO_FRAME.search(line):
        return AIR if match[1].lower() == "air" else VACUUM
    named = {frame_word(match[1]) for match in _FRAME.finditer(line)}
    return named.pop() if len(named) == 1 else unit_and_frame(line[axis.end() :])[1]
