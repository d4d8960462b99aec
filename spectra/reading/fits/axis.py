"""The axis of a one-dimensional image: linear or log10, after FITS paper III and IRAF.

IRAF's ``DC-FLAG = 1`` says that CRVAL1 and the step are log10 of the wavelength; CDELT1 may be absent where
CD1_1 is there. Where a header names no unit, the axis is in Å. Where it names no frame, a wavelength axis is
in air (the line lists that IRAF and MIDAS calibrate with are, and so MILES, STELIB and Ondřejov are), any
other in vacuum. So are the products of the XIDL pipelines (SIGFILE names the file of their errors): the head
of the telluric A band, 7594 Å in air, lies at 7596 Å in those of the Magellan echellette.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from spectra.fault import Fault
from spectra.reading.assemble import Axis
from spectra.reading.fits.describe import stated_frame
from spectra.reading.fits_file.header import Header
from spectra.reading.grid import AIR, VACUUM, linear_grid, log_grid
from spectra.reading.read_error import ReadError
from spectra.reading.units import ANGSTROM, LIGHT, SpectralUnit, required_unit, spectral_unit
from spectra.spectrum import FloatArray

_BY_CODE = {
    "FREQ": "Hz",
    "WAVN": "m-1",
    "ENER": "J",
    "VELO": "m/s",
    "VRAD": "m/s",
    "VOPT": "m/s",
    "FELO": "m/s",
}
"""SI units that an axis code implies where CUNIT1 is absent (FITS paper III, table 1)."""
_WAVELENGTH_CODES = (
    "LINEAR",
    "WAVE",
    "AWAV",
    "LAMBDA",
    "WAVELEN",
    "ANGSTROM",
    "PIXEL",
    "LOG-LAM",
    "LAMB",
    "",
)
_IRAF_UNIT = re.compile(r"units=(\S+)")
_LARGEST_LOG = 10.0  # log10 Å: 1 m; a greater CRVAL1 beside a small step is no logarithm


@dataclass(frozen=True, slots=True)
class ImageAxis:
    """The first axis of an image.

    Parameters
    ----------
    first, step
        Value of the first pixel and step, in `unit` or its logarithm.
    log10
        Whether they are log10 of the wavelength.
    unit, frame, stated
        Unit, frame, and whether the header states the frame.
    rest
        Rest wavelength in Å, where the header gives one.
    """

    first: float
    step: float
    log10: bool
    unit: SpectralUnit
    frame: str
    stated: bool
    rest: float | None

    @property
    def unit_name(self) -> str:
        """Unit as the file has it."""
        return f"log10({self.unit.name})" if self.log10 else self.unit.name

    def shared_grid(self, n: int) -> FloatArray | None:
        """Return the shared grid, vacuum Å, where the axis ascends in Å, linear or logarithmic; else None."""
        if self.unit.name != "Angstrom" or self.step <= 0.0:
            return None
        if self.log10:
            return log_grid(self.first, self.step, n, self.frame)
        return linear_grid(self.first, self.step, n, "Angstrom", self.frame)

    def axis(self, n: int) -> Axis:
        """Return the values of all n pixels."""
        values = self.first + self.step * np.arange(n, dtype=np.float64)
        if self.log10:
            values = 10.0 ** np.clip(values, -300.0, 300.0)
        return Axis(values, self.unit, self.frame, self.rest)


def image_axis(header: Header) -> ImageAxis:
    """Read the first axis of an image.

    Raises
    ------
    ReadError
        When the header has no linear or logarithmic spectral axis, or one in a unit that is not known.
    """
    first, step = header.number("CRVAL1"), header.number("CDELT1")
    if not step:
        step = header.number("CD1_1")
    if first is None or not step:
        raise ReadError("its header has no spectral axis (CRVAL1 with CDELT1 or CD1_1)", Fault.NO_SPECTRUM)
    code = header.text("CTYPE1").upper()
    unit = _unit(header, code)
    log10 = unit.log10 or header.number("DC-FLAG") == 1.0 or code.startswith(("LOG", "WAVE-LOG"))
    pixel = header.number("CRPIX1")
    rest = rest_wavelength(header)
    if code.startswith("FREQ") and unit.kind == "frequency":
        first += _reference_frequency(header, first)
    first += step * (1.0 - (1.0 if pixel is None else pixel))
    if log10 and not -2.0 < first < _LARGEST_LOG:
        raise ReadError(f"its axis is said to be log10, yet begins at {first:g}", Fault.BAD_AXIS)
    frame = stated_frame(header)
    implied = VACUUM if unit.kind != "wavelength" or header.text("SIGFILE") else AIR
    plain = (
        SpectralUnit(unit.name.removeprefix("log10(").rstrip(")"), unit.kind, unit.size)
        if unit.log10
        else unit
    )
    return ImageAxis(first, step, log10, plain, frame or implied, frame is not None, rest)


def _unit(header: Header, code: str) -> SpectralUnit:
    named = header.text("CUNIT1")
    if not named and (match := _IRAF_UNIT.search(header.joined("WAT1"))):
        named = match[1]
    if named:
        return required_unit(named)
    base = code.partition("-")[0]
    if base in _BY_CODE:
        return required_unit(_BY_CODE[base])
    if code.startswith(_WAVELENGTH_CODES[:-1]) or not code:
        return ANGSTROM
    unit = spectral_unit(code)
    if unit is None:
        raise ReadError(f"its first axis ({code}) is no spectral axis", Fault.NO_SPECTRUM)
    return unit


def rest_wavelength(header: Header) -> float | None:
    """Return the rest wavelength in Å (from RESTWAV in m, RESTFRQ or RESTFREQ in Hz), or None."""
    wave = header.number("RESTWAV")
    if wave:
        return wave * 1e10
    frequency = header.number("RESTFRQ") or header.number("RESTFREQ")
    return LIGHT / frequency * 1e10 if frequency and frequency > 0.0 else None


def _reference_frequency(header: Header, first: float) -> float:
    """CLASS writes frequencies as offsets from RESTFREQ (CRVAL1 = 0); return what to add."""
    frequency = header.number("RESTFREQ") or header.number("RESTFRQ")
    return frequency if first == 0.0 and frequency else 0.0
