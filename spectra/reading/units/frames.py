"""The frame of wavelengths, air or vacuum, as files write it."""

from __future__ import annotations

import re

AIR = "air"
VACUUM = "vacuum"
_WORDS = {"air": AIR, "vac": VACUUM, "vacuum": VACUUM}
_YES = {"1", "t", "true", "y", "yes", ".true.", "on"}
_NO = {"0", "f", "false", "n", "no", ".false.", "off"}
_TELLS_VACUUM = frozenset(
    (
        "vacuum", "vac", "invacuum", "isvacuum", "isvac", "wavevac", "vacwave", "vacwav", "wavvac", "vacwl",
        "wlvac", "vacwvl", "vaclam", "lamvac", "vaclambd", "vaclambda", "wavevacuum", "vacuumwave",
        "vacuumwavelength", "vacuumwavelengths", "wavelengthvacuum", "vacuumw", "vaccorr", "vacconv",
        "waveisvacuum", "wavelengthisvacuum",
    )
)  # fmt: skip
_TELLS_AIR = frozenset(
    (
        "air", "inair", "isair", "waveair", "airwave", "airwav", "wavair", "airwl", "wlair", "airwvl",
        "airlam", "lamair", "airlambd", "airlambda", "airwavelength", "airwavelengths", "wavelengthair",
        "waveisair", "wavelengthisair",
    )
)  # fmt: skip
_NAMES_FRAME = frozenset(
    (
        "airorvac", "airorvacuum", "airvac", "airvacuum", "vacair", "vacorair", "vacuumorair", "wavetype",
        "waveframe", "wavefram", "wavframe", "wavemed", "wavemedium", "wavelengthframe", "wavelengthtype",
        "wavelengthmedium", "waveref", "medium", "wavsys", "wavesys", "wavestd", "lamframe", "wlframe",
        "wlmedium", "lambdaframe", "spectralmedium", "spectralframe", "frame",
    )
)  # fmt: skip
FRAME_KEYWORDS = (
    "VACUUM", "AIRORVAC", "WAVETYPE", "AIRVAC", "AIR_VAC", "VACORAIR", "VAC_AIR", "WAVEFRAM", "WAVFRAME",
    "WAVEMED", "WAVEREF", "WAVE_REF", "WAVSYS", "WAVESYS", "WAVE_SYS", "LAMFRAME", "WLFRAME", "MEDIUM",
    "WAVEVAC", "WAVE_VAC", "VACWAVE", "VAC_WAVE", "VACWAV", "WAVVAC", "VACWL", "VACWVL", "VACLAM", "VAC",
    "INVACUUM", "ISVACUUM", "ISVAC", "IS_VAC", "VACUUM_W",
    "WAVEAIR", "WAVE_AIR", "AIRWAVE", "AIR_WAVE", "AIRWAV", "WAVAIR", "AIRWL", "AIRWVL", "AIRLAM", "AIR",
    "INAIR", "ISAIR", "IS_AIR",
)  # fmt: skip
"""Keywords of eight letters that state a frame in headers seen or documented."""
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


def frame_of_keyword(keyword: str, value: object) -> str | None:
    """Return the frame that a keyword and its value state; None where it is none of a frame, or unclear.

    One table for keywords of FITS, comment lines, parameters of VOTables, metadata of Parquet and arrays of
    NumPy: VACUUM = T, WAVEVAC = 1, AIR = 'true', AIRORVAC = 'vacuum', wave_frame = "air" …

    Parameters
    ----------
    keyword
        In any case, with or without `_`, `-` and blanks.
    value
        Logical, number or text.
    """
    key = re.sub(r"[\s_.-]", "", keyword).lower()
    text = value if isinstance(value, str) else str(value)
    if key in _NAMES_FRAME:
        return frame_word(text)
    if key == "air" and isinstance(value, float):
        return None  # an air mass
    if key in _TELLS_VACUUM:
        return vacuum_flag(value)
    if key not in _TELLS_AIR:
        return None
    said = vacuum_flag(value)
    if said is None or frame_word(text.strip()) is not None:
        return said
    return AIR if said == VACUUM else VACUUM


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
