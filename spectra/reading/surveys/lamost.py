"""LAMOST, low and medium resolution, all releases.

Low resolution up to DR8: one image 5×N in the primary HDU. Row 0 is the flux, row 1 its inverse variance,
row 3 and 4 the and- and or-mask. Row 2 is *not* always the wavelength (pipeline v2.6 keeps a
continuum-divided flux there): the axis is ``10**(COEFF0 + COEFF1*i)``, vacuum, heliocentric
(http://www.lamost.org/dr8/v1.1/doc/lr-data-production-description). In newer releases: a table of one row,
columns FLUX, IVAR, WAVELENGTH, ANDMASK, ORMASK, PIXMASK. Medium resolution: a table per arm and exposure,
one row per pixel, column LOGLAM (log10 Å, vacuum).

This is the fast path: archives hold such files by the million.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble, bad_pixels, numbers
from spectra.reading.content import Content
from spectra.reading.fits.describe import frame_said
from spectra.reading.fits.keywords import coordinate, known, put, whole
from spectra.reading.fits_file.header import Header
from spectra.reading.fits_file.structure import Bytes, Hdu
from spectra.reading.grid import VACUUM
from spectra.reading.provenance import with_errors, with_mask
from spectra.reading.read_error import ReadError
from spectra.reading.surveys.log_axis import stated_log_axis
from spectra.reading.units import required_unit
from spectra.reading.units.meaning import AxisMeaning, Rule, Said, axis_meaning
from spectra.spectrum import FloatArray, Provenance, Source, Spectrum, SpectrumMeta

PIXEL_TYPES: dict[int, np.dtype[Any]] = {-32: np.dtype(">f4"), -64: np.dtype(">f8")}
_MK_LETTERS = "OBAFGKM"
LOG_ANGSTROM = required_unit("log10(Angstrom)")
_REACH = (3650.0, 9200.0)
MODEL = Rule("the data model of LAMOST", LOG_ANGSTROM.name, VACUUM, reach=_REACH)
_LINEAR_MODEL = Rule("the data model of LAMOST", "Angstrom", VACUUM, reach=_REACH)
_KEPT = 256


def read_image(content: Content) -> Iterator[Spectrum]:
    """Read a low-resolution image (fast path).

    Raises
    ------
    ReadError
        When it is no LAMOST image, or is cut short.
    """
    header, start = content.header
    planes = Planes(header, start)
    content.limits.check(planes.n)
    data = planes.checked(content.data)
    flux, ivar, flags = planes.row(data, 0), None, None
    if planes.count >= 4:
        ivar, flags = planes.row(data, 1), planes.row(data, 3) != 0.0
    grid, meaning = planes.axis(MODEL)
    provenance = image_provenance(meaning, bare=ivar is None)
    meta = lamost_meta(header, content.stem, content.source(), provenance=provenance)
    yield Spectrum(grid, flux, ivar, bad_pixels(flux, ivar, flags), meta)


@lru_cache(_KEPT)
def image_provenance(meaning: AxisMeaning, *, bare: bool) -> Provenance:
    """Return the provenance of an image, one object for all that are alike.

    Parameters
    ----------
    meaning
        Of its axis.
    bare
        Whether it is read without errors and mask.
    """
    provenance = meaning.provenance("COEFF0/COEFF1 log10", (0, ""))
    return provenance if bare else with_mask(with_errors(provenance, "plane 1", "ivar"), "plane 3")


class Planes:
    """An image of planes on one logarithmic vacuum grid: LAMOST, and SDSS before DR8.

    Parameters
    ----------
    header
        The primary header.
    start
        Where the image begins in the file.

    Raises
    ------
    ReadError
        When it is no such image.
    """

    __slots__ = ("_header", "count", "dtype", "n", "start")

    def __init__(self, header: Header, start: int) -> None:
        self.n, self.count = header.integer("NAXIS1"), header.integer("NAXIS2", 1)
        bits = header.integer("BITPIX")
        dtype = PIXEL_TYPES.get(bits)
        if dtype is None or self.n < 2 or self.count < 1:
            raise ReadError(
                f"its image ({self.count}×{self.n}, BITPIX {bits}) is no spectrum of LAMOST's or SDSS's form",
                Fault.NO_SPECTRUM,
            )
        self._header, self.start, self.dtype = header, start, dtype

    def checked(self, data: Bytes) -> Bytes:
        """Return the file's bytes.

        Raises
        ------
        ReadError
            When the header promises more than they hold.
        """
        size, held = self.count * self.n * self.dtype.itemsize, max(len(data) - self.start, 0)
        if size > held:
            raise ReadError(
                f"HDU 0 promises {size:,} bytes of data, the file holds {held:,}: it is cut short",
                Fault.TRUNCATED,
            )
        return data

    def row(self, data: Bytes, plane: int) -> FloatArray:
        """Return one plane of an image.

        Parameters
        ----------
        data : Bytes
            The bytes of the file.
        plane : int
            Number of the plane, from 0.

        Returns
        -------
        ndarray
            Shape (n,), float64.
        """
        offset = self.start + plane * self.n * self.dtype.itemsize
        return numbers(np.frombuffer(data, self.dtype, self.n, offset))

    def axis(self, model: Rule) -> tuple[FloatArray, AxisMeaning]:
        """Return the shared grid, Å in vacuum, shape (n,), and how its unit and frame are known.

        Parameters
        ----------
        model : Rule
            The data model of the survey.

        Returns
        -------
        FloatArray
            The grid.
        AxisMeaning
            Its unit and frame.

        Raises
        ------
        ReadError
            When the header lacks its coefficients, or states what they cannot be in.
        """
        first, step = self._header.number("COEFF0"), self._header.number("COEFF1")
        if first is None or step is None:
            first, step = self._header.number("CRVAL1"), self._header.number("CD1_1")
        if first is None or step is None:
            raise ReadError("its header lacks COEFF0 and COEFF1, the axis", Fault.NO_SPECTRUM)
        return stated_log_axis((self._header,), model, first, step, self.n)


def lamost_meta(
    header: Header,
    stem: str,
    source: Source,
    extra: dict[str, Any] | None = None,
    *,
    provenance: Provenance,
) -> SpectrumMeta:
    """Return the metadata of a LAMOST header.

    ``CLASS`` and ``SUBCLASS`` are in `extra`, whatever the label is.

    Parameters
    ----------
    header : Header
        The primary header.
    stem : str
        The name of the spectrum where the header has none.
    source : Source
        Where the spectrum is read from.
    extra : dict, optional
        More entries of `SpectrumMeta.extra`.
    provenance : Provenance
        How the spectrum is read.

    Returns
    -------
    SpectrumMeta
        Position, class, object and survey.
    """
    more: dict[str, Any] = {"survey": "LAMOST"}
    kind, subclass = known(header.text("CLASS")), known(header.text("SUBCLASS"))
    label, group = lamost_class(header)
    put(
        more,
        release=known(header.text("DATA_V").removeprefix("LAMOST")),
        pipeline=known(header.text("VERSPIPE")),
        obsid=whole(header, "OBSID"),
        object_class=kind,
        subclass=subclass,
        redshift=header.number("Z"),
        snr_g=_first(header, "SNRG", "SN_G"),
        snr_r=_first(header, "SNRR", "SN_R"),
    )
    more.update(extra or {})
    ra, dec = lamost_position(header)
    return SpectrumMeta(
        name=stem,
        ra=ra,
        dec=dec,
        label=label,
        group=group,
        unit=provenance.unit,
        frame=provenance.frame,
        source=source,
        extra=more,
        provenance=provenance,
    )


def lamost_position(header: Header) -> tuple[float | None, float | None]:
    """Return right ascension and declination in degrees."""
    return coordinate(header, "RA", 360.0), coordinate(header, "DEC", 90.0)


def lamost_class(header: Header) -> tuple[str | None, str | None]:
    """Return label and group.

    The label of a star is the letter of its spectral type (SUBCLASS "K5" is K: subclasses are too many to
    learn from), of anything else its CLASS. The group is the designation: the star.
    """
    kind, subclass = known(header.text("CLASS")), known(header.text("SUBCLASS"))
    label = subclass[0] if kind == "STAR" and subclass and subclass[0] in _MK_LETTERS else kind
    return label, known(header.text("DESIG"))


def _first(header: Header, *keywords: str) -> float | None:
    for keyword in keywords:
        number = header.number(keyword)
        if number is not None:
            return number
    return None


def read_tables(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read tables: medium resolution (one spectrum per HDU), or low resolution of later releases.

    Parameters
    ----------
    content : Content
        The file.

    Yields
    ------
    Spectrum or ReadError
        One for each table.

    Raises
    ------
    ReadError
        If no table has the columns of a spectrum.
    """
    file = content.fits
    primary = file.primary.header
    found = [
        hdu
        for hdu in file.tables()
        if "FLUX" in hdu.columns and {"LOGLAM", "WAVELENGTH"} & hdu.columns.keys()
    ]
    if not found:
        raise ReadError("none of its tables has the columns FLUX and LOGLAM or WAVELENGTH", Fault.NO_SPECTRUM)
    for hdu in found:
        name = f"{content.stem}:{hdu.name}" if len(found) > 1 else content.stem
        extra: dict[str, Any] = {}
        put(extra, exposure=hdu.name, snr=hdu.header.number("SNR"))
        try:
            axis, provenance = _axis(hdu, primary)
            meta = lamost_meta(primary, name, content.source(hdu.index), extra, provenance=provenance)
            yield _table_spectrum(hdu, axis, meta)
        except ReadError as error:
            yield error.within(f"HDU {hdu.index} ({hdu.name})")


def _table_spectrum(hdu: Hdu, axis: Axis, meta: SpectrumMeta) -> Spectrum:
    flux = hdu.column("FLUX").ravel()
    ivar = hdu.column("IVAR").ravel() if "IVAR" in hdu.columns else None
    masks = [hdu.column(name).ravel() != 0.0 for name in ("ANDMASK", "PIXMASK") if name in hdu.columns]
    provenance = meta.provenance
    if ivar is not None:
        provenance = with_errors(provenance, "column IVAR", "ivar")
    if masks:
        provenance = with_mask(provenance, "column ANDMASK" if "ANDMASK" in hdu.columns else "column PIXMASK")
    return assemble(axis, flux, meta, ivar=ivar, flags=masks[0] if masks else None, provenance=provenance)


def _axis(hdu: Hdu, primary: Header) -> tuple[Axis, Provenance]:
    name, model = ("LOGLAM", MODEL) if "LOGLAM" in hdu.columns else ("WAVELENGTH", _LINEAR_MODEL)
    values: FloatArray = hdu.column(name).ravel()
    stated = Said(hdu.unit(name), f"TUNIT{hdu.columns[name].number}")
    frame = frame_said(hdu.header, primary)
    meaning = axis_meaning(name, units=[stated], frame=frame, rules=[model], values=values)
    provenance = meaning.provenance(f"column {name}", (hdu.index, hdu.name))
    return Axis(values, meaning.unit, meaning.frame), provenance
