"""KOREL's ``korel.dat``: normalised spectra of all epochs on a logarithmic grid, as PREKOR writes them.

Per spectrum a line with the time (HJD, 2,400,000 mostly left out), the first wavelength (Å), the step
(km/s, c Δ ln λ), a weight and the number of points, then the fluxes, ten a line.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from spectra.fault import Fault
from spectra.observation.moment import Moment, julian_date
from spectra.reading.assemble import Axis, assemble
from spectra.reading.content import Content
from spectra.reading.grid import AIR
from spectra.reading.read_error import ReadError
from spectra.reading.units.meaning import Rule, axis_meaning
from spectra.spectrum import FloatArray, Spectrum, SpectrumMeta

_LIGHT_SPEED = 299792.458
_MOST_BYTES = 512 * 1024**2
_MODEL = Rule("the format of KOREL", "Angstrom", AIR, reach=(1000.0, 25000.0))


def is_korel(content: Content) -> bool:
    """Whether a text begins with the line of a spectrum, followed by fluxes."""
    lines = content.head.splitlines()[:2]
    if len(lines) < 2:
        return False
    try:
        time, first, step, weight, points = (float(word) for word in lines[0].split())
        fluxes = [float(word) for word in lines[1].split()]
    except ValueError:
        return False
    whole = lines[0].split()[-1].isdigit() and points >= 8 and len(fluxes) == min(10, points)
    return whole and time > 1e4 and 900.0 < first < 30000.0 and 0.0 < step < 1000.0 and weight >= 0.0


def read_korel(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read every epoch.

    Raises
    ------
    ReadError
        When something is no number, or a spectrum is cut short.
    """
    if len(content.data) > min(_MOST_BYTES, content.limits.text):
        raise ReadError("it is too large for a korel.dat", Fault.TOO_LARGE)
    try:
        numbers = np.array(bytes(content.data).split(), dtype=np.float64)
    except ValueError as error:
        raise ReadError("something in it is no number", Fault.MALFORMED) from error
    place = row = 0
    while place < len(numbers):
        head = numbers[place : place + 5]
        count = int(head[4]) if len(head) == 5 and 2 <= head[4] <= 1e7 else 0
        flux = numbers[place + 5 : place + 5 + count]
        if not count or len(flux) < count:
            raise ReadError(f"spectrum {row} is cut short or its first line is broken", Fault.MALFORMED)
        yield _spectrum(content, row, head, flux)
        place += 5 + count
        row += 1


def _spectrum(content: Content, row: int, head: FloatArray, flux: FloatArray) -> Spectrum | ReadError:
    time, first, step = head[:3].tolist()
    wavelength = first * np.exp(step / _LIGHT_SPEED * np.arange(len(flux)))
    date = julian_date(time, "JD")
    moment = None if date is None else Moment(date, "HJD", "the spectrum's first line", middle=True)
    try:
        meaning = axis_meaning("wavelength", rules=[_MODEL], values=wavelength)
        meta = SpectrumMeta(
            f"{content.stem}:{row}",
            source=content.source(None, row),
            extra={"weight": float(head[3])},
            moment=moment,
        )
        return assemble(
            Axis(wavelength, meaning.unit, meaning.frame),
            flux,
            meta,
            provenance=meaning.provenance("first line"),
        )
    except ReadError as error:
        return error.within(f"spectrum {row}")
