"""SDSS plates (`spPlate`): one row per fibre, named by the plug map. Vacuum, heliocentric.

Data model: https://data.sdss.org/datamodel/files/BOSS_SPECTRO_REDUX/RUN2D/PLATE4/spPlate.html: HDU 0 flux, 1
inverse variance, 2 and-mask, 3 or-mask, 4 wavelength dispersion, 5 plug map, 6 sky; the axis is
``10**(COEFF0 + COEFF1*i)``. Old plates leave the names of the HDUs out: then their order tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spectra.fault import Fault
from spectra.reading.assemble import bad_pixels
from spectra.reading.content import Content
from spectra.reading.fits.image_rows import of_fibre
from spectra.reading.fits.keywords import put, whole
from spectra.reading.fits_file.structure import FitsFile, Hdu
from spectra.reading.planes.fibres import Fibres, fibres_of
from spectra.reading.provenance import traced, with_errors, with_mask
from spectra.reading.read_error import ReadError
from spectra.reading.surveys.log_axis import stated_log_axis
from spectra.reading.surveys.sdss import MODEL, bad_bits
from spectra.spectrum import FloatArray, Spectrum, SpectrumMeta


def is_plate(file: FitsFile) -> bool:
    """Whether the primary image has SDSS' axis, and a table names its rows."""
    return file.primary.header.number("COEFF0") is not None and _fibres(file) is not None


def _fibres(file: FitsFile) -> Fibres | None:
    shape = file.primary.shape
    return fibres_of(file, shape[0]) if file.primary.is_image and len(shape) == 2 else None


def read_plate(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read one spectrum per fibre.

    Raises
    ------
    ReadError
        When it is no plate, or its header lacks the axis.
    """
    file = content.fits
    header, fibres = file.primary.header, _fibres(file)
    first, step = header.number("COEFF0"), header.number("COEFF1")
    if fibres is None or first is None or step is None:
        raise ReadError(
            "it is no plate of SDSS: COEFF0, COEFF1 or the plug map is missing", Fault.NO_SPECTRUM
        )
    grid, meaning = stated_log_axis((header,), MODEL, first, step, file.primary.shape[1])
    flux, ivar, mask = file.primary.lines(), _beside(file, "IVAR", 1), _beside(file, "ANDMASK", 2)
    ivars, masks = (None if hdu is None else hdu.lines() for hdu in (ivar, mask))
    known = meaning.provenance("COEFF0/COEFF1 log10", (0, file.primary.name))
    known = known if ivar is None else with_errors(known, f"HDU {ivar.name or ivar.index}", "ivar")
    known = known if mask is None else with_mask(known, f"HDU {mask.name or mask.index}")
    extra: dict[str, Any] = {"survey": "SDSS"}
    put(extra, plateid=whole(header, "PLATEID"), mjd=whole(header, "MJD"))
    for row in range(len(flux)):
        meta = SpectrumMeta(f"{content.stem}:{row}", source=content.source(None, row), extra=extra)
        try:
            weight: FloatArray | None = None if ivars is None else ivars[row]
            if weight is not None and not (weight > 0.0).any():
                raise ReadError(
                    "no pixel has weight (the fibre was not plugged or is dead)", Fault.BAD_PIXELS
                )
            flags = None if masks is None else bad_bits(masks[row])
            one: FloatArray = flux[row]
            meta = traced(of_fibre(meta, fibres.of(row)), known)
            yield Spectrum(grid, one, weight, bad_pixels(one, weight, flags), meta)
        except ReadError as error:
            yield error.within(f"row {row}")


def _beside(file: FitsFile, name: str, place: int) -> Hdu | None:
    """Return the image of this name; where no HDU has a name, the one at its place in the data model."""
    hdu = file.named(name)
    if hdu is None and not any(other.name for other in file.hdus) and place < len(file.hdus):
        hdu = file.hdus[place]
    return hdu if hdu is not None and hdu.is_image and hdu.shape == file.primary.shape else None
