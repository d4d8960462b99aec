"""Which axis of an image is the spectral one, by its CTYPE, and its step.

FITS Standard 4.0, 8.1 and 8.4; FITS paper III (Greisen et al. 2006, A&A 446, 747), table 1 (codes) and table
6 (algorithms).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from spectra.fault import Fault
from spectra.reading.fits_file.header import Header
from spectra.reading.read_error import ReadError
from spectra.reading.units.axis_name import axis_name
from spectra.reading.units.convert import Convention

SI_UNITS = {
    "WAVE": "m", "AWAV": "m", "FREQ": "Hz", "WAVN": "m-1", "ENER": "J", "VELO": "m/s", "VRAD": "m/s",
    "VOPT": "m/s", "FELO": "m/s", "RADI": "m/s", "OPTI": "m/s", "ZOPT": "", "BETA": "",
}  # fmt: skip
"""Codes of spectral axes, and the unit that each has where CUNIT is absent (paper III, table 1)."""
_CONVENTIONS: dict[str, Convention] = {
    "VRAD": "radio", "RADI": "radio", "VOPT": "optical", "OPTI": "optical", "ZOPT": "optical",
    "FELO": "optical", "VELO": "relativistic", "BETA": "relativistic",
}  # fmt: skip
_PLAIN = {"", "LINEAR", "PIXEL", "LOG-LINEAR", "LOGLIN", "MULTISPE"}
_ALGORITHM = re.compile(r"^(?:[A-Z]{4})-(LOG|TAB|GRI|GRA|[FWVA]2[FWVA])$")
_COMPUTED = re.compile(r"^(?:LOG|[FWVA]2[FWVA])$")
_MOST_AXES = 7
_SAME_STEP = 1e-4  # relative: CDELT and CD of one file, rounded differently
_AIPS_RADIO = 256  # VELREF above it: radio velocities (AIPS memo 117)


@dataclass(frozen=True, slots=True)
class AxisCode:
    """What CTYPE says of the spectral axis.

    Parameters
    ----------
    number
        Of the axis, from 1.
    code
        CTYPE in capitals.
    base
        Its four letters where it is a code of FITS paper III, else "".
    algorithm
        "LOG", "F2W" and so on where the axis is not linear, else "".
    """

    number: int
    code: str
    base: str
    algorithm: str

    @property
    def name(self) -> str:
        """The code as the name of an axis, "" where it is a code of FITS or says nothing."""
        return "" if self.base or self.code in _PLAIN else self.code.replace("-", "_")

    def convention(self, header: Header) -> Convention:
        """Return what a velocity of this axis means; AIPS gives it in VELREF for VELO."""
        reference = header.number("VELREF")
        if self.base == "VELO" and reference:
            return "radio" if reference > _AIPS_RADIO else "optical"
        return _CONVENTIONS.get(self.base, "optical")


def spectral_axis(header: Header) -> AxisCode:
    """Find the spectral axis: by CTYPE, else the only one longer than one pixel, else the first.

    Raises
    ------
    ReadError
        When no axis can be spectral, or it is computed by an algorithm that is not known here.
    """
    count = min(max(header.integer("NAXIS", 1), 1), _MOST_AXES)
    codes = [_code(header, number) for number in range(1, count + 1)]
    found = next((code for code in codes if code.base), None)
    found = found or next((code for code in codes if code.name and axis_name(code.name) is not None), None)
    if found is None:
        long = [code for code in codes if header.integer(f"NAXIS{code.number}", 1) > 1]
        found = long[0] if len(long) == 1 else codes[0]
        if found.code not in _PLAIN:
            raise ReadError(f"its axis {found.number} ({found.code}) is no spectral axis", Fault.NO_SPECTRUM)
    if found.algorithm and not _COMPUTED.match(found.algorithm):
        raise ReadError(
            f"its spectral axis {found.code} uses the algorithm -{found.algorithm} (a table or a grism), "
            "which is not computed: save wavelengths as a column",
            Fault.BAD_AXIS,
        )
    return found


def _code(header: Header, number: int) -> AxisCode:
    code = header.text(f"CTYPE{number}").upper()
    base = code[:4] if code[:4] in SI_UNITS and (len(code) <= 4 or code[4:5] == "-") else ""
    match = _ALGORITHM.match(code) if base else None
    return AxisCode(number, code, base, match[1] if match else "")


def step_keywords(number: int) -> tuple[str, str, str]:
    """Return the keywords that can hold the step of an axis."""
    return f"CDELT{number}", f"CD{number}_{number}", f"PC{number}_{number}"


def axis_step(header: Header, number: int) -> tuple[float | None, str]:
    """Return the step of an axis and the keywords that give it: CDi_i, else CDELTi × PCi_i (FITS 4.0, 8.1).

    Parameters
    ----------
    header
        Of the image.
    number
        Of the axis, from 1.

    Returns
    -------
    tuple
        The step, None or 0 where there is none, and the name of the keyword.

    Raises
    ------
    ReadError
        When CDi_i and CDELTi contradict each other, or the axis is turned against another.
    """
    delta, matrix, rotation = (header.number(keyword) for keyword in step_keywords(number))
    _check_straight(header, number, "CD" if matrix is not None else "PC")
    if matrix:
        if delta and not _equal(delta, matrix) and delta != 1.0 and matrix != 1.0:
            raise ReadError(
                f"its steps contradict each other (CDELT{number} = {delta:g}, "
                f"CD{number}_{number} = {matrix:g})",
                Fault.BAD_AXIS,
            )
        return matrix, f"CD{number}_{number}"
    if rotation is not None and rotation != 0.0:
        return (1.0 if delta is None else delta) * rotation, f"CDELT{number}×PC{number}_{number}"
    return delta, f"CDELT{number}"


def _equal(one: float, other: float) -> bool:
    return abs(one - other) <= _SAME_STEP * max(abs(one), abs(other))


def _check_straight(header: Header, number: int, matrix: str) -> None:
    """Reject an axis whose wavelength changes along another one, too."""
    own = header.number(f"{matrix}{number}_{number}")
    for other in range(1, min(header.integer("NAXIS", 1), _MOST_AXES) + 1):
        length = header.integer(f"NAXIS{other}", 1)
        slope = header.number(f"{matrix}{number}_{other}") if other != number and length > 1 else None
        if slope and abs(slope) * (length - 1) > 0.5 * abs(own or 0.0):
            raise ReadError(
                f"its wavelengths change along axis {other}, too ({matrix}{number}_{other} = {slope:g}): "
                "rectify the image first",
                Fault.BAD_AXIS,
            )
