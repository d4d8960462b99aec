"""Images of pixels on a linear, logarithmic or other computed axis (IRAF, MIDAS, MILES, STELIB …).

The spectral axis is the one that CTYPE calls so; a slit or a cube beside it is rejected.
Of several images the one that is a spectrum by its name or its single row is taken; lines are bands of one
spectrum, or spectra of apertures or fibres, where the header or a table says so (`planes`). An image with
wavelengths in an HDU of their own has the reader `columns`; IRAF's multispec has one, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble, bad_pixels
from spectra.reading.content import Content
from spectra.reading.fits.axis import ImageAxis, image_axis, rest_wavelength
from spectra.reading.fits.axis_units import stated_units
from spectra.reading.fits.candidates import Candidate, candidates, has_axis, line_count, no_axis
from spectra.reading.fits.describe import frame_said, header_meta
from spectra.reading.fits.image_rows import ImageRows
from spectra.reading.fits_file.structure import FitsFile, Hdu
from spectra.reading.planes.bands import Lines, every_line
from spectra.reading.provenance import traced
from spectra.reading.read_error import ReadError
from spectra.reading.units.axis_name import axis_name
from spectra.reading.units.meaning import axis_meaning
from spectra.spectrum import FloatArray, Provenance, Spectrum, SpectrumMeta


def is_images(file: FitsFile) -> bool:
    """Whether a file holds an image with a linear axis."""
    return any(has_axis(hdu) for hdu in file.hdus)


def read_images(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read the images that hold spectra: their flux, with the errors and the mask beside it.

    Raises
    ------
    ReadError
        When there is none: the fault of the first image that might have been one.
    """
    chosen, faults = candidates(content.fits)
    if len(chosen) == 1:
        yield from _spectra(content, chosen[0])
    else:
        for found in chosen:
            yield from _one_of_several(content, found)
    yield from faults


def _one_of_several(content: Content, found: Candidate) -> Iterator[Spectrum | ReadError]:
    """Read one image of several: one that is broken does not cost the others."""
    try:
        for item in _spectra(content, found):
            yield _apart(item, content.stem, found.hdu)
    except ReadError as error:
        yield error.within(f"HDU {found.hdu.index} ({found.hdu.name})")


def _apart(item: Spectrum | ReadError, stem: str, hdu: Hdu) -> Spectrum | ReadError:
    """Name a spectrum by its HDU, too: there are others in the file."""
    if isinstance(item, ReadError):
        return item
    name = f"{stem}:{hdu.name or hdu.index}{item.meta.name.removeprefix(stem)}"
    return replace(item, meta=replace(item.meta, name=name))


def read_every_row(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read each row of the first image with an axis as a spectrum, because the caller says that it is one.

    Raises
    ------
    ReadError
        When no image has a spectral axis.
    """
    hdu = next((hdu for hdu in content.fits.hdus if has_axis(hdu)), None)
    if hdu is None:
        raise no_axis()
    axis = image_axis(hdu.header)
    number = axis.code.number
    lines = list(every_line(line_count(hdu, number)))
    yield from _spectra(content, Candidate(hdu, number, axis, lines, 0))


def _spectra(content: Content, found: Candidate) -> Iterator[Spectrum | ReadError]:
    hdu, axis = found.hdu, found.axis
    rows = ImageRows(content.fits, hdu, found.lines, found.number)
    known = None if axis is None else axis.meaning.provenance(axis.source, (hdu.index, hdu.name))
    for lines in found.lines:
        try:
            values = rows.wavelengths(lines)
            if values is not None:
                yield _with_wavelengths(content, rows, lines, values)
            elif axis is None or known is None:
                raise ReadError("its line of wavelengths turns back", Fault.BAD_AXIS)
            else:
                yield _row(content, rows, axis, lines, known)
        except ReadError as error:
            if len(found.lines) == 1:
                raise
            yield error.within(f"row {lines.row}")


def _with_wavelengths(content: Content, rows: ImageRows, lines: Lines, values: FloatArray) -> Spectrum:
    """Read a spectrum whose wavelengths are a line of its image: they go before the axis of the header."""
    header = rows.hdu.header
    name = axis_name(lines.said)
    units = [] if name is not None and name.unit is not None else stated_units(header, 1)
    meaning = axis_meaning(lines.said, units=units, frame=frame_said(header), values=values)
    known = meaning.provenance(f"plane {lines.wavelength}", (rows.hdu.index, rows.hdu.name))
    one = rows.read(lines, _meta(content, rows.hdu, lines.row, meaning.unit.name, meaning.frame), known)
    axis = Axis(values, meaning.unit, meaning.frame, rest_wavelength(header))
    return assemble(axis, one.flux, one.meta, ivar=one.ivar, flags=one.flags, provenance=one.provenance)


def _meta(content: Content, hdu: Hdu, row: int | None, unit: str, frame: str) -> SpectrumMeta:
    stem = content.stem if row is None else f"{content.stem}:{row}"
    headers = (hdu.header,) if hdu.index == 0 else (hdu.header, content.fits.primary.header)
    return header_meta(headers, content.source(hdu.index or None, row), stem, unit=unit, frame=frame)


def _row(
    content: Content, rows: ImageRows, axis: ImageAxis, lines: Lines, provenance: Provenance
) -> Spectrum:
    meta = _meta(content, rows.hdu, lines.row, axis.unit_name, axis.frame)
    one = rows.read(lines, meta, provenance)
    grid = axis.shared_grid(len(one.flux))
    if grid is not None:
        mask = bad_pixels(one.flux, one.ivar, one.flags)
        return Spectrum(grid, one.flux, one.ivar, mask, traced(one.meta, one.provenance))
    return assemble(
        axis.axis(len(one.flux)),
        one.flux,
        one.meta,
        ivar=one.ivar,
        flags=one.flags,
        provenance=one.provenance,
    )
