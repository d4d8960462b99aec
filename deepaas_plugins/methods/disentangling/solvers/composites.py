"""Composite spectra of all epochs on one grid, as deviations from the continuum, with weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.disentangling.solvers.log_grid import LogGrid

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Composites:
    """What is disentangled.

    Attributes
    ----------
    grid
        Logarithmic.
    flux
        Deviation from the continuum (1), shape (epochs, points).
    weights
        Inverse variances, 0 where a pixel is missing or masked, shape (epochs, points).
    """

    grid: LogGrid
    flux: FloatArray
    weights: FloatArray

    def __len__(self) -> int:
        """Count the epochs."""
        return len(self.flux)

    @property
    def epoch_weights(self) -> FloatArray:
        """Mean weight of the pixels of each epoch that count, shape (epochs,); 0 where none does.

        Returns
        -------
        ndarray
            Shape (epochs,).
        """
        counted = (self.weights > 0).sum(axis=1)
        return np.asarray(self.weights.sum(axis=1) / np.maximum(counted, 1))

    @property
    def complete(self) -> bool:
        """Whether no pixel is missing and those of an epoch weigh the same."""
        first = self.weights[:, :1]
        return bool((self.weights > 0).all() and np.allclose(self.weights, first, rtol=1e-6))

    @property
    def pixels(self) -> int:
        """Pixels that count, of all epochs."""
        return int((self.weights > 0).sum())

    def select(self, epochs: npt.NDArray[np.intp]) -> Composites:
        """Return some epochs; one may come twice.

        Parameters
        ----------
        epochs : ndarray
            Their numbers, shape (selected,).

        Returns
        -------
        Composites
            On the same grid.
        """
        return Composites(self.grid, self.flux[epochs], self.weights[epochs])

    def filled(self) -> FloatArray:
        """Return the flux with missing pixels interpolated between their neighbours, shape (epochs, n).

        Returns
        -------
        ndarray
            Shape (epochs, n).
        """
        flux = self.flux.copy()
        places = np.arange(flux.shape[1])
        for row, weights in zip(flux, self.weights, strict=True):
            good = weights > 0
            if good.any() and not good.all():
                row[~good] = np.interp(places[~good], places[good], row[good])
        return flux
