"""What comment lines say about the spectral axis: "wavelength in nm, flux in Jy", "vacuum wavelengths"."""

from __future__ import annotations

import re
from collections.abc import Iterable

from spectra.reading.units.frames import AIR, VACUUM, frame_of_keyword, frame_word
from spectra.reading.units.spellings import is_stated, spectral_unit, unit_and_frame
from spectra.reading.units.unit import SpectralUnit

_AXIS = re.compile(
    r"(?<![a-z])(?:wavelengths?|waves?|lambda|lam|wl|spectral[ _-]?axis|x[ _-]?axis|x[ _]unit|units?|"
    r"dispersion|frequency|energy|wavenumber)(?![a-z])",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"[\s,;:()\[\]{}=|<>\"']+")
_KEY = re.compile(r"(?<![\w-])([a-z]+(?:[ _-][a-z]+){0,2})\s*[:=]\s*['\"]?([\w.]+)", re.IGNORECASE)
_CONVERTED = re.compile(
    r"\b(?:convert\w*|chang\w*|transform\w*|rescal\w*)\b.*\b(?:to|into)\s+\(?([^\W\d_]+)", re.IGNORECASE
)
"""What stood before a conversion is not the unit any more."""
_TO_FRAME = re.compile(r"\b(?:to|into)\s+(air|vac)", re.IGNORECASE)
_FRAME = re.compile(r"(?<![a-z])(air|vacuum|vac)(?![a-z])", re.IGNORECASE)
_OTHER = re.compile(
    r"flux|err|sigma|intens|count|resol|step|disp/|width|snr|signal|exposure|time", re.IGNORECASE
)
_IN_BRACKETS = re.compile(
    r"(?<![a-z])(?:wavelengths?|waves?|lambda|lam|wl)\s*\[\s*([a-z][a-z^*/ 0-9-]{0,30}?)\s*\]", re.IGNORECASE
)
_STATED = re.compile(
    r"^\W*(?:c|x|wave|waves|wav|wl|lam|lambda|wavelength|spec|spectral|axis|disp)?[ _-]?"
    r"(?:axis[ _-]?)?(?:unit|units)1?\s*[:=]\s*['\"]?([^'\"/,;]{1,40})",
    re.IGNORECASE,
)
"""A line that is a keyword for the unit and its value: "XUNIT = nm", "WAVE_UNIT: um"."""
_LOGARITHM = re.compile(
    r"(?<![a-z])(log10|log_10|loge|ln|log)[ _(\[-]*(?:wavelengths?|waves?|lambda|lam|wl)(?![a-z])",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(?:not|never|without|instead of|rather than|uncorrected|unconverted)\b(?:(?!\bbut\b)[^.,;:()])*",
    re.IGNORECASE,
)
"""What is denied, up to the end of the phrase: "vacuum, not air"."""
_NO_FRAME = re.compile(
    r"\bair[ _-]?(?:mass|glow|temp|press)\w*|\bvac(?:uum)?[ _-]?(?:pump|chamber|tank|spectrograph)\w*",
    re.IGNORECASE,
)
"""Air and vacuum that are no frame of wavelengths."""
_WORDS = 6
_MOST_LINES = 400
_LONGEST_LINE = 400


def unit_of_comments(lines: Iterable[str]) -> SpectralUnit | None:
    """Return the unit that comment lines state for the axis; None where they state none, or several."""
    found = {unit for line in _short(lines) if (unit := _unit_of_line(line)) is not None}
    return found.pop() if len(found) == 1 else None


def is_statement(line: str) -> bool:
    """Whether a line is a keyword for the unit of the axis and its value, no heading of a table."""
    return _STATED.match(line) is not None


def unknown_unit_of_comments(lines: Iterable[str]) -> str:
    """Return what stands in brackets behind a word for the axis and is no unit, or ""."""
    for line in _short(lines):
        match = _IN_BRACKETS.search(line)
        if match and is_stated(match[1]) and unit_and_frame(match[1]) == (None, None):
            return match[1]
    return ""


def frame_of_comments(lines: Iterable[str]) -> str | None:
    """Return the frame that comment lines state; None where they state none, or both."""
    found = {frame for line in _short(lines) if (frame := _frame_of_line(line)) is not None}
    return found.pop() if len(found) == 1 else None


def _short(lines: Iterable[str]) -> list[str]:
    return [line[:_LONGEST_LINE] for line, _ in zip(lines, range(_MOST_LINES), strict=False)]


def _unit_of_line(line: str) -> SpectralUnit | None:
    if match := _CONVERTED.search(line):
        return spectral_unit(match[1]) if _AXIS.search(line) else None
    if (match := _STATED.match(line)) and (stated := spectral_unit(match[1])) is not None:
        return stated
    for start in _AXIS.finditer(line):
        words = [word for word in _SPLIT.split(line[start.end() :]) if word][:_WORDS]
        for word in words:
            if _OTHER.search(word) or word[:1].isdigit():
                break
            unit = spectral_unit(word) if len(word) > 1 or word in "AÅ" else None
            if unit is not None and (len(word) > 1 or _bracketed(line, word)):
                return _logarithmic(unit, line)
    return None


def _logarithmic(unit: SpectralUnit, line: str) -> SpectralUnit:
    """Return a unit as that of logarithms where the line names one of the axis: "log10 wavelength (nm)"."""
    match = _LOGARITHM.search(line)
    if match is None or unit.logarithm:
        return unit
    word = match[1].lower().replace("_", "")
    return unit.logarithmic("ln" if word in {"ln", "loge"} else "log10" if word == "log10" else "log")


def _bracketed(line: str, word: str) -> bool:
    """Whether a single letter stands in brackets; bare it may be the article."""
    return word == "Å" or f"({word})" in line or f"[{word}]" in line


def _frame_of_line(line: str) -> str | None:
    if (frame := _frame_of_keys(line)) is not None:
        return frame
    line = _NO_FRAME.sub(" ", _NOT.sub(" ", line))
    axis = _AXIS.search(line)
    if axis is None:
        return None
    if match := _TO_FRAME.search(line):
        return AIR if match[1].lower() == "air" else VACUUM
    named = {frame_word(match[1]) for match in _FRAME.finditer(line)}
    return named.pop() if len(named) == 1 else unit_and_frame(line[axis.end() :])[1]


def _frame_of_keys(line: str) -> str | None:
    """Return the frame that a "keyword = value" in a line states: "AIR = T", "the wavelength frame: air"."""
    for match in _KEY.finditer(line):
        words = re.split(r"[ _-]", match[1])
        for start in range(len(words)):
            key = "_".join(words[start:])
            if start and key.lower() == "air":
                continue  # "wavelengths in air: 3000"
            frame = frame_of_keyword(key, match[2])
            if frame is not None:
                return frame
    return None
