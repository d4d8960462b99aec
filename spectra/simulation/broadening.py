"""How rotation and an instrument broaden lines: kernels over velocity, and their convolution.

Sources
-------
Gray D. F. 2005, The Observation and Analysis of Stellar Photospheres, equation 18.14.
"""

from __future__ import annotations

import numpy as np

from spectra.spectrum import FloatArray

#: Full width at half maximum of a Gaussian, over its standard deviation.
FWHM = 2.3548
#: A kernel is cut where a Gaussian has fallen to 3e-4 of its maximum.
REACH = 4.0


def gaussian_kernel(sigma: float, step: float) -> FloatArray:
    """Return a Gaussian of unit sum.

    Parameters
    ----------
    sigma : float
        Standard deviation, in the units of `step`; 0: no broadening.
    step : float
        Distance of the points.

    Returns
    -------
    ndarray
        Of odd length; ``[1]`` where it is narrower than a fifth of a step.
    """
    if sigma < 0.2 * step:
        return np.ones(1)
    reach = int(np.ceil(REACH * sigma / step))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / sigma) ** 2)
    return np.asarray(kernel / kernel.sum())


def rotation_kernel(vsini: float, limb_darkening: float, step: float) -> FloatArray:
    """Return the kernel of a rigidly rotating star with linear limb darkening, of unit sum.

    Parameters
    ----------
    vsini : float
        Projected velocity of the equator, km/s; 0: no rotation.
    limb_darkening : float
        ε of ``I(μ) = 1 - ε + ε μ``, 0 to 1.
    step : float
        Distance of the points, km/s.

    Returns
    -------
    ndarray
        Of odd length; ``[1]`` where the star turns slower than half a step.
    """
    if vsini < 0.5 * step:
        return np.ones(1)
    reach = int(np.ceil(vsini / step))
    # Averaged over each bin: the kernel falls to zero with an infinite slope.
    fine = np.arange(-reach * 9 - 4, reach * 9 + 5) * step / 9.0
    inside = np.clip(1.0 - (fine / vsini) ** 2, 0.0, None)
    kernel = 2.0 * (1.0 - limb_darkening) * np.sqrt(inside) + 0.5 * np.pi * limb_darkening * inside
    binned = kernel.reshape(-1, 9).sum(axis=1)
    return np.asarray(binned / binned.sum())


def convolved(flux: FloatArray, kernel: FloatArray) -> FloatArray:
    """Return a spectrum convolved with a kernel of odd length; beyond its ends it stays what it is there.

    Parameters
    ----------
    flux : ndarray
        Shape (points,).
    kernel : ndarray
        Of odd length.

    Returns
    -------
    ndarray
        Shape (points,).
    """
    if len(kernel) == 1:
        return flux
    padded = np.pad(flux, len(kernel) // 2, mode="edge")
    if len(kernel) < 64:
        return np.asarray(np.convolve(padded, kernel, mode="valid"))
    size = len(padded) + len(kernel) - 1
    whole = np.fft.irfft(np.fft.rfft(padded, size) * np.fft.rfft(kernel, size), size)
    return np.asarray(whole[len(kernel) - 1 : len(padded)])
