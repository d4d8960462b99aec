"""The units of a spectral axis: what each measures, and its size in SI.

Wavelength, frequency, photon energy, wavenumber and (about a rest wavelength) velocity. Constants: CODATA
2018, exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

LIGHT = 299_792_458.0
"""Speed of light, m/s."""
PLANCK = 6.626_070_15e-34
"""J s."""
CHARGE = 1.602_176_634e-19
"""Of the electron, C."""
_SAME = 1e-12  # relative: "10**-10 m" is Angstrom
_SAME_SIZE = 1e-9

Kind = Literal["wavelength", "frequency", "energy", "wavenumber", "velocity"]
Logarithm = Literal["", "log10", "ln", "log"]
"""Of the values of an axis; "log" is one that does not say its base."""


@dataclass(frozen=True, slots=True)
class SpectralUnit:
    """A unit of the spectral axis.

    Parameters
    ----------
    name
        For people; with the logarithm, as in "log10(Angstrom)".
    kind
        What it measures.
    size
        In the SI unit of its kind: m, Hz, J, m-1, m/s.
    logarithm
        Of the values, "" where they are none.
    """

    name: str
    kind: Kind
    size: float
    logarithm: Logarithm = ""

    def logarithmic(self, logarithm: Logarithm) -> SpectralUnit:
        """Return the unit of logarithms of values in this one (or in the one inside it)."""
        plain = self.linear
        return SpectralUnit(f"{logarithm}({plain.name})", plain.kind, plain.size, logarithm)

    @property
    def linear(self) -> SpectralUnit:
        """The unit inside the logarithm, or itself."""
        if not self.logarithm:
            return self
        return replace(self, name=self.name.partition("(")[2].removesuffix(")"), logarithm="")


_SIZES: dict[Kind, dict[str, float]] = {
    "wavelength": {"Angstrom": 1e-10, "nm": 1e-9, "um": 1e-6, "mm": 1e-3, "cm": 1e-2, "m": 1.0},
    "frequency": {"Hz": 1.0, "kHz": 1e3, "MHz": 1e6, "GHz": 1e9, "THz": 1e12},
    "energy": {"eV": CHARGE, "keV": 1e3 * CHARGE, "MeV": 1e6 * CHARGE, "J": 1.0, "erg": 1e-7},
    "wavenumber": {"cm-1": 100.0, "m-1": 1.0, "um-1": 1e6},
    "velocity": {"m/s": 1.0, "km/s": 1e3},
}
BY_NAME = {
    name: SpectralUnit(name, kind, size) for kind, sizes in _SIZES.items() for name, size in sizes.items()
}
"""The common units by the name that they are given here."""
ANGSTROM = BY_NAME["Angstrom"]


def same_unit(one: SpectralUnit, other: SpectralUnit) -> bool:
    """Whether two units are the same, whatever they are called: kind, size and logarithm."""
    alike = one.kind == other.kind and one.logarithm == other.logarithm
    return alike and abs(one.size / other.size - 1.0) < _SAME_SIZE


def unit_of_size(kind: Kind, size: float, name: str) -> SpectralUnit:
    """Return the common unit of this size, or a new one.

    Parameters
    ----------
    kind : Kind
        Such as wavelength, frequency or energy.
    size : float
        The unit in the base unit of its kind.
    name : str
        Name of a new unit.

    Returns
    -------
    SpectralUnit
        The unit.
    """
    for unit in BY_NAME.values():
        if unit.kind == kind and abs(size / unit.size - 1.0) < _SAME:
            return unit
    return SpectralUnit(name, kind, size)
