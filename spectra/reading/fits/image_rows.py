"""The spectra in the lines of an image: flux, errors, mask, and what a table says of their fibres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from spectra.fault import Fault
from spectra.reading.fits_file.structure import FitsFile, Hdu
from spectra.reading.planes.bands import Lines
from spectra.reading.planes.companions import hdu_errors, hdu_mask
from spectra.reading.planes.errors import Errors, weighed
from spectra.reading.planes.fibres import Fibre, fibres_of
from spectra.reading.planes.masks import Mask, bad_of
from spectra.reading.read_error import ReadError
from spectra.spectrum import BoolArray, ErrorSource, FloatArray, Provenance, SpectrumMeta


class Row(NamedTuple):
    """One spectrum without its wavelengths."""

    flux: FloatArray
    ivar: FloatArray | None
    flags: BoolArray | None
    meta: SpectrumMeta
    provenance: Provenance


class ImageRows:
    """Reads the spectra of one image.

    Parameters
    ----------
    file
        The whole file: errors and mask may be in other HDUs.
    hdu
        The image of the flux.
    lines
        Which of its lines make each spectrum.
    axis
        Number of its spectral axis, from 1.
    """

    def __init__(self, file: FitsFile, hdu: Hdu, lines: Sequence[Lines], axis: int = 1) -> None:
        self.hdu = hdu
        self._pixels = hdu.lines(axis)
        self._headers = (hdu.header, file.primary.header)
        has_bands = any(one.from_bands for one in lines)
        self._errors = None if has_bands else hdu_errors(file, hdu)
        self._mask: Mask | None = None if has_bands else hdu_mask(file, hdu)
        self._fibres = fibres_of(file, len(lines))

    def wavelengths(self, lines: Lines) -> FloatArray | None:
        """Return the wavelengths that a line of the image holds; None where none does, or they turn back.

        Parameters
        ----------
        lines
            Where the spectrum stands.
        """
        if lines.wavelength is None:
            return None
        values: FloatArray = self._pixels[lines.wavelength]
        steps = np.diff(values[np.isfinite(values)])
        return values if steps.size and ((steps > 0.0).all() or (steps < 0.0).all()) else None

    def read(self, lines: Lines, meta: SpectrumMeta, known: Provenance) -> Row:
        """Read one spectrum.

        Parameters
        ----------
        lines
            Where it stands.
        meta, known
            What is known about it and how it is read so far; both are returned with what is found here.

        Raises
        ------
        ReadError
            When its fibre was not used.
        """
        flux: FloatArray = self._pixels[lines.flux]
        errors, index = self._errors, lines.flux
        if lines.error is not None:
            place = ErrorSource(f"plane {lines.error}", lines.kind)
            errors, index = Errors(place, [self._pixels[lines.error]]), 0
        ivar, meta, known = weighed(errors, index, flux.shape, meta, known)
        flags = None
        if lines.mask is not None:
            flags = bad_of(self._pixels[lines.mask], "mask", self._headers)
            known = replace(known, mask=f"plane {lines.mask}")
        elif self._mask is not None:
            flags = self._mask.of(lines.flux, flux.shape)
            known = known if flags is None else replace(known, mask=self._mask.place)
        if self._fibres is not None and lines.row is not None:
            meta = of_fibre(meta, self._fibres.of(lines.row))
        return Row(flux, ivar, flags, meta, known)


def of_fibre(meta: SpectrumMeta, fibre: Fibre) -> SpectrumMeta:
    """Return the meta of a spectrum with what a table says of its fibre.

    Raises
    ------
    ReadError
        When the fibre was not used.
    """
    if fibre.unused:
        raise ReadError(f"its fibre was on no object (its type is {fibre.kind})", Fault.NO_SPECTRUM)
    stem = meta.name.rpartition(":")[0]
    return replace(
        meta,
        name=f"{stem}:{fibre.name}" if fibre.name else meta.name,
        ra=fibre.ra,
        dec=fibre.dec,
        label="SKY" if fibre.is_sky else meta.label,
        group=fibre.group,
        extra=dict(meta.extra) | fibre.extra,
    )
