"""Lines that spectra of stars and galaxies are known by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

#: km/s.
LIGHT_SPEED = 299_792.458


@dataclass(frozen=True)
class Line:
    """A spectral line.

    Attributes
    ----------
    name : str
        As astronomers write it.
    wavelength : float
        At rest, in Å in vacuum (NIST Atomic Spectra Database; forbidden lines: as SDSS lists them).
    forbidden : bool
        Whether it is seen in emission only.
    """

    name: str
    wavelength: float
    forbidden: bool = False


LINES = (
    Line("[O II] 3728", 3728.48, forbidden=True),
    Line("Hζ", 3890.16),
    Line("Ca II K", 3934.78),
    Line("Ca II H", 3969.59),
    Line("Hδ", 4102.89),
    Line("Ca I 4227", 4227.92),
    Line("Hγ", 4341.68),
    Line("[O III] 4363", 4364.44, forbidden=True),
    Line("He I 4471", 4472.76),
    Line("Mg II 4481", 4482.58),
    Line("He II 4686", 4687.02),
    Line("Hβ", 4862.68),
    Line("He I 4922", 4923.30),
    Line("[O III] 4959", 4960.30, forbidden=True),
    Line("[O III] 5007", 5008.24, forbidden=True),
    Line("Fe II 5169", 5170.47),
    Line("Mg I 5175", 5174.10),
    Line("He I 5876", 5877.25),
    Line("Na I D2", 5891.58),
    Line("Na I D1", 5897.56),
    Line("[O I] 6300", 6302.05, forbidden=True),
    Line("Si II 6347", 6348.86),
    Line("Si II 6371", 6373.13),
    Line("[N II] 6548", 6549.85, forbidden=True),
    Line("Hα", 6564.61),
    Line("[N II] 6583", 6585.27, forbidden=True),
    Line("He I 6678", 6679.99),
    Line("Li I 6708", 6709.66),
    Line("[S II] 6716", 6718.29, forbidden=True),
    Line("[S II] 6731", 6732.67, forbidden=True),
    Line("He I 7065", 7067.16),
    Line("O I 7774", 7776.10),
    Line("Ca II 8498", 8500.36),
    Line("Ca II 8542", 8544.44),
    Line("Ca II 8662", 8664.52),
)
"""Ascending in wavelength."""

BY_NAME = {line.name: line for line in LINES}
WAVELENGTHS: npt.NDArray[np.float64] = np.array([line.wavelength for line in LINES])
FORBIDDEN: npt.NDArray[np.bool_] = np.array([line.forbidden for line in LINES])


def velocity(wavelength: npt.NDArray[np.float64], rest: float, redshift: float) -> npt.NDArray[np.float64]:
    """Return velocities against a line.

    Parameters
    ----------
    wavelength : ndarray
        In Å in vacuum, any shape.
    rest : float
        Of the line, Å.
    redshift : float
        Of the object; its velocity is the zero.

    Returns
    -------
    ndarray
        In km/s, positive to the red; ``c (λ / (λ0 (1 + z)) - 1)``, same shape.
    """
    found: npt.NDArray[np.float64] = LIGHT_SPEED * (wavelength / (rest * (1.0 + redshift)) - 1.0)
    return found
