"""Units of the spectral axis as files write them, and the way from each to Å in vacuum or air.

Wavelength, frequency, photon energy, wavenumber and (about a rest wavelength) velocity. Constants: CODATA
2018, exact.
"""

from __future__ import annotations

from dataclasses import dataclass

from spectra.fault import Fault
from spectra.reading.read_error import ReadError
from spectra.spectrum import FloatArray

LIGHT = 299_792_458.0
"""Speed of light, m/s."""
_PLANCK = 6.626_070_15e-34
_CHARGE = 1.602_176_634e-19


@dataclass(frozen=True, slots=True)
class SpectralUnit:
    """A unit: what it measures (wavelength, frequency, energy, wavenumber, velocity), its size in SI."""

    name: str
    kind: str
    size: float
    log10: bool = False


_WAVELENGTH = {"Angstrom": 1e-10, "nm": 1e-9, "um": 1e-6, "mm": 1e-3, "cm": 1e-2, "m": 1.0}
_FREQUENCY = {"Hz": 1.0, "kHz": 1e3, "MHz": 1e6, "GHz": 1e9, "THz": 1e12}
_ENERGY = {"eV": _CHARGE, "keV": 1e3 * _CHARGE, "MeV": 1e6 * _CHARGE, "J": 1.0, "erg": 1e-7}
_WAVENUMBER = {"cm-1": 100.0, "m-1": 1.0, "um-1": 1e6}
_VELOCITY = {"m/s": 1.0, "km/s": 1e3}
_SPELLINGS = {
    "Angstrom": "angstroms angstrom ang ang. a å ångström 0.1nm 0.1_nm 1e-10m 10-10_m",
    "nm": "nanometer nanometers nanometre nanometres",
    "um": "micron microns micrometer micrometers micrometre µm μm",
    "m": "meter meters metre metres",
    "Hz": "hertz",
    "cm-1": "1/cm cm^-1 cm**-1",
    "m-1": "1/m",
    "um-1": "1/um um^-1",
    "m/s": "m_s-1 m.s-1 m_s**-1 m/sec",
    "km/s": "km_s-1 km.s-1 km_s**-1 kms-1 km/sec",
}
_ALIASES = {word.replace("_", " "): name for name, words in _SPELLINGS.items() for word in words.split()}
_KINDS = {
    "wavelength": _WAVELENGTH,
    "frequency": _FREQUENCY,
    "energy": _ENERGY,
    "wavenumber": _WAVENUMBER,
    "velocity": _VELOCITY,
}
_BY_NAME = {
    name: SpectralUnit(name, kind, size) for kind, sizes in _KINDS.items() for name, size in sizes.items()
}
_BY_LOWER = {name.lower(): unit for name, unit in _BY_NAME.items() if name != "MeV"}

ANGSTROM = _BY_NAME["Angstrom"]


def spectral_unit(text: str) -> SpectralUnit | None:
    """Recognise a unit of the spectral axis, in any of the spellings seen in files; None when it is none."""
    plain = text.strip().strip("[]()")
    lower = plain.lower()
    for prefix in ("log10(", "log(", "log10 ", "log ", "dex("):
        if lower.startswith(prefix):
            inner = spectral_unit(lower[len(prefix) :].rstrip(")"))
            return (
                None
                if inner is None
                else SpectralUnit(f"log10({inner.name})", inner.kind, inner.size, log10=True)
            )
    return _BY_NAME.get(plain) or _BY_NAME.get(_ALIASES.get(lower, "")) or _BY_LOWER.get(lower)


def required_unit(text: str) -> SpectralUnit:
    """Recognise a unit or say which one is not known.

    Raises
    ------
    ReadError
        When `text` is no unit of a spectral axis.
    """
    unit = spectral_unit(text)
    if unit is None:
        raise ReadError(
            f"the unit {text!r} of its spectral axis is not known (use Angstrom, nm, um, Hz, eV or cm-1)",
            Fault.UNKNOWN_UNIT,
        )
    return unit


def to_angstrom(values: FloatArray, unit: SpectralUnit, rest: float | None = None) -> FloatArray:
    """Turn values of a spectral axis into Å, in the frame (air or vacuum) that they had.

    Parameters
    ----------
    values
        Shape (n,), in `unit`.
    unit
        Their unit.
    rest
        Rest wavelength in Å: needed by velocities only (radio-style files give optical or radio velocity; for
        spectra the optical convention v = c (λ-λ₀)/λ₀ is used, FITS paper III, Greisen et al. 2006, table 2).

    Raises
    ------
    ReadError
        For velocities without a rest wavelength.
    """
    if unit.log10:
        values = 10.0**values
    if unit.name == "Angstrom":
        return values
    if unit.kind == "wavelength":
        return values * (unit.size * 1e10)
    if unit.kind == "velocity":
        if rest is None:
            raise ReadError(
                "its axis is a velocity and the file gives no rest wavelength (RESTWAV, RESTFRQ)",
                Fault.UNKNOWN_UNIT,
            )
        return rest * (1.0 + values * unit.size / LIGHT)
    numerator = {"frequency": LIGHT, "energy": _PLANCK * LIGHT, "wavenumber": 1.0}[unit.kind] * 1e10
    return numerator / (values * unit.size)
