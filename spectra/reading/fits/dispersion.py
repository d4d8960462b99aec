"""IRAF's dispersion functions, from pixel to wavelength, as its help page `specwcs` (IRAF 2.16) defines them.

A multispec coordinate is ``ap beam dtype w1 dw nw z aplow aphigh [functions]``; dtype -1 is none, 0 linear,
1 log10-linear, 2 a weighted sum of functions ``weight zeropoint type parameters…``: type 1 Chebyshev, 2
Legendre, 3 cubic spline, 4 linear spline, 5 array of wavelengths per pixel, 6 sampled array. λ = λ' / (1 +
z).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from spectra.fault import Fault
from spectra.reading.read_error import ReadError
from spectra.spectrum import FloatArray

_LARGEST = 10_000  # coefficients, pieces or samples of one function
_LOG_LIMIT = 10.0


class _Numbers:
    """The numbers of one coordinate, taken one after the other."""

    def __init__(self, text: str) -> None:
        try:
            self._values = [float(word.replace("D", "E")) for word in text.split()]
        except ValueError as error:
            raise ReadError(
                f"its multispec coordinates hold a word that is no number ({error})", Fault.BAD_AXIS
            ) from error
        self._at = 0

    def take(self, count: int = 1) -> list[float]:
        taken = self._values[self._at : self._at + count]
        if len(taken) < count:
            raise ReadError("its multispec coordinates end too early", Fault.TRUNCATED)
        self._at += count
        return taken

    def count(self) -> int:
        number = self.take()[0]
        if not (1 <= number <= _LARGEST and number == int(number)):
            raise ReadError(f"its multispec coordinates promise {number:g} coefficients", Fault.BAD_AXIS)
        return int(number)

    @property
    def more(self) -> bool:
        return self._at < len(self._values)


def dispersion(text: str, pixels: FloatArray) -> FloatArray | None:
    """Evaluate one multispec coordinate.

    Parameters
    ----------
    text
        What stands between the quotes of ``specN = "…"``.
    pixels
        Physical pixel coordinates, 1-based, shape (n,).

    Returns
    -------
    FloatArray or None
        Wavelengths in the unit and frame of the file, shape (n,); None where the order has no calibration
        (dtype -1).

    Raises
    ------
    ReadError
        When the text is no such coordinate.
    """
    numbers = _Numbers(text)
    _, _, kind, first, step, _, redshift, _, _ = numbers.take(9)
    if kind == -1:
        return None
    if kind in {0, 1}:
        values = first + step * (pixels - 1.0)
        if kind == 1:
            if np.abs(values).max() > _LOG_LIMIT:
                raise ReadError(f"its axis is said to be log10, yet begins at {first:g}", Fault.BAD_AXIS)
            values = 10.0**values
    elif kind == 2:
        values = _sum_of_functions(numbers, pixels)
    else:
        raise ReadError(f"its multispec coordinates are of an unknown type ({kind:g})", Fault.BAD_AXIS)
    if redshift <= -1.0:
        raise ReadError(
            f"its multispec coordinates hold an impossible redshift ({redshift:g})", Fault.BAD_AXIS
        )
    return np.asarray(values / (1.0 + redshift))


def _sum_of_functions(numbers: _Numbers, pixels: FloatArray) -> FloatArray:
    total = np.zeros_like(pixels)
    while numbers.more:
        weight, zero, kind = numbers.take(3)
        function = _FUNCTIONS.get(int(kind))
        if function is None:
            raise ReadError(f"its dispersion function is of an unknown type ({kind:g})", Fault.BAD_AXIS)
        total += weight * (zero + function(numbers, pixels))
    return total


def _normalised(numbers: _Numbers, pixels: FloatArray) -> tuple[int, FloatArray]:
    order = numbers.count()
    low, high = numbers.take(2)
    if not high > low:
        raise ReadError(f"its dispersion function spans no pixels ({low:g} to {high:g})", Fault.BAD_AXIS)
    return order, (2.0 * pixels - (high + low)) / (high - low)


def _chebyshev(numbers: _Numbers, pixels: FloatArray) -> FloatArray:
    order, x = _normalised(numbers, pixels)
    return np.asarray(np.polynomial.chebyshev.chebval(x, numbers.take(order)), dtype=np.float64)


def _legendre(numbers: _Numbers, pixels: FloatArray) -> FloatArray:
    order, x = _normalised(numbers, pixels)
    return np.asarray(np.polynomial.legendre.legval(x, numbers.take(order)), dtype=np.float64)


def _pieces(
    numbers: _Numbers, pixels: FloatArray
) -> tuple[int, np.ndarray[tuple[int], np.dtype[np.intp]], FloatArray]:
    pieces, x = _normalised(numbers, pixels)
    place = (x + 1.0) * 0.5 * pieces
    piece = np.clip(np.floor(place).astype(np.intp), 0, pieces - 1)
    return pieces, piece, place - piece


def _cubic_spline(numbers: _Numbers, pixels: FloatArray) -> FloatArray:
    pieces, piece, b = _pieces(numbers, pixels)
    c = np.array(numbers.take(pieces + 3))
    a = 1.0 - b
    inner = a * b
    return np.asarray(
        c[piece] * a**3
        + c[piece + 1] * (1 + 3 * a * (1 + inner))
        + c[piece + 2] * (1 + 3 * b * (1 + inner))
        + c[piece + 3] * b**3
    )


def _linear_spline(numbers: _Numbers, pixels: FloatArray) -> FloatArray:
    pieces, piece, b = _pieces(numbers, pixels)
    c = np.array(numbers.take(pieces + 1))
    return np.asarray(c[piece] * (1.0 - b) + c[piece + 1] * b)


def _pixel_array(numbers: _Numbers, pixels: FloatArray) -> FloatArray:
    values = numbers.take(numbers.count())
    return np.interp(pixels, np.arange(1, len(values) + 1), values)


def _sampled_array(numbers: _Numbers, pixels: FloatArray) -> FloatArray:
    pairs: Sequence[float] = numbers.take(2 * numbers.count())
    places, values = np.array(pairs[::2]), np.array(pairs[1::2])
    if (np.diff(places) <= 0).any():
        raise ReadError("the samples of its dispersion function are not in order", Fault.BAD_AXIS)
    return np.asarray(np.interp(pixels, places, values), dtype=np.float64)


_FUNCTIONS: dict[int, Callable[[_Numbers, FloatArray], FloatArray]] = {
    1: _chebyshev, 2: _legendre, 3: _cubic_spline, 4: _linear_spline, 5: _pixel_array, 6: _sampled_array,
}  # fmt: skip
