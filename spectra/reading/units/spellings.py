"""Units as files spell them: one table, scale factors, and `astropy.units` for what is left."""

from __future__ import annotations

import math
import re
import unicodedata
import warnings
from functools import lru_cache

from spectra.fault import Fault
from spectra.reading.read_error import ReadError
from spectra.reading.units.frames import split_frame
from spectra.reading.units.unit import BY_NAME, Kind, Logarithm, SpectralUnit, unit_of_size

_SPELLINGS = {
    "Angstrom": "angstroms angstrom angstroem angstroems angström ångström ångstrom ang ang. angs a aa å",
    "nm": "nanometer nanometers nanometre nanometres nanom nms",
    "um": "micron microns micrometer micrometers micrometre micrometres mum µm μm \\mum mu_m",
    "mm": "millimeter millimeters millimetre millimetres",
    "cm": "centimeter centimeters centimetre centimetres",
    "m": "meter meters metre metres",
    "Hz": "hertz s-1 1/s",
    "keV": "kev kiloelectronvolt",
    "eV": "ev electronvolt electronvolts electron_volt",
    "cm-1": "1/cm cm^-1 cm**-1 kayser",
    "m-1": "1/m m^-1 m**-1",
    "um-1": "1/um um^-1 um**-1 1/micron micron-1",
    "m/s": "m_s-1 m.s-1 m_s**-1 m_s^-1 ms-1 m/sec",
    "km/s": "km_s-1 km.s-1 km_s**-1 km_s^-1 kms-1 km/sec kms",
}
_ALIASES = {word.replace("_", " "): name for name, words in _SPELLINGS.items() for word in words.split()}
_BY_LOWER = {name.lower(): unit for name, unit in BY_NAME.items() if name != "MeV"}
_LOGARITHMS: tuple[tuple[str, Logarithm], ...] = (
    ("log10", "log10"), ("log_10", "log10"), ("dex", "log10"), ("lg", "log10"),
    ("loge", "ln"), ("log_e", "ln"), ("ln", "ln"), ("log", "log"),
)  # fmt: skip
_LOGARITHM = re.compile(rf"({'|'.join(re.escape(word) for word, _ in _LOGARITHMS)})\s*[(\s_\[]\s*(.+)", re.I)
_SCALED = re.compile(
    r"(?:(?P<power>10)\s*(?:\^|\*\*)?\s*\(?(?P<exponent>[+-]\s?\d{1,3})\)?"
    r"|(?P<number>\d*\.?\d+(?:[eEdD][+-]?\d{1,3})?))\s*[*x·]?\s*(?P<unit>[^\d\s*+-].*)"
)
_FILLERS = re.compile(
    r"^(?:in|units?|of|wavelengths?|wave)\b[\s:=]*|^[\s,;:=_]+|[\s,;:_]+$|(?<=[a-z])\.$|\s+(?:wavelengths?|units?)$",
    re.I,
)
"""Words and marks about a unit that say nothing about it."""
_NOT_STATED = {"", "none", "unitless", "dimensionless", "n/a", "na", "null", "-", "--", "---", "?", "unknown"}
_LONGEST_TEXT = 48
_KINDS: tuple[tuple[Kind, str], ...] = (
    ("wavelength", "m"), ("frequency", "Hz"), ("energy", "J"), ("wavenumber", "1/m"), ("velocity", "m/s"),
)  # fmt: skip


@lru_cache(1024)
def is_stated(text: str) -> bool:
    """Whether a text for a unit says anything: "", "none", "Wavelength" and their like say nothing."""
    return len(text) > _LONGEST_TEXT or _trimmed(text).strip("[]()").lower() not in _NOT_STATED


def spectral_unit(text: str) -> SpectralUnit | None:
    """Recognise a unit of the spectral axis, in any of the spellings seen in files; None when it is none."""
    return unit_and_frame(text)[0]


@lru_cache(1024)
def unit_and_frame(text: str) -> tuple[SpectralUnit | None, str | None]:
    """Recognise a unit and the frame that stands beside it: "nm (air)", "Angstrom, vacuum", "log(um)"."""
    if len(text) > _LONGEST_TEXT:
        return None, None
    rest, frame = split_frame(unicodedata.normalize("NFC", text))
    return _unit(_trimmed(rest)), frame


def required_unit(text: str) -> SpectralUnit:
    """Recognise a unit or say which one is not known.

    Raises
    ------
    ReadError
        When `text` is no unit of a spectral axis.
    """
    unit = spectral_unit(text)
    if unit is None:
        raise unknown_unit(text)
    return unit


def unknown_unit(text: str, place: str = "") -> ReadError:
    """Return the error that quotes a unit that is not known, and the place where it is written."""
    where = f" ({place})" if place else ""
    return ReadError(
        f"the unit {text[:_LONGEST_TEXT]!r} of its spectral axis{where} is not known "
        "(use Angstrom, nm, um, Hz, eV or cm-1)",
        Fault.UNKNOWN_UNIT,
    )


def _trimmed(text: str) -> str:
    """Take away blanks, quotes, brackets around all, and words that say nothing: "in", "units of"."""
    before = None
    while text != before:
        before = text
        text = text.strip().strip("'\"").strip()
        text = re.sub(r"[(\[{]\s*[,;:]?\s*[)\]}]", " ", text).strip()
        if text[:1] in "([" and text[-1:] in ")]":
            text = text[1:-1]
        elif text.count("(") != text.count(")") or text.count("[") != text.count("]"):
            text = text.strip("[]()")
        text = _FILLERS.sub("", text)
    return text


def _unit(plain: str) -> SpectralUnit | None:
    if match := _LOGARITHM.fullmatch(plain):
        inner = _unit(_trimmed(match[2]))
        logarithm = dict(_LOGARITHMS)[match[1].lower()]
        return None if inner is None or inner.logarithm else inner.logarithmic(logarithm)
    tight = re.sub(r"\s*(/|\*\*|\^)\s*", r"\1", plain).replace("{", "").replace("}", "")
    return _in_table(tight) or _scaled(tight) or _from_astropy(tight) or _BY_LOWER.get(tight.lower())


def _in_table(plain: str) -> SpectralUnit | None:
    return BY_NAME.get(plain) or BY_NAME.get(_ALIASES.get(" ".join(plain.lower().split()), ""))


def _scaled(plain: str) -> SpectralUnit | None:
    match = _SCALED.fullmatch(plain)
    if match is None:
        return None
    unit = _unit(match["unit"].strip())
    if unit is None or unit.logarithm:
        return None
    if match["power"]:
        scale = 10.0 ** int(match["exponent"].replace(" ", ""))
    else:
        scale = float(match["number"].upper().replace("D", "E"))
    size = scale * unit.size
    return unit_of_size(unit.kind, size, plain) if 0.0 < size < math.inf else None


def _from_astropy(plain: str) -> SpectralUnit | None:
    # meV is left out: it is a MeV in small letters as often as a thousandth of an eV.
    if not plain or plain == "meV" or plain.lower() in _BY_LOWER:
        return None
    from astropy import units  # noqa: PLC0415 - takes long to load, and the table knows most

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            parsed = units.Unit(plain)
            for kind, si in _KINDS:
                if parsed.is_equivalent(units.Unit(si)):
                    size = float(parsed.to(units.Unit(si)))
                    return unit_of_size(kind, size, plain) if 0.0 < size < math.inf else None
        except Exception:  # noqa: BLE001 - its parser raises many kinds at text that is no unit
            return None
    return None
