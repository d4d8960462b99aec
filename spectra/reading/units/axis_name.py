"""The names of spectral axes, and what they say: unit, frame, logarithm.

A name is a word for an axis ("wave", "lambda", "freq") with words about it before or behind, in brackets,
after a slash or glued on: "wave_air", "WavelengthNm", "Wavelength (um vacuum)", "log10(lambda/AA)"; or it is
a unit alone ("nm"). A name with any other word in it is none of an axis.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from spectra.reading.units.frames import AIR, VACUUM
from spectra.reading.units.spellings import is_stated, spectral_unit, unit_and_frame
from spectra.reading.units.unit import BY_NAME, Kind, Logarithm, SpectralUnit

AXIS = (
    "wavelength", "wavelengths", "wave", "lambda", "lam", "wl", "spectral", "spectral_axis", "spectralvalue",
    "dataspectralvalue", "loglam", "log_lambda", "freq", "frequency", "energy", "wavenumber", "velocity",
    "angstrom", "wavel", "wvl", "wav", "waves", "wlen", "wavelen", "lamb", "lbda", "lambdas", "waveobs", "λ",
    "wave_length", "wave length", "spectral axis", "wavelenght", "wlength", "frequencies", "freqs",
    "wavenumbers", "spectralaxis",
)  # fmt: skip
"""Names of a spectral axis, the likelier first."""
_KINDS: dict[str, Kind] = {
    "freq": "frequency", "frequency": "frequency", "frequencies": "frequency", "freqs": "frequency",
    "energy": "energy", "wavenumber": "wavenumber", "wavenumbers": "wavenumber", "velocity": "velocity",
}  # fmt: skip
DEFAULTS: dict[Kind, SpectralUnit] = {
    "wavelength": BY_NAME["Angstrom"],
    "frequency": BY_NAME["Hz"],
    "energy": BY_NAME["eV"],
    "wavenumber": BY_NAME["cm-1"],
    "velocity": BY_NAME["km/s"],
}
"""What is taken where nothing states the unit."""
_OWN_UNITS = {"waveobs": "nm"}
"""Names that belong to one program: iSpec writes waveobs in nm (marblestation/iSpec, `read_spectrum`)."""
_UNIT_NAMES = (
    "angstrom", "angstroms", "angstroem", "ang", "aa", "å", "nm", "nanometer", "nanometers", "um", "mum",
    "µm", "micron", "microns", "hz", "khz", "mhz", "ghz", "thz", "ev", "kev", "cm-1",
)  # fmt: skip
"""Units that stand as the whole name of an axis."""
_FRAMES = {"air": AIR, "vacuum": VACUUM, "vac": VACUUM}
_NEUTRAL = (
    "observed", "obs", "array", "grid", "axis", "column", "col", "barycentric", "bary", "helio", "in", "the",
)  # fmt: skip
_LOGARITHMS: dict[str, Logarithm] = {"log10": "log10", "loge": "ln", "ln": "ln", "log": "log"}
_UNIT_WORDS = (
    "angstroms", "angstroem", "angstrom", "nanometers", "nanometer", "microns", "micron", "micrometer",
    "meters", "meter", "metres", "metre", "mum", "ang", "aa", "nm", "um", "µm", "mm", "cm", "å", "khz", "mhz",
    "ghz", "thz", "hz", "kev", "ev", "cm-1", "km/s", "m/s", "kms", "a", "m",
)  # fmt: skip
_BRACKETS = re.compile(r"^([^(\[]*?)\s*[(\[]\s*(.+?)\s*[)\]]?$")
_LOG_OF = re.compile(r"^(log10|log_10|loge|log_e|ln|log)\s*[(\[]\s*(.+?)\s*[)\]]\s*(.*)$")
_SEPARATORS = " _-/.:,\t"


@dataclass(frozen=True, slots=True)
class AxisName:
    """What the name of a spectral axis says.

    Parameters
    ----------
    rank
        Its place among names: the likeliest axis has the lowest.
    kind
        What it measures.
    unit
        Unit, with its logarithm, where the name states one.
    logarithm
        Whether the values are logarithms.
    frame
        "air" or "vacuum" where the name states it.
    unknown
        Text in brackets, or after a slash, that is no known unit; "" where there is none.
    """

    rank: int
    kind: Kind = "wavelength"
    unit: SpectralUnit | None = None
    logarithm: Logarithm = ""
    frame: str | None = None
    unknown: str = ""

    @property
    def default(self) -> SpectralUnit:
        """What is taken where neither the name nor anything else states the unit."""
        plain = DEFAULTS[self.kind]
        return plain.logarithmic(self.logarithm) if self.logarithm else plain


@lru_cache(4096)
def axis_name(name: str) -> AxisName | None:
    """Recognise the name of a spectral axis: "wave", "wave_air", "Wavelength (um)" …; else None."""
    plain = unicodedata.normalize("NFC", name).strip().strip("\"'")
    lower = plain.lower()
    if len(lower) > 80:
        return None
    if lower in _UNIT_NAMES:
        unit = spectral_unit(plain)
        return None if unit is None else AxisName(len(AXIS) + _UNIT_NAMES.index(lower), unit.kind, unit)
    logarithm: Logarithm = ""
    if match := _LOG_OF.match(lower):
        logarithm, lower = _LOGARITHMS[match[1].replace("_", "")], f"{match[2]} {match[3]}".strip()
    inside = ""
    if match := _BRACKETS.match(lower):
        start = len(plain) - len(lower) if not logarithm else -1
        lower, inside = (
            match[1],
            (plain[start + match.start(2) : start + match.end(2)] if start >= 0 else match[2]),
        )
    words = _Words(lower)
    if words.base is None:
        return None
    return _said(words, logarithm, inside)


def _said(words: _Words, logarithm: Logarithm, inside: str) -> AxisName:
    base = words.base or ""
    kind = _KINDS.get(base, "wavelength")
    logarithm = logarithm or words.logarithm
    unit = spectral_unit(words.unit) if words.unit else None
    frame, unknown = words.frame or None, words.unknown
    if inside and is_stated(inside) and inside.lower() not in _NEUTRAL:
        stated, said_frame = unit_and_frame(inside)
        frame = said_frame or frame
        if stated is not None:
            unit = stated
        elif said_frame is None or re.sub(r"(?i)\b(?:air|vac(?:uum)?|in|wavelengths?)\b|\W", "", inside):
            unknown = inside
    if unit is None and base in _OWN_UNITS:
        unit = spectral_unit(_OWN_UNITS[base])
    if unit is None and base == "angstrom":
        unit = BY_NAME["Angstrom"]
    if unit is not None and logarithm and not unit.logarithm:
        unit = unit.logarithmic(logarithm)
    if unit is not None:
        kind, logarithm = unit.kind, unit.logarithm
    return AxisName(AXIS.index(base), kind, unit, logarithm, frame, unknown)


class _Words:
    """The words of a name without its brackets; `base` stays None where one of them is not known."""

    def __init__(self, lower: str) -> None:
        self.base: str | None = None
        self.unit, self.frame, self.unknown = "", "", ""
        self.logarithm: Logarithm = ""
        rest = self._before(lower.strip(_SEPARATORS))
        base = next((word for word in _BY_LENGTH if rest.startswith(word)), None)
        if base is None:
            return
        rest, slash = self._cut(rest, base)
        if self._behind(rest):
            self.base = base
        elif slash:
            self.base, self.unknown = base, rest
        if base in {"loglam", "log_lambda"}:
            self.logarithm = self.logarithm or "log"

    @staticmethod
    def _cut(rest: str, base: str) -> tuple[str, bool]:
        behind = rest[len(base) :].lstrip()
        return behind.strip(_SEPARATORS), behind.startswith("/")

    def _before(self, text: str) -> str:
        """Take the words before the axis: "log", "vac", "obs"."""
        while not text.startswith(_BY_LENGTH):
            word = next((word for word in (*_LOGARITHMS, *_FRAMES, *_NEUTRAL) if text.startswith(word)), None)
            if word is None:
                break
            self._take(word)
            text = text[len(word) :].lstrip(_SEPARATORS)
        return text

    def _behind(self, text: str) -> bool:
        """Take the words behind the axis; False where one is not known."""
        while text:
            whole, frame = unit_and_frame(text) if not self.unit else (None, None)
            if whole is not None:
                self.unit, self.frame = text, frame or self.frame
                return True
            known = (*_FRAMES, *_NEUTRAL, *_LOGARITHMS, *(() if self.unit else _UNIT_WORDS))
            word = next((word for word in known if _begins(text, word)), None)
            if word is None:
                return False
            self._take(word)
            text = text[len(word) :].lstrip(_SEPARATORS)
        return True

    def _take(self, word: str) -> None:
        if word in _LOGARITHMS:
            self.logarithm = _LOGARITHMS[word]
        elif word in _FRAMES:
            self.frame = _FRAMES[word]
        elif word not in _NEUTRAL:
            self.unit = word


def _begins(text: str, word: str) -> bool:
    """Whether a text begins with a word that ends there, at a separator, or (frames only) anywhere."""
    if not text.startswith(word):
        return False
    behind = text[len(word) :]
    return not behind or behind[0] in _SEPARATORS or word in _FRAMES


_BY_LENGTH = tuple(sorted(AXIS, key=len, reverse=True))
