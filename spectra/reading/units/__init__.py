"""Units and frames of the spectral axis: one way to them for every reader.

Start reading at ``meaning``: what an axis is in, and how that is known. ``unit`` has the units,
``spellings`` and ``frames`` recognise what files write, ``axis_name`` and ``comments`` what stands in names
and comment lines, ``rule`` what families document, ``plausible`` what can be a wavelength, ``several`` which
of several axes is taken, ``convert`` leads to Å.
"""

from spectra.reading.units.convert import to_angstrom
from spectra.reading.units.spellings import required_unit, spectral_unit
from spectra.reading.units.unit import ANGSTROM, LIGHT, SpectralUnit

__all__ = ["ANGSTROM", "LIGHT", "SpectralUnit", "required_unit", "spectral_unit", "to_angstrom"]
