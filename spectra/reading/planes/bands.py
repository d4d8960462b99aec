"""Which lines of an image are spectra, and which are their errors, masks, sky, or wavelength.

A header tells it by the texts of bands (IRAF's `apall`: BANDIDn; GAMA and Data Central: ROWn, ARRAYn), by its
apertures (APNUMn), or by the survey that wrote it (the loaders of specutils for GAMA, 6dFGS, 2dFGRS and 2SLAQ
say which row is what there; pyspeckit writes the error as its second row). Lines of which nothing is told are
a picture, or the planes of one spectrum: they are never taken for spectra.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spectra.fault import Fault
from spectra.reading.fits_file.header import Header
from spectra.reading.planes.words import ERROR_KINDS, Role, flux_rank, role_of_text
from spectra.reading.read_error import ReadError
from spectra.spectrum import ErrorKind

_TEXTS = ("BANDID", "ROW", "ARRAY", "PLANE", "BAND", "LAYER")
_MOST_BANDS = 20
_IRAF_BANDS = range(2, 5)
_FEW = 5


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of an image that make one spectrum, counted from 0 along all its axes but the spectral.

    Parameters
    ----------
    row
        Which spectrum of the image; None where it is the only one.
    flux
        The line with the flux.
    error, kind
        The line with its errors, or None; and what they are.
    mask
        The line with its mask, or None.
    wavelength, said
        The line with its wavelengths, or None; and the text that says so.
    """

    row: int | None
    flux: int
    error: int | None = None
    kind: ErrorKind = "sigma"
    mask: int | None = None
    wavelength: int | None = None
    said: str = ""

    @property
    def from_bands(self) -> bool:
        """Whether errors or a mask stand beside the flux in the same image."""
        return self.error is not None or self.mask is not None


@dataclass(frozen=True, slots=True)
class BandRoles:
    """Which band is the flux, which the errors (and of what kind), the mask, the wavelengths; from 0."""

    flux: int
    error: int | None = None
    kind: ErrorKind = "sigma"
    mask: int | None = None
    wavelength: int | None = None
    said: str = ""


def image_lines(header: Header, shape: Sequence[int], *, described: bool = False) -> list[Lines]:
    """Return the lines of an image that make each of its spectra.

    Parameters
    ----------
    header
        Of the image.
    shape
        Of the image without its spectral axis, in NumPy's order.
    described
        Whether something beside the header tells that each row is a spectrum: a table of as many fibres, or
        wavelengths of each row.

    Raises
    ------
    ReadError
        When it is a picture or a cube, or nothing tells what its rows are.
    """
    lengths = [length for length in shape if length > 1]
    if not lengths:
        return [Lines(None, 0)] if math.prod(shape) == 1 else []
    if len(lengths) > 2:
        raise _cube(shape)
    bands = _bands(header, shape, lengths)
    if bands is None:
        if len(lengths) == 2:
            raise _cube(shape)
        if not (described or _has_apertures(header, lengths[0])):
            raise _picture(lengths[0])
        return [Lines(row, row) for row in range(lengths[0])]
    roles, apertures = bands
    return [
        Lines(
            row if apertures > 1 else None,
            roles.flux * apertures + row,
            None if roles.error is None else roles.error * apertures + row,
            roles.kind,
            None if roles.mask is None else roles.mask * apertures + row,
            None if roles.wavelength is None else roles.wavelength * apertures + row,
            roles.said,
        )
        for row in range(apertures)
    ]


def _bands(header: Header, shape: Sequence[int], lengths: list[int]) -> tuple[BandRoles, int] | None:
    """Return which band is what, and how many spectra each band holds; None where there are no bands."""
    count, apertures = lengths[0], lengths[1] if len(lengths) == 2 else 1
    is_first = shape[0] == count and len(shape) > 1
    roles = _by_survey(header, count) if apertures == 1 else None
    if roles is None and count <= _MOST_BANDS and (apertures == 1 or is_first):
        roles = band_roles(header, count)
    if roles is None and is_first and count in _IRAF_BANDS and _is_iraf(header):
        roles = BandRoles(0)
    return None if roles is None else (roles, apertures)


def band_roles(header: Header, count: int) -> BandRoles | None:
    """Tell the bands (or rows) of an image by the texts that its header has for them, or None.

    Parameters
    ----------
    header
        Of the image.
    count
        How many bands there are.

    Raises
    ------
    ReadError
        When the texts say that none of the bands is a spectrum.
    """
    for keyword in _TEXTS:
        texts = [header.text(f"{keyword}{number}") for number in range(1, count + 1)]
        if sum(map(bool, texts)) > 1:
            roles = roles_of(texts)
            if roles is not None:
                return roles
    return None


def roles_of(texts: Sequence[str]) -> BandRoles | None:
    """Tell bands by their texts; None where these do not say that they are bands of one spectrum.

    Raises
    ------
    ReadError
        When none of the bands is a spectrum.
    """
    roles = [role_of_text(text) if text else None for text in texts]
    beside = [role for role in roles if role not in {None, Role.FLUX}]
    fluxes = [place for place, role in enumerate(roles) if role is Role.FLUX]
    if not beside and len(fluxes) < 2:
        return None
    if not fluxes:
        raw = [place for place, text in enumerate(texts) if text.lower().startswith("raw")]
        plain = [place for place, role in enumerate(roles) if role is None and texts[place]]
        fluxes = plain or raw
    if not fluxes:
        raise ReadError(f"none of its bands is a spectrum ({', '.join(texts)[:160]})", Fault.NO_SPECTRUM)
    flux = min(fluxes, key=lambda place: (flux_rank(texts[place]), place))
    reduced = flux_rank(texts[flux])
    errors = [place for place, role in enumerate(roles) if role in ERROR_KINDS]
    error = min(errors, key=lambda place: (abs(flux_rank(texts[place]) - reduced), place), default=None)
    mask = next((place for place, role in enumerate(roles) if role is Role.MASK), None)
    wavelength = next((place for place, role in enumerate(roles) if role is Role.WAVELENGTH), None)
    kind = ERROR_KINDS[roles[error]] if error is not None else "sigma"  # type: ignore[index]
    return BandRoles(flux, error, kind, mask, wavelength, "" if wavelength is None else texts[wavelength])


def _by_survey(header: Header, count: int) -> BandRoles | None:
    """Tell the rows of surveys and programs that always write the same ones."""
    if header.text("ORIGIN").lower().startswith("pyspeckit"):
        return BandRoles(0, 1) if count == 2 else None
    is_2dfgrs = header.text("IMAGE") == "SPECTRUM"
    is_6dfgs = all(header.card(keyword) is not None for keyword in ("OBSRA", "OBSDEC", "Z_HELIO", "QUALITY"))
    if (is_2dfgrs and count == 3) or (is_6dfgs and count in {3, 4}):
        return BandRoles(0, 1, "variance")  # then the sky, and the wavelength
    if header.text("MSTITLE").startswith("2dF-SDSS LRG/QSO survey") and count == 2:
        return BandRoles(0)  # then the sky
    if header.text("ORIGIN") == "GAMA" and count == 5 and not header.text("ROW1"):
        return BandRoles(0, 1)
    return None


def _is_iraf(header: Header) -> bool:
    """Whether IRAF wrote the image: its third axis then holds bands, of which the first is the spectrum."""
    return header.number("WCSDIM") == 3.0 or bool(header.text("WAT0_001") or header.text("APNUM1"))


def _has_apertures(header: Header, count: int) -> bool:
    """Whether each row is an aperture: IRAF's equispec, with APNUMn for each."""
    if "equispec" in header.text("WAT0_001") and header.text("APNUM1"):
        return True
    return header.card(f"APNUM{count}") is not None


def _picture(rows: int) -> ReadError:
    ask = (
        "name its rows in the header (APNUMn, ROWn or BANDIDn), or read it as 'image-rows' where every row is"
    )
    if rows <= _FEW:
        return ReadError(
            f"its image has {rows} rows, and nothing says which are spectra and which errors, sky or "
            f"wavelengths: {ask} a spectrum",
            Fault.NO_SPECTRUM,
        )
    return ReadError(
        f"its image of {rows:,} rows is a picture, as far as it says: extract the spectrum, {ask} a spectrum",
        Fault.NO_SPECTRUM,
    )


def _cube(shape: Sequence[int]) -> ReadError:
    positions = " × ".join(f"{length:,}" for length in shape)
    return ReadError(
        f"its image is a cube of {positions} positions: extract spectra first", Fault.NO_SPECTRUM
    )


def every_line(count: int) -> Iterator[Lines]:
    """Take every line for a spectrum, as a caller may ask for."""
    return (Lines(row if count > 1 else None, row) for row in range(count))
