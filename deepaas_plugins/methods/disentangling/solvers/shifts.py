"""Shifts of spectra by any number of pixels, as phases of their Fourier transforms.

The phases of all frequencies are powers of one: a product of two short tables gives them, without an
exponential per frequency.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
ComplexArray = npt.NDArray[np.complex128]

_BLOCK = 128


def phases(
    shifts: FloatArray, size: int, frequencies: int, scale: FloatArray | None = None, first: int = 0
) -> ComplexArray:
    """Return the factors that shift spectra.

    Parameters
    ----------
    shifts : ndarray
        In pixels, shape (…).
    size : int
        Points of the periodic spectra.
    frequencies : int
        How many frequencies are wanted.
    scale : ndarray, optional
        Multiplies the factors of each shift, of the shape of `shifts`.
    first : int
        The first frequency.

    Returns
    -------
    ndarray
        ``scale · exp(−2πi f shift / size)``, shape (…, frequencies).
    """
    angle = (-2.0 * np.pi / size) * shifts[..., None]
    blocks = -(-frequencies // _BLOCK)
    coarse = np.exp(1j * angle * (first + _BLOCK * np.arange(blocks)))
    fine = np.exp(1j * angle * np.arange(_BLOCK))
    if scale is not None:
        coarse *= scale[..., None]
    together = coarse[..., :, None] * fine[..., None, :]
    return np.asarray(together.reshape(*shifts.shape, blocks * _BLOCK)[..., :frequencies])


def multiplicity(size: int, frequencies: int) -> FloatArray:
    """Return how often each frequency of a real transform counts in sums over pixels (Parseval).

    Parameters
    ----------
    size : int
        Points of the spectra.
    frequencies : int
        The first so many frequencies.

    Returns
    -------
    ndarray
        Shape (frequencies,): 2/size, 1/size at frequency 0, and 0 at the Nyquist frequency of an even size,
        which has no shift by a fraction of a pixel.
    """
    counts = np.full(frequencies, 2.0 / size)
    counts[0] = 1.0 / size
    if size % 2 == 0 and frequencies == size // 2 + 1:
        counts[-1] = 0.0
    return counts
