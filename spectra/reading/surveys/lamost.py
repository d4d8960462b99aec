"""LAMOST: images of low resolution, and what headers of all releases say of their objects.

Low resolution up to DR8: one image 5×N in the primary HDU. Row 0 is the flux, row 1 its inverse variance,
row 3 and 4 the and- and or-mask. Row 2 is *not* always the wavelength (pipeline v2.6 keeps a
continuum-divided flux there): the axis is ``10**(COEFF0 + COEFF1*i)``, vacuum, heliocentric
(http://www.lamost.org/dr8/v1.1/doc/lr-data-production-description). Tables: ``lamost_tables``.

This is the fast path: archives hold such files by the million.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from spectra.observation.moment import Moment
from spectra.reading.assemble import bad_pixels
from spectra.reading.content import Content
from spectra.reading.fits.keywords import coordinate, known, put, whole
from spectra.reading.fits_file.header import Header
from spectra.reading.grid import VACUUM
from spectra.reading.objects.header_times import calendar_date
from spectra.reading.provenance import with_errors, with_mask
from spectra.reading.surveys.log_planes import Planes
from spectra.reading.units import required_unit
from spectra.reading.units.meaning import AxisMeaning, Rule
from spectra.spectrum import Provenance, Source, Spectrum, SpectrumMeta

_MK_LETTERS = "OBAFGKM"
LOG_ANGSTROM = required_unit("log10(Angstrom)")
_REACH = (3650.0, 9200.0)
MODEL = Rule("the data model of LAMOST", LOG_ANGSTROM.name, VACUUM, reach=_REACH)
LINEAR_MODEL = Rule("the data model of LAMOST", "Angstrom", VACUUM, reach=_REACH)
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
        moment=_moment(header),
    )


def _moment(header: Header) -> Moment | None:
    """Return the time of observation: DATE-OBS is "the observation median UTC" (LAMOST's data model)."""
    date = calendar_date(header, "DATE-OBS")
    if date is None:
        return None
    return Moment(date, "JD(UTC)", "DATE-OBS", middle=True, earth=header.number("HELIO_RV"))


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
