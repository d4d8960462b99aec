"""Local outlier factor: how much sparser it is about a spectrum than about its neighbours.

Breunig, Kriegel, Ng & Sander 2000, SIGMOD, 93. New spectra are compared with the training sample ("novelty").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.arrays_file import checked_array
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.methods.unsupervised.frame import Matrix, Rows
from deepaas_plugins.methods.unsupervised.neighbours import NeighbourIndex

Arrays = dict[str, npt.NDArray[Any]]
FloatArray = npt.NDArray[np.float64]

#: Keeps the density of equal rows finite; scikit-learn's value.
TINY = 1e-10


@dataclass(frozen=True)
class LocalDensity:
    """The sample with its neighbourhoods.

    Attributes
    ----------
    references
        In the frame, shape (references, columns), float32.
    index
        Of the references.
    reach
        Distance of each reference to its farthest neighbour, shape (references,).
    density
        Local reachability density of each reference, shape (references,).
    neighbours
        How many neighbours count.
    """

    references: Matrix
    index: NeighbourIndex
    reach: FloatArray
    density: FloatArray
    neighbours: int

    @classmethod
    def fit(
        cls, references: Matrix, neighbours: int, *, exact: bool | None = None
    ) -> tuple[Self, FloatArray]:
        """Find the neighbourhoods of rows.

        Parameters
        ----------
        references : ndarray
            In the frame, shape (rows, columns), float32.
        neighbours : int
            How many neighbours count.
        exact : bool, optional
            Whether neighbours are sought among all rows; by default where there are at most
            `neighbours.EXACT`.

        Returns
        -------
        LocalDensity, ndarray
            The detector, and the factor of each row by its neighbours other than itself, shape (rows,).

        Raises
        ------
        InvalidInput
            There are not more rows than neighbours.
        """
        if len(references) <= neighbours:
            raise InvalidInput(
                f"Parameter neighbours = {neighbours}: there are {len(references)} spectra, and each needs "
                f"so many others. Give at most {len(references) - 1}, or more spectra."
            )
        index = NeighbourIndex(references, exact=exact)
        found = index.among_themselves(neighbours)
        reach = found.distance[:, -1].astype(np.float64)
        reach[~np.isfinite(reach)] = reach[np.isfinite(reach)].max(initial=0.0)
        made = cls(references, index, reach, np.empty(0), neighbours)
        density = made._density(found.distance, found.row)
        factor = density[found.row].mean(axis=1) / density
        return cls(references, index, reach, density, neighbours), factor

    @property
    def exact(self) -> bool:
        """Return whether neighbours are sought among all references."""
        return self.index.exact

    def _density(self, distance: Matrix, row: npt.NDArray[np.int64]) -> FloatArray:
        far = np.where(np.isfinite(distance), distance, 0.0)
        return np.asarray(1.0 / (np.maximum(far, self.reach[row]).mean(axis=1) + TINY))

    def score(self, rows: Rows) -> FloatArray:
        """Return the factor of new rows.

        Parameters
        ----------
        rows : Rows
            In the frame.

        Returns
        -------
        ndarray
            Shape (rows,); about 1 for common rows, larger for odd ones.
        """
        found = self.index.search(rows.values, self.neighbours)
        own = self._density(found.distance, found.row)
        return np.asarray(self.density[found.row].mean(axis=1) / own)

    def arrays(self) -> Arrays:
        """Return the arrays to save.

        Returns
        -------
        dict
            By name.
        """
        return {
            "references": self.references,
            "reach": self.reach,
            "density": self.density,
            "neighbours": np.array([self.neighbours, int(self.exact)]),
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], columns: int) -> Self:
        """Return the detector of saved arrays.

        Raises
        ------
        ValueError
            They are none of so many columns.
        """
        references = checked_array(arrays, "references", (None, columns)).astype(np.float32)
        size = (len(references),)
        neighbours, exact = (int(value) for value in checked_array(arrays, "neighbours", (2,)))
        density = checked_array(arrays, "density", size).astype(np.float64)
        if not 0 < neighbours < len(references) or (density <= 0).any():
            raise ValueError("neighbours or density is out of range")
        reach = checked_array(arrays, "reach", size).astype(np.float64)
        index = NeighbourIndex(references, exact=bool(exact))
        return cls(references, index, reach, density, neighbours)
