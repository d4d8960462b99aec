"""The spectral axis of an image: linear, logarithmic, or of another algorithm, after FITS paper III and IRAF.

IRAF's ``DC-FLAG = 1`` says that CRVAL1 and the step are log10 of the wavelength. An algorithm -LOG whose
CRVAL is no wavelength (the PHOENIX library: AWAV-LOG, 8.006) is a logarithm itself. Where a header names no
frame, a wavelength axis is taken in air (the line lists that IRAF and MIDAS calibrate with are, and so MILES,
STELIB and Ondřejov are), any other in vacuum. Products of the XIDL pipelines (SIGFILE names the file of their
errors) are in vacuum: the head of the telluric A band, 7594 Å in air, lies at 7596 Å in those of the Magellan
echellette.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from spectra.fault import Fault
from spectra.reading.assemble import Axis
from spectra.reading.fits.algorithm import computed_axis
from spectra.reading.fits.axis_units import in_logarithm, stated_units
from spectra.reading.fits.describe import axis_comments, frame_said
from spectra.reading.fits.spectral_axis import SI_UNITS, AxisCode, axis_step, spectral_axis
from spectra.reading.fits_file.header import Header
from spectra.reading.grid import AIR, VACUUM, linear_grid, log_grid
from spectra.reading.read_error import ReadError
from spectra.reading.units import LIGHT, spectral_unit
from spectra.reading.units.comments import frame_of_comments, unit_of_comments
from spectra.reading.units.convert import Convention
from spectra.reading.units.meaning import AxisMeaning, Rule, Said, axis_meaning
from spectra.reading.units.plausible import ADVICE, SHORTEST_ASSUMED, is_si_wavelength
from spectra.reading.units.unit import Logarithm
from spectra.spectrum import FloatArray

_LARGEST_LOG = 10.0  # log10 Å: 1 m; a greater CRVAL1 beside a small step is no logarithm
_LARGEST_LN = 25.0  # the same as a natural logarithm
_IN_LOG = re.compile(r"\blog(?:10|e)?\b|\bln\b", re.IGNORECASE)
_POPLER = Rule("UVES_popler", "log10(Angstrom)", VACUUM)
"""Murphy et al. 2019, MNRAS 482, 3458, 2: CTYPE1 LOGLIN, vacuum, heliocentric."""
_XIDL = Rule("XIDL pipelines write vacuum", frame=VACUUM, certain=False)
_IRAF = Rule("images are in air where they do not say so", frame=AIR, certain=False)
_PHOENIX = Said(VACUUM, "the PHOENIX library (Husser et al. 2013) is in vacuum")


@dataclass(frozen=True, slots=True)
class ImageAxis:
    """The spectral axis of an image.

    Parameters
    ----------
    code
        Number, CTYPE and algorithm.
    first, step
        Value of the first pixel and step, in the unit of `meaning` (a logarithm where it is one).
    reference
        CRVAL and CRPIX, for axes of an algorithm.
    meaning
        Unit and frame, and how each is known.
    source
        The keywords that the axis was made of.
    rest
        Rest wavelength in Å, where the header gives one.
    convention
        Of velocities.
    """

    code: AxisCode
    first: float
    step: float
    reference: tuple[float, float]
    meaning: AxisMeaning
    source: str
    rest: float | None
    convention: Convention

    @property
    def unit_name(self) -> str:
        """Unit as the file has it."""
        return self.meaning.unit.name

    @property
    def frame(self) -> str:
        """Frame as the file has it."""
        return self.meaning.frame

    def shared_grid(self, n: int) -> FloatArray | None:
        """Return the grid that spectra of the same axis share, where the axis ascends in Å, linear or log10.

        Parameters
        ----------
        n : int
            Number of pixels.

        Returns
        -------
        ndarray or None
            Wavelengths in vacuum, Å, shape (`n`,); None for any other axis.
        """
        unit = self.meaning.unit
        if self.code.algorithm or unit.linear.name != "Angstrom" or self.step <= 0.0:
            return None
        if unit.logarithm == "log10":
            return log_grid(self.first, self.step, n, self.frame)
        return None if unit.logarithm else linear_grid(self.first, self.step, n, "Angstrom", self.frame)

    def axis(self, n: int) -> Axis:
        """Return the values of all n pixels."""
        unit = self.meaning.unit
        if self.code.algorithm:
            value, pixel = self.reference
            si = spectral_unit(SI_UNITS[self.code.base])
            scale = unit.size / si.size if si is not None else 1.0
            reference = (value * scale, self.step * scale, pixel)
            code, si_name = self.code.code, SI_UNITS[self.code.base]
            values = computed_axis(code, si_name, reference, n, rest=self.rest) / scale
        else:
            values = self.first + self.step * np.arange(n, dtype=np.float64)
        if unit.logarithm:
            values = np.clip(values, -300.0, 300.0)
        return Axis(values, unit, self.frame, self.rest, self.convention)


def image_axis(header: Header, family: Sequence[Rule] = ()) -> ImageAxis:
    """Read the spectral axis of an image.

    Parameters
    ----------
    header
        Of the image.
    family
        What the documentation of its survey says, where it is one's.

    Raises
    ------
    ReadError
        When the header has no spectral axis, one that cannot be computed, or one in a unit that is not known
        or not plausible.
    """
    code = spectral_axis(header)
    number = code.number
    first = header.number(f"CRVAL{number}")
    step, keyword = axis_step(header, number)
    if first is None or not step:
        raise ReadError(
            f"its header has no spectral axis (CRVAL{number} with CDELT{number} or CD{number}_{number})",
            Fault.NO_SPECTRUM,
        )
    pixel = header.number(f"CRPIX{number}")
    pixel = 1.0 if pixel is None else pixel
    if code.base == "FREQ":
        first += _reference_frequency(header, first)
    if code.base == "FELO":
        # AIPS' FELO is regular in frequency and expressed as an optical velocity (paper III, section 6.2).
        code = replace(code, base="VOPT", code="VOPT-F2W", algorithm="F2W")
    begin = first + step * (1.0 - pixel)
    ends = (begin, begin + step * max(header.integer(f"NAXIS{number}", 1) - 1, 1))
    code, logarithm = _logarithm(header, code, first)
    _check_logarithm(logarithm, begin)
    meaning = _meaning(header, code, logarithm, ends, family)
    counts = begin in {0.0, 1.0} or code.code.startswith("PIXEL")
    if meaning.unit_assumed and step == 1.0 and counts and not logarithm:
        raise ReadError(
            f"its axis {begin:g}, {begin + 1.0:g} … counts pixels: it has no spectral axis, {ADVICE}",
            Fault.NO_SPECTRUM,
        )
    kind = code.algorithm or meaning.unit.logarithm or "linear"
    return ImageAxis(
        code, begin, step, (first, pixel), meaning, f"CRVAL{number}/{keyword} {kind}",
        rest_wavelength(header), code.convention(header),
    )  # fmt: skip


def _logarithm(header: Header, code: AxisCode, first: float) -> tuple[AxisCode, Logarithm]:
    """Tell whether CRVAL and the step are logarithms, and take the algorithm -LOG away where they are."""
    if header.number("DC-FLAG") == 1.0:
        return replace(code, algorithm=""), "log10"
    if code.algorithm == "LOG" and code.base in {"WAVE", "AWAV"}:
        unit = spectral_unit(header.text(f"CUNIT{code.number}"))
        size = unit.size if unit is not None else 1e-10
        plausible = first * size * 1e10 >= SHORTEST_ASSUMED or (
            unit is None and is_si_wavelength(first, first)
        )
        return (code, "") if plausible else (replace(code, algorithm=""), "log")
    if code.code.startswith(("LOG", "LN")) and not code.name:
        return code, "log"
    comments = f"{header.comment(f'CRVAL{code.number}')} {header.comment(f'CTYPE{code.number}')}"
    if not code.base and _IN_LOG.search(comments) and 0.0 < first < _LARGEST_LN:
        return code, "log"
    return code, ""


def _check_logarithm(logarithm: Logarithm, begin: float) -> None:
    if logarithm and not -3.0 < begin < (_LARGEST_LOG if logarithm == "log10" else _LARGEST_LN):
        said = "log10" if logarithm == "log10" else "logarithmic"
        raise ReadError(f"its axis is said to be {said}, yet begins at {begin:g}", Fault.BAD_AXIS)


def _meaning(
    header: Header, code: AxisCode, logarithm: Logarithm, ends: tuple[float, float], family: Sequence[Rule]
) -> AxisMeaning:
    units = [in_logarithm(said, logarithm) for said in stated_units(header, code.number)]
    frame = frame_said(header)
    states_unit = logarithm or code.base or any(said.text for said in units)
    if not states_unit or frame is None:
        remarks = axis_comments(header)
        unit = None if states_unit else unit_of_comments(remarks)
        units += [] if unit is None or unit.kind != "wavelength" else [Said(unit.name, "a COMMENT card")]
        word = frame_of_comments(remarks) if frame is None else None
        frame = frame if word is None else Said(word, "a COMMENT card")
    rules = [*family, _XIDL if header.text("SIGFILE") else _IRAF]
    if code.code == "LOGLIN":
        rules = [_POPLER]
    si = SI_UNITS.get(code.base, "")
    wavelength = code.base in {"WAVE", "AWAV"}
    metres = wavelength and not logarithm and is_si_wavelength(min(ends), max(ends))
    if si and (metres or not wavelength):
        rules.append(Rule("the SI unit of FITS paper III", si, certain=metres or code.base == "FREQ"))
    elif logarithm:
        rules.append(Rule("no unit is stated", f"{logarithm}(Angstrom)", certain=False))
    if code.base in {"ZOPT", "BETA"}:
        units = [Said(f"{LIGHT:.0f} m/s", f"CTYPE{code.number} {code.code}")]  # a velocity in units of c
    found = axis_meaning(code.name, units=units, frame=frame, rules=rules, values=np.array(ends))
    if code.code.endswith("-LOG") and found.unit.logarithm == "ln" and code.base == "AWAV":
        return replace(found, frame=_PHOENIX.text, frame_known_by=_PHOENIX.place, frame_assumed=False)
    return found


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
