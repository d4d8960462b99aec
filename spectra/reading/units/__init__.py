"""Units and frames of the spectral axis.

Start reading at ``unit``: the units, their spellings, and the way from each to Å.
"""

from spectra.reading.units.unit import (
    ANGSTROM,
    LIGHT,
    SpectralUnit,
    required_unit,
    spectral_unit,
    to_angstrom,
)

__all__ = ["ANGSTROM", "LIGHT", "SpectralUnit", "required_unit", "spectral_unit", "to_angstrom"]
