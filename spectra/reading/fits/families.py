"""Families of FITS tables and images whose documentation says what their headers leave out."""

from __future__ import annotations

import re

from spectra.reading.fits_file.header import Header
from spectra.reading.fits_file.structure import Hdu
from spectra.reading.grid import AIR, VACUUM
from spectra.reading.planes.words import words_of
from spectra.reading.units.meaning import Rule, Said

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


_APERO = Rule("APERO's data model", unit="nm", frame=VACUUM)
"""SPIRou and NIRPS (Cook et al. 2022, PASP 134, 114509, 9): wavelengths in nm, in vacuum."""
_APERO_NAME = re.compile(r"wave(?:ab|[abc])", re.IGNORECASE)
_ECHELLES = ("ESPRESSO", "HARPS", "HARPN", "CARMENES", "HPF", "NEID", "KPF", "MAROON-X")
"""Instruments whose pipelines give wavelengths in Angstrom, in vacuum unless a name says air (ESPRESSO
pipeline manual 12; Caballero et al. 2016, SPIE 9910; the data models of HPF, NEID and KPF)."""


def image_rules(wavelength: Hdu, primary: Header) -> tuple[Rule, ...]:
    """Return what the documentation of an instrument says of its images of wavelengths.

    Parameters
    ----------
    wavelength
        The image.
    primary
        The primary header.
    """
    if _APERO_NAME.fullmatch(wavelength.header.text("EXTNAME")):
        return (_APERO,)
    instrument = primary.text("INSTRUME").upper() or primary.text("INSTRUMENT").upper()
    name = next((name for name in _ECHELLES if instrument.startswith(name)), None)
    return () if name is None else (Rule(f"{name}'s data model", unit="Angstrom", frame=VACUUM),)


def wavelength_frame(hdu: Hdu) -> Said | None:
    """Return the frame that the name of an image of wavelengths states (WAVEDATA_VAC_BARY), or None."""
    words = words_of(hdu.header.text("EXTNAME"))
    place = f"the name {hdu.header.text('EXTNAME')!r}"
    if {"vac", "vacuum"} & set(words):
        return Said(VACUUM, place)
    return Said(AIR, place) if "air" in words else None
