"""One-dimensional images: pixels on a linear or log10 axis (IRAF, MIDAS, MILES, STELIB …).

An image of two axes is taken where its rows are spectra on one axis (IRAF's equispec) or where only the
first axis is longer than one; IRAF's multispec has a reader of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from spectra.fault import Fault
from spectra.reading.assemble import assemble, bad_pixels
from spectra.reading.content import Content
from spectra.reading.fits.axis import image_axis
from spectra.reading.fits.describe import header_meta
from spectra.reading.fits_file.structure import FitsFile, Hdu
from spectra.reading.read_error import ReadError
from spectra.spectrum import FloatArray, Spectrum

_MOST_ROWS = 10_000


def has_axis(hdu: Hdu) -> bool:
    """Whether an HDU holds an image with a linear axis."""
    header = hdu.header
    return (
        hdu.is_image
        and header.number("CRVAL1") is not None
        and bool(header.number("CDELT1") or header.number("CD1_1"))
    )


def is_images(file: FitsFile) -> bool:
    """Whether a file holds an image with a linear axis."""
    return any(has_axis(hdu) for hdu in file.hdus)


def read_images(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read the first image that has a spectral axis: one spectrum per row.

    Raises
    ------
    ReadError
        When there is none.
    """
    file = content.fits
    hdu = next((hdu for hdu in file.hdus if has_axis(hdu)), None)
    if hdu is None:
        raise ReadError(
            "none of its images has a spectral axis (CRVAL1 with CDELT1 or CD1_1)", Fault.NO_SPECTRUM
        )
    rows = hdu.image().reshape(-1, hdu.shape[-1])
    if len(rows) > _MOST_ROWS:
        raise ReadError(
            f"its image has {len(rows):,} rows: an image or a cube, no table of spectra", Fault.NO_SPECTRUM
        )
    if len(rows) == 1:
        yield _row(content, file, hdu, rows[0], None)
        return
    for row, flux in enumerate(rows):
        try:
            yield _row(content, file, hdu, flux, row)
        except ReadError as error:
            yield error.within(f"row {row}")


def _row(content: Content, file: FitsFile, hdu: Hdu, flux: FloatArray, row: int | None) -> Spectrum:
    axis = image_axis(hdu.header)
    stem = content.stem if row is None else f"{content.stem}:{row}"
    headers = (hdu.header,) if hdu.index == 0 else (hdu.header, file.primary.header)
    source = content.source(hdu.index or None, row)
    meta = header_meta(headers, source, stem, unit=axis.unit_name, frame=axis.frame, stated=axis.stated)
    grid = axis.shared_grid(len(flux))
    if grid is not None:
        return Spectrum(grid, flux, None, bad_pixels(flux), meta)
    return assemble(axis.axis(len(flux)), flux, meta)
