"""Families of FITS tables whose documentation says what their headers leave out."""

from __future__ import annotations

from spectra.reading.fits_file.structure import Hdu
from spectra.reading.grid import AIR, VACUUM
from spectra.reading.units.meaning import Rule

_ONDREJOV_ID = "ivo://asu.cas.cz/stel/ccd700"
_ONDREJOV = Rule("the Ondřejov archive", frame=AIR, certain=False)
"""Calibrated on IRAF's ThAr lines in air: Hα of Vega lies at 6562.44 Å in it, and 6562.49 Å in air is where
her −13.9 km/s put it."""
_PFS_STEMS = ("pfsObject", "pfsSingle", "pfsCoadd", "pfsStar", "pfsGalaxy")
_PFS = Rule("the PFS data model", unit="nm", frame=VACUUM)
"""https://github.com/Subaru-PFS/datamodel, ``datamodel.txt``: wavelengths in nm, in vacuum."""


def table_rules(stem: str, hdu: Hdu) -> tuple[Rule, ...]:
    """Return what the documentation of a table's family says; nothing where the family is not known.

    Parameters
    ----------
    stem
        Name of the file without folders and ending.
    hdu
        The table.
    """
    if hdu.name == "FLUXTBL" or stem.startswith(_PFS_STEMS):
        return (_PFS,)
    return (_ONDREJOV,) if hdu.header.text("DS_IDPUB").startswith(_ONDREJOV_ID) else ()
