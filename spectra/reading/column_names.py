"""The names of columns, and what they say.

Which column is the spectral axis (its unit, its frame), which the flux, the error, the label: one place for
all tables, be they text, NumPy, Parquet, FITS or VO.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from spectra.reading.grid import AIR, VACUUM
from spectra.reading.units import ANGSTROM, SpectralUnit, required_unit, spectral_unit

AXIS = (
    "wavelength", "wavelengths", "wave", "lambda", "lam", "wl", "spectral", "spectral_axis", "spectralvalue",
    "dataspectralvalue", "loglam", "log_lambda", "freq", "frequency", "energy", "wavenumber", "velocity",
    "angstrom",
)  # fmt: skip
"""Names of a spectral axis, the likelier first."""
FLUX = (
    "flux", "fluxes", "spec", "spectrum", "fluxvalue", "datafluxvalue", "intensity", "flux_density", "flam",
    "flux_reduced",
)  # fmt: skip
LABEL = ("label", "class", "type", "mk_class", "taxonomy")
GROUP = ("group", "object", "designation")
NAME = ("name", "names", "fname", "id")
_FRAMES = {"air": AIR, "vac": VACUUM, "vacuum": VACUUM}
_UNIT_WORDS = {
    "a",
    "aa",
    "ang",
    "angstrom",
    "angstroms",
    "nm",
    "um",
    "micron",
    "microns",
    "hz",
    "ghz",
    "ev",
    "kev",
}
_BRACKETS = re.compile(r"^(.*?)\s*[(\[]\s*(.+?)\s*[)\]]$")
_DEFAULT_UNITS = {
    "loglam": "log10(Angstrom)",
    "log_lambda": "log10(Angstrom)",
    "freq": "Hz",
    "frequency": "Hz",
    "energy": "eV",
    "wavenumber": "cm-1",
    "velocity": "km/s",
}


@dataclass(frozen=True, slots=True)
class AxisName:
    """What the name of a spectral axis says: its rank among names, unit, and frame where the name has one."""

    rank: int
    unit: SpectralUnit
    frame: str | None


def axis_name(name: str) -> AxisName | None:
    """Recognise the name of a spectral axis: "wave", "wave_air", "Wavelength (um)" …; else None."""
    plain, unit_text = name.strip().lower(), ""
    if match := _BRACKETS.match(plain):
        plain, unit_text = match[1], match[2]
    frame = None
    while plain not in AXIS and (cut := re.match(r"^(.+)[_\s-]([a-z]+)$", plain)):
        if cut[2] in _FRAMES:
            frame = _FRAMES[cut[2]]
        elif cut[2] in _UNIT_WORDS:
            unit_text = {"a": "Angstrom", "aa": "Angstrom"}.get(cut[2], cut[2])
        else:
            return None
        plain = cut[1]
    if plain not in AXIS:
        return None
    unit = spectral_unit(unit_text) if unit_text else None
    return AxisName(AXIS.index(plain), unit or default_unit(plain), frame)


def default_unit(plain: str) -> SpectralUnit:
    """Return the unit that a bare name of an axis implies: Å unless the name says a frequency or the like."""
    return required_unit(_DEFAULT_UNITS[plain]) if plain in _DEFAULT_UNITS else ANGSTROM


def best_axis(names: Iterable[str]) -> str | None:
    """Return the likeliest spectral axis of some names, or None."""
    found = [(known.rank, name) for name in names if (known := axis_name(name)) is not None]
    return min(found)[1] if found else None


def first_of(names: Iterable[str], wanted: tuple[str, ...]) -> str | None:
    """Return the first wanted name that is there, whatever its case and unit in brackets, or None."""
    plain: dict[str, str] = {}
    for name in names:
        lower = name.strip().lower()
        match = _BRACKETS.match(lower)
        plain.setdefault(match[1] if match else lower, name)
    return next((plain[want] for want in wanted if want in plain), None)


def best_flux(names: Iterable[str]) -> str | None:
    """Return the likeliest flux of some names, or None."""
    return first_of(names, FLUX)
