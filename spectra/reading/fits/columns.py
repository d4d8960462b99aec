"""Files that keep wavelengths in an image HDU of their own: linetools (FLUX, ERROR, WAVELENGTH) and alike.

Such wavelengths go before a linear axis in a header, which may be one of before a calibration. One HDU of
wavelengths serves one flux; of several images of its shape, the one that is the flux by its name is taken.
Echelles keep a row per order in both: CARMENES (SPEC, SIG, CONT, WAVE), ESPRESSO and HARPS S2D (SCIDATA,
WAVEDATA_VAC_BARY), HPF (Sci Flux, Sci Wavl), NEID (SCIFLUX, SCIWAVE), KPF (GREEN_SCI_FLUX1), SPIRou (FluxAB).
"""

from __future__ import annotations

from collections.abc import Iterator

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble
from spectra.reading.content import Content
from spectra.reading.fits.axis_units import keyword_units
from spectra.reading.fits.describe import axis_comments, frame_said, header_meta
from spectra.reading.fits.families import image_rules, wavelength_frame
from spectra.reading.fits.image_rows import ImageRows
from spectra.reading.fits_file.structure import FitsFile, Hdu
from spectra.reading.planes.bands import Lines, image_lines
from spectra.reading.planes.companions import (
    hdu_wavelength,
    hdu_words,
    is_other_light,
    other_wavelengths,
    role_of_hdu,
)
from spectra.reading.planes.fibres import fibres_of
from spectra.reading.planes.words import Role, flux_rank
from spectra.reading.read_error import ReadError
from spectra.reading.units.meaning import AxisMeaning, Said, axis_meaning
from spectra.reading.units.several import chosen_axis
from spectra.spectrum import FloatArray, Spectrum

_MOST_ROWS = 10_000
_UNNAMED = 5
_BOTH_BEAMS = "ab"
"""SPIRou and NIRPS (APERO): FluxAB is the object, FluxA and FluxB its two beams, FluxC the lamp."""


def is_columns(file: FitsFile) -> bool:
    """Whether a file has an image of flux, and one of its wavelengths (which may be cut short)."""
    try:
        return bool(_pairs(file))
    except ReadError:
        return True


def _pairs(file: FitsFile) -> list[tuple[Hdu, Hdu]]:
    """Return each flux with its wavelengths: one flux for each HDU of wavelengths, the likeliest.

    Where a name says flux, images whose names say nothing (sizes of pixels) are none.
    """
    best: dict[int, tuple[int, Hdu, Hdu]] = {}
    for hdu in file.hdus:
        role = role_of_hdu(hdu)
        if not hdu.is_image or role not in {None, Role.FLUX} or is_other_light(hdu):
            continue
        wavelength = hdu_wavelength(file, hdu)
        if wavelength is None:
            continue
        rank = (0 if role is Role.FLUX else 10 if hdu.name else 5) + flux_rank(hdu.name)
        before = best.get(wavelength.index)
        if before is None or rank < before[0]:
            best[wavelength.index] = (rank, hdu, wavelength)
    named = any(rank < _UNNAMED for rank, _, _ in best.values())
    found = [(flux, wavelength) for rank, flux, wavelength in best.values() if rank < _UNNAMED or not named]
    both = [pair for pair in found if _BOTH_BEAMS in hdu_words(pair[0])]
    return both or found


def read_columns(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read one spectrum per row of each flux.

    Raises
    ------
    ReadError
        When there is no flux with wavelengths of its shape, or nothing says that its rows are spectra.
    """
    pairs = _pairs(content.fits)
    if not pairs:
        raise ReadError("it has no HDUs of flux and of wavelengths of one shape", Fault.NO_SPECTRUM)
    for flux, wavelength in pairs:
        try:
            yield from _spectra(content, flux, wavelength, several=len(pairs) > 1)
        except ReadError as error:
            if len(pairs) == 1:
                raise
            yield error.within(f"HDU {flux.index} ({flux.name})")


def _spectra(
    content: Content, flux: Hdu, wavelength: Hdu, *, several: bool
) -> Iterator[Spectrum | ReadError]:
    wavelength, named = _chosen(content.fits, flux, wavelength)
    lines = _lines(content.fits, flux, wavelength)
    rows, waves = ImageRows(content.fits, flux, lines), wavelength.lines()
    stem = f"{content.stem}:{flux.name}" if several else content.stem
    headers = (flux.header, content.fits.primary.header)
    for each in lines:
        name = stem if each.row is None else f"{stem}:{each.row}"
        source = content.source(flux.index or None, each.row)
        meta = header_meta(headers, source, name, unit="", frame="")
        try:
            values = waves[each.flux if len(waves) > 1 else 0]
            meaning = _meaning(content.fits, flux, wavelength, values)
            known = meaning.provenance(f"HDU {named}", (flux.index, flux.name))
            one = rows.read(each, meta, known)
            yield assemble(
                Axis(values, meaning.unit, meaning.frame),
                one.flux,
                one.meta,
                ivar=one.ivar,
                flags=one.flags,
                provenance=one.provenance,
            )
        except ReadError as error:
            if len(lines) == 1:
                raise
            yield error.within(f"row {each.row}")


def _chosen(file: FitsFile, flux: Hdu, wavelength: Hdu) -> tuple[Hdu, str]:
    """Return the image of wavelengths of a flux, and its name with those that it was taken before."""
    others = other_wavelengths(file, flux, wavelength)
    if not others:
        return wavelength, wavelength.name
    named = {hdu.name: hdu for hdu in (*others, wavelength)}
    row = min(len(wavelength.lines()) // 2, len(wavelength.lines()) - 1)
    name, _, text = chosen_axis(
        wavelength.name,
        named,
        lambda name: named[name].lines()[row],
        lambda name, values: _meaning(file, flux, named[name], values),
    )
    return named[name], text


def _meaning(file: FitsFile, flux: Hdu, wavelength: Hdu, values: FloatArray) -> AxisMeaning:
    headers = (flux.header, wavelength.header, file.primary.header)
    own = wavelength_frame(wavelength)
    return axis_meaning(
        wavelength.name,
        units=[
            *(Said(wavelength.header.text(keyword), keyword) for keyword in ("BUNIT", "CUNIT1")),
            *keyword_units(wavelength.header),
            *keyword_units(file.primary.header),
        ],
        frame=own or frame_said(*headers),
        comments=[text for header in headers[:2] for text in axis_comments(header)],
        rules=image_rules(wavelength, file.primary.header),
        values=values,
    )


def _lines(file: FitsFile, flux: Hdu, wavelength: Hdu) -> list[Lines]:
    count = 1
    for length in flux.shape[:-1]:
        count *= length
    if count > _MOST_ROWS:
        raise ReadError(f"its image of flux has {count:,} rows: it is an image or a cube", Fault.NO_SPECTRUM)
    own = wavelength.shape == flux.shape
    return image_lines(flux.header, flux.shape[:-1], described=own or fibres_of(file, count) is not None)
