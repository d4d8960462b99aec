"""IUE, final archive: MXLO (low dispersion) and MXHI (echelle orders).

NEWSIPS (Nichols & Linsky 1996, AJ 111, 517; NEWSIPS manual 3.0, 10 and 11): a row per aperture or order, with
the first wavelength (WAVELENGTH) and the step (DELTAW) as single numbers beside arrays of flux (FLUX, in MXHI
ABS_CAL), SIGMA (NOISE) and QUALITY (0 is good). MXHI uses NPOINTS pixels from STARTPIX on. The wavelengths
are taken as vacuum, as for all space telescopes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble
from spectra.reading.content import Content
from spectra.reading.fits.describe import frame_said, header_meta
from spectra.reading.fits_file.structure import FitsFile, Hdu
from spectra.reading.grid import VACUUM
from spectra.reading.planes.errors import weights
from spectra.reading.read_error import ReadError
from spectra.reading.units import required_unit
from spectra.reading.units.meaning import AxisMeaning, Rule, Said, axis_meaning
from spectra.spectrum import ErrorSource, Spectrum, SpectrumMeta

_FLUXES = ("FLUX", "ABS_CAL")
_ERRORS = ("SIGMA", "NOISE")
_MODEL = Rule("the data model of IUE", "Angstrom", reach=(1100.0, 3400.0))
_SPACE = Rule("rule for space telescopes", frame=VACUUM, certain=False)


def is_iue(file: FitsFile) -> bool:
    """Whether a file has a table with a first wavelength and a step beside arrays of flux."""
    return any(_flux(hdu) is not None for hdu in file.tables())


def _flux(hdu: Hdu) -> str | None:
    """Return the column of fluxes of an IUE table, or None."""
    columns = hdu.columns
    scalars = all(name in columns and columns[name].repeat == 1 for name in ("WAVELENGTH", "DELTAW"))
    return next((name for name in _FLUXES if scalars and name in columns and columns[name].repeat > 1), None)


def read_iue(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read one spectrum per row.

    Raises
    ------
    ReadError
        When there is no such table.
    """
    hdu = next((hdu for hdu in content.fits.tables() if _flux(hdu)), None)
    if hdu is None:
        raise ReadError(
            "none of its tables has WAVELENGTH and DELTAW beside an array FLUX", Fault.NO_SPECTRUM
        )
    rows = _Rows(content, hdu)
    for row in range(hdu.rows):
        try:
            yield rows.spectrum(row)
        except ReadError as error:
            yield error.within(f"row {row}")


class _Rows:
    """The spectra of one table."""

    def __init__(self, content: Content, hdu: Hdu) -> None:
        self._content, self._hdu = content, hdu
        self._flux = hdu.column(_flux(hdu) or "")
        self._first, self._step = hdu.column("WAVELENGTH").ravel(), hdu.column("DELTAW").ravel()
        error = next((column for column in _ERRORS if column in hdu.columns), None)
        self._error = hdu.column(error) if error else None
        self._quality = hdu.column("QUALITY") if "QUALITY" in hdu.columns else None
        self._meaning = self._stated()
        self._known = replace(
            self._meaning.provenance("columns WAVELENGTH and DELTAW", (hdu.index, hdu.name)),
            errors=ErrorSource(f"column {error}", "sigma") if error else None,
            mask="column QUALITY" if self._quality is not None else None,
        )  # fmt: skip

    def _stated(self) -> AxisMeaning:
        """Return what the table states of its axis: first wavelength and step are in one unit."""
        hdu = self._hdu
        wavelength, step = (
            Said(hdu.unit(name), f"TUNIT{hdu.columns[name].number}") for name in ("WAVELENGTH", "DELTAW")
        )
        if wavelength.text and step.text and required_unit(wavelength.text) != required_unit(step.text):
            raise ReadError(
                f"its first wavelength is in {wavelength.text!r} and its step in {step.text!r}",
                Fault.UNKNOWN_UNIT,
            )
        frame = frame_said(hdu.header, self._content.fits.primary.header)
        if frame is not None and frame.place.startswith("TELESCOP"):
            frame = None  # the telescope is in space: its own rule says so, as an assumption
        return axis_meaning(
            "WAVELENGTH", units=[wavelength, step], frame=frame, rules=[_MODEL, _SPACE], values=self._first
        )

    def spectrum(self, row: int) -> Spectrum:
        """Return the spectrum of one row.

        Raises
        ------
        ReadError
            When it holds none.
        """
        pixels = self._pixels(row)
        values = self._first[row] + self._step[row] * np.arange(pixels.stop - pixels.start, dtype=np.float64)
        ivar = None if self._error is None else weights(self._error[row][pixels], "sigma")
        return assemble(
            Axis(values, self._meaning.unit, self._meaning.frame),
            self._flux[row][pixels],
            self._meta(row),
            ivar=ivar,
            flags=None if self._quality is None else self._quality[row][pixels] != 0.0,
            provenance=self._known if ivar is not None else replace(self._known, errors=None),
        )

    def _pixels(self, row: int) -> slice:
        """Return the pixels that hold the spectrum (STARTPIX counts from 1)."""
        hdu, n = self._hdu, self._flux.shape[-1]
        start = max(int(hdu.integers("STARTPIX")[row]) - 1, 0) if "STARTPIX" in hdu.columns else 0
        count = max(int(hdu.integers("NPOINTS")[row]), 0) if "NPOINTS" in hdu.columns else n
        return slice(min(start, n), min(start + count, n))

    def _meta(self, row: int) -> SpectrumMeta:
        hdu = self._hdu
        place = row if hdu.rows > 1 else None
        name = self._content.stem if place is None else f"{self._content.stem}:{place}"
        headers = (hdu.header, self._content.fits.primary.header)
        source = self._content.source(hdu.index, place)
        meta = header_meta(headers, source, name, unit="", frame="")
        if "APERTURE" not in hdu.columns or hdu.columns["APERTURE"].letter != "A":
            return meta
        aperture = bytes(hdu.column("APERTURE")[row]).decode("latin-1").strip("\x00 ")
        return replace(meta, extra=dict(meta.extra) | {"aperture": aperture})
