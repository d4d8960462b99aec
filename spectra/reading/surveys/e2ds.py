"""HARPS and HARPS-N e2ds: extracted orders of the old pipeline (DRS 3), a row and a polynomial each. Air.

HARPS DRS user manual (3P6-DRS-HARPS), "wavelength calibration": the wavelength of pixel x (from 0) of order o
is the sum of ``CAL TH COEFF LL(i + o (d + 1)) x**i`` for i = 0 … d, Å in air, with d ``CAL TH DEG LL``, in
the frame of the observatory (not corrected by ``DRS BERV``). Fluxes are counts, not divided by the blaze.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble
from spectra.reading.content import Content
from spectra.reading.fits.describe import header_meta
from spectra.reading.fits_file.header import CARD, Header
from spectra.reading.fits_file.structure import FitsFile
from spectra.reading.grid import AIR
from spectra.reading.read_error import ReadError
from spectra.reading.units.meaning import Rule, axis_meaning
from spectra.spectrum import FloatArray, Spectrum

_MODEL = Rule("the data model of HARPS e2ds", "Angstrom", AIR, reach=(3700.0, 7000.0))
_CARD = re.compile(
    rb"HIERARCH (?:ESO|TNG) DRS (CAL TH DEG LL|CAL TH COEFF LL(\d{1,5})|BERV) *= *([-+.\dEeDd]+)"
)
_MOST_DEGREES = 20
_KEPT = 8


def is_e2ds(file: FitsFile) -> bool:
    """Whether the primary image has orders, and a polynomial for each in its header."""
    primary = file.primary
    return primary.is_image and len(primary.shape) == 2 and "degree" in _cards(_raw(primary.header))


def read_e2ds(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read one spectrum per order.

    Raises
    ------
    ReadError
        When the polynomials of an order are missing.
    """
    primary = content.fits.primary
    orders, n = primary.shape
    waves = _wavelengths(_cards(_raw(primary.header)), orders, n)
    meaning = axis_meaning("wavelength", rules=[_MODEL], values=waves)
    known = meaning.provenance("DRS CAL TH COEFF LL, a polynomial of each order", (0, primary.name))
    berv = _cards(_raw(primary.header)).get("berv")
    fluxes = primary.lines()
    for order in range(orders):
        place = order if orders > 1 else None
        name = content.stem if place is None else f"{content.stem}:{order}"
        meta = header_meta((primary.header,), content.source(None, place), name, unit="", frame="")
        extra = dict(meta.extra) | {"order": order, "blaze_corrected": False}
        if berv is not None:
            extra["barycentric_correction"] = berv
        try:
            axis = Axis(waves[order], meaning.unit, meaning.frame)
            yield assemble(axis, fluxes[order], replace(meta, extra=extra), provenance=known)
        except ReadError as error:
            yield error.within(f"order {order}")


def _wavelengths(cards: dict[str, float], orders: int, n: int) -> FloatArray:
    """Return the wavelengths of all orders, shape (orders, n)."""
    degree = cards.get("degree", 0.0)
    count = int(degree) + 1
    if not 1 <= degree <= _MOST_DEGREES or any(str(i) not in cards for i in range(count * orders)):
        raise ReadError(
            f"it is an e2ds of HARPS whose header has no polynomial of degree {degree:g} for each of its "
            f"{orders} orders (HIERARCH … DRS CAL TH COEFF LL): use its s1d",
            Fault.NO_SPECTRUM,
        )
    coefficients = np.array([cards[str(i)] for i in range(count * orders)]).reshape(orders, count)
    pixels = np.arange(n, dtype=np.float64)
    return np.asarray(np.polynomial.polynomial.polyval(pixels, coefficients.T), dtype=np.float64)


def _raw(header: Header) -> bytes:
    return header.raw[: header.layout.data_start]


@lru_cache(_KEPT)
def _cards(raw: bytes) -> dict[str, float]:
    """Return the numbers of the pipeline's cards: "degree", "berv", and coefficients by their number."""
    found: dict[str, float] = {}
    if b"DRS CAL TH" not in raw:
        return found
    for at in range(0, len(raw), CARD):
        if match := _CARD.match(raw, at, at + CARD):
            key = match[2].decode() if match[2] else "berv" if match[1] == b"BERV" else "degree"
            try:
                found[str(int(key)) if match[2] else key] = float(match[3].upper().replace(b"D", b"E"))
            except ValueError:
                continue
    return found
