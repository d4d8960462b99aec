"""New pixels as weighted means of old ones: sparse weights, applied to flux, inverse variance and mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spectra.spectrum import BoolArray, FloatArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

IndexArray = npt.NDArray[np.intp]


class Weights:
    """Weights of old pixels in new ones.

    Parameters
    ----------
    shares
        The weights that may differ from zero; those of one new pixel should sum to 1.
    rows, columns
        New and old pixel of each, same shape.
    shape
        Count of new and of old pixels.
    """

    def __init__(
        self, shares: FloatArray, rows: IndexArray, columns: IndexArray, shape: tuple[int, int]
    ) -> None:
        from scipy.sparse import csr_array  # noqa: PLC0415 - slow to import, and linear resampling needs none

        self.matrix: csr_array = csr_array((shares, (rows, columns)), shape=shape)
        # A weight of zero must not let a value through that is not finite.
        self.matrix.eliminate_zeros()

    def flux(self, flux: FloatArray) -> FloatArray:
        """Return the weighted means of the flux.

        Parameters
        ----------
        flux : ndarray
            Shape (rows, old).

        Returns
        -------
        ndarray
            Shape (rows, new), in the unit of `flux`.
        """
        return _times(self.matrix, flux)

    def ivar(self, ivar: FloatArray) -> FloatArray:
        """Return the inverse variances of the weighted means, pixels taken as independent.

        Parameters
        ----------
        ivar : ndarray
            Inverse variances, shape (rows, old); 0: no information.

        Returns
        -------
        ndarray
            1 / Σ w² / ivar, shape (rows, new); 0 stays 0.
        """
        with np.errstate(divide="ignore"):
            return 1.0 / _times(self.matrix.power(2), 1.0 / ivar)

    def mask(self, mask: BoolArray, least: float = 0.0) -> BoolArray:
        """Return which new pixels are bad.

        Parameters
        ----------
        mask : ndarray
            True where a pixel is bad, shape (rows, old).
        least : float
            The share of bad pixels above which a new pixel is bad.

        Returns
        -------
        ndarray
            Shape (rows, new), bool.
        """
        spread: BoolArray = _times(self.matrix, mask.astype(np.float64)) > least
        return spread


def _times(matrix: csr_array, values: FloatArray) -> FloatArray:
    return np.ascontiguousarray((matrix @ values.T).T)


def spans(first: IndexArray, last: IndexArray) -> tuple[IndexArray, IndexArray]:
    """Write out, for each new pixel, the old ones from `first` to `last`.

    Returns
    -------
    tuple
        New and old pixel numbers, each of shape (sum of the spans' lengths,).
    """
    counts = last - first + 1
    rows = np.repeat(np.arange(len(first)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return rows, np.repeat(first, counts) + within
