"""Detectors that reproduce a spectrum from few numbers: what they cannot reproduce is odd, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.arrays_file import checked_array
from deepaas_plugins.methods.unsupervised.autoencoder import Autoencoder
from deepaas_plugins.methods.unsupervised.frame import NORMAL, Matrix, Rows, at_least
from deepaas_plugins.methods.unsupervised.principal import PrincipalAxes

Arrays = dict[str, npt.NDArray[Any]]

#: Deviations are cut here, so that a single point is no whole score.
LARGEST = 1e4
#: Residuals that their scatter is taken from, at most.
MEASURED = 8_000_000


@dataclass(frozen=True)
class Reconstruction:
    """Axes or an autoencoder, with the scatter of what it leaves in each column.

    Attributes
    ----------
    coder
        Reproduces rows.
    scatter
        Robust standard deviation of the residuals of each column, shape (columns,), float32, positive.
    """

    coder: PrincipalAxes | Autoencoder
    scatter: Matrix

    @classmethod
    def fit(cls, coder: PrincipalAxes | Autoencoder, sample: Rows) -> Self:
        """Measure the residuals of rows.

        Parameters
        ----------
        coder : PrincipalAxes or Autoencoder
            Fitted.
        sample : Rows
            In the frame.

        Returns
        -------
        Reconstruction
            Ready to score.
        """
        columns = sample.values.shape[1]
        some = np.unique(np.linspace(0, len(sample) - 1, max(MEASURED // columns, 2)).astype(int))
        values, known = sample.values[some], sample.known[some]
        residual = np.abs(values - coder.expected(values))
        residual[~known] = np.nan
        filled = known.any(axis=0)
        scatter = np.zeros(columns)
        scatter[filled] = NORMAL * np.nanmedian(residual[:, filled], axis=0)
        return cls(coder, at_least(scatter))

    def deviations(self, rows: Rows) -> Matrix:
        """Return the residual of each point in units of its scatter.

        Parameters
        ----------
        rows : Rows
            In the frame.

        Returns
        -------
        ndarray
            Shape (rows, columns), float32; 0 where a value is missing.
        """
        found = (rows.values - self.coder.expected(rows.values)) / self.scatter
        np.clip(found, -LARGEST, LARGEST, out=found)
        found[~rows.known] = 0.0
        return found.astype(np.float32, copy=False)

    def score(self, rows: Rows) -> npt.NDArray[np.float64]:
        """Return the root of the mean squared deviation over the known points.

        Parameters
        ----------
        rows : Rows
            In the frame.

        Returns
        -------
        ndarray
            Shape (rows,); about 1 for common rows.
        """
        found = self.deviations(rows)
        squares = np.einsum("ij,ij->i", found, found, dtype=np.float64)
        return np.asarray(np.sqrt(squares / np.maximum(rows.known.sum(axis=1), 1)))

    def arrays(self) -> Arrays:
        """Return the arrays to save.

        Returns
        -------
        dict
            By name.
        """
        return {**self.coder.arrays(), "residual_scatter": self.scatter}

    @classmethod
    def of_arrays(
        cls,
        arrays: Mapping[str, npt.NDArray[Any]],
        columns: int,
        coder: type[PrincipalAxes] | type[Autoencoder],
    ) -> Self:
        """Return the detector of saved arrays.

        Raises
        ------
        ValueError
            They are none of so many columns.
        """
        scatter = checked_array(arrays, "residual_scatter", (columns,)).astype(np.float32)
        if (scatter <= 0).any():
            raise ValueError("residual_scatter is not positive")
        return cls(coder.of_arrays(arrays, columns), scatter)
