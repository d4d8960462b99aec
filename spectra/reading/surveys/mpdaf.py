"""MPDAF (MUSE): Spectrum files, and the spectra of Source files. Air unless the header says otherwise.

MPDAF documentation (https://mpdaf.readthedocs.io, "Spectrum object", "Source object"): HDUs DATA, STAT (the
variance) and DQ (0 is good); in a Source SPE_name_DATA, SPE_name_STAT and _DQ. The axis is linear, CTYPE1
AWAV or WAVE; FSCALE scales the flux in old files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from spectra.fault import Fault
from spectra.reading.assemble import assemble
from spectra.reading.content import Content
from spectra.reading.fits.axis import image_axis
from spectra.reading.fits.describe import header_meta
from spectra.reading.fits.keywords import known, put
from spectra.reading.fits_file.structure import FitsFile, Hdu
from spectra.reading.planes.errors import weights
from spectra.reading.read_error import ReadError
from spectra.spectrum import ErrorSource, Spectrum

_AUTHOR = "MPDAF"


def is_mpdaf(file: FitsFile) -> bool:
    """Whether a file is MPDAF's, or has HDUs as it writes them."""
    header = file.primary.header
    source = header.text("AUTHOR") == _AUTHOR and header.get("ORIGIN") is not None
    return source or bool(_spectra(file))


def _spectra(file: FitsFile) -> list[Hdu]:
    """Return the fluxes: DATA beside STAT, or those of a Source."""
    lines = [hdu for hdu in file.hdus if hdu.is_image and len(hdu.shape) == 1]
    pair = file.named("STAT") is not None
    return [
        hdu
        for hdu in lines
        if (hdu.name == "DATA" and pair) or (hdu.name.startswith("SPE_") and hdu.name.endswith("_DATA"))
    ]


def read_mpdaf(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read every spectrum.

    Raises
    ------
    ReadError
        When the file holds none (a Source may hold images, cubes and tables only).
    """
    file = content.fits
    found = _spectra(file)
    if not found:
        held = ", ".join(hdu.name for hdu in file.hdus[1:] if hdu.name) or "none"
        raise ReadError(
            f"it is a Source of MPDAF without spectra (SPE_…_DATA); its HDUs: {held[:300]}", Fault.NO_SPECTRUM
        )
    for hdu in found:
        try:
            yield _spectrum(content, file, hdu, several=len(found) > 1)
        except ReadError as error:
            yield error.within(f"HDU {hdu.index} ({hdu.name})")


def _spectrum(content: Content, file: FitsFile, hdu: Hdu, *, several: bool) -> Spectrum:
    flux, axis = hdu.image(), image_axis(hdu.header)
    stat, quality = (_beside(file, hdu, ending) for ending in ("STAT", "DQ"))
    scale = hdu.header.number("FSCALE") or 1.0
    ivar = None if stat is None else weights(stat.image() * scale * scale, "variance")
    provenance = replace(
        axis.meaning.provenance(axis.source, (hdu.index, hdu.name)),
        errors=ErrorSource(f"HDU {stat.name}", "variance") if stat is not None and ivar is not None else None,
        mask=None if quality is None else f"HDU {quality.name}",
    )  # fmt: skip
    name = hdu.name.removeprefix("SPE_").removesuffix("_DATA")
    meta = header_meta(
        (hdu.header, file.primary.header),
        content.source(hdu.index or None),
        f"{content.stem}:{name}" if several else content.stem,
        unit=axis.unit_name,
        frame=axis.frame,
    )
    extra, group = dict(meta.extra), meta.group
    if hdu.name.startswith("SPE_"):
        put(extra, extraction=name, source_id=known(file.primary.header.text("ID")))
        group = group or known(file.primary.header.text("ID"))
    return assemble(
        axis.axis(len(flux)), flux * scale, replace(meta, group=group, extra=extra), ivar=ivar,
        flags=None if quality is None else quality.image() != 0.0, provenance=provenance,
    )  # fmt: skip


def _beside(file: FitsFile, flux: Hdu, ending: str) -> Hdu | None:
    found = file.named(flux.name.removesuffix("DATA") + ending)
    return found if found is not None and found.is_image and found.shape == flux.shape else None
