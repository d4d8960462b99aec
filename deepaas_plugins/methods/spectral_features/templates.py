"""Distances of spectra to the median spectrum of each class, as features: the classical typing by templates.

The distance is log χ² of the best scaled template, over the whole range and over each third of it. Templates
are made of training rows only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]

#: Parts of the range, beside the whole, in which distances are taken.
PARTS = 3
#: Normalised fluxes are cut here, so that a bad pixel makes no distance.
LOWEST, HIGHEST = -0.5, 6.0
#: χ² per point below this is raised to it before the logarithm.
SMALLEST = 1e-8


@dataclass(frozen=True)
class Templates:
    """The median spectra.

    Attributes
    ----------
    spectra
        Shape (templates, columns), float32.
    """

    spectra: Matrix

    @classmethod
    def of_rows(cls, matrix: Matrix, target: npt.NDArray[np.int64]) -> Templates:
        """Return the median spectrum of each class that occurs.

        Parameters
        ----------
        matrix : ndarray
            Prepared spectra of training rows, shape (rows, columns).
        target : ndarray
            Their class numbers, shape (rows,).

        Returns
        -------
        Templates
            In the order of the classes.
        """
        normal = _normalised(matrix)
        medians = [np.median(normal[target == each], axis=0) for each in np.unique(target)]
        return cls(np.stack(medians).astype(np.float32))

    @property
    def size(self) -> int:
        """Return the number of distances of a spectrum."""
        return len(self.spectra) * (1 + min(PARTS, int(self.spectra.shape[1])))

    def distances(self, matrix: Matrix) -> Matrix:
        """Return the distances of spectra.

        Parameters
        ----------
        matrix : ndarray
            Shape (rows, columns).

        Returns
        -------
        ndarray
            Shape (rows, size), float32.
        """
        columns = self.spectra.shape[1]
        edges = np.linspace(0, columns, min(PARTS, columns) + 1).astype(int)
        ranges = [slice(0, columns), *map(slice, edges[:-1], edges[1:])]
        normal = _normalised(matrix)
        return np.concatenate(
            [_log_chi2(normal[:, each], self.spectra[:, each]) for each in ranges], axis=1
        ).astype(np.float32)


def _normalised(matrix: Matrix) -> Matrix:
    median = np.median(matrix, axis=1, keepdims=True)
    return np.asarray(np.clip(matrix / np.where(median > 0, median, 1.0), LOWEST, HIGHEST), dtype=np.float32)


def _log_chi2(spectra: Matrix, templates: Matrix) -> npt.NDArray[np.float64]:
    # The best scale of a template t for a spectrum x is x·t / t·t, which leaves x·x − (x·t)² / t·t.
    power = np.maximum((templates.astype(np.float64) ** 2).sum(axis=1), SMALLEST)
    shared = spectra.astype(np.float64) @ templates.astype(np.float64).T
    total = (spectra.astype(np.float64) ** 2).sum(axis=1, keepdims=True)
    return np.asarray(np.log(np.maximum((total - shared**2 / power) / spectra.shape[1], SMALLEST)))
