"""Rows on a plane that has no formula: beside the rows of the layout that they are nearest to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.arrays_file import checked_array
from deepaas_plugins.methods.unsupervised.frame import Matrix
from deepaas_plugins.methods.unsupervised.neighbours import NeighbourIndex

Arrays = dict[str, npt.NDArray[Any]]

#: Rows of the layout whose mean a new row is placed at, weighted by the inverse distance.
NEAREST = 5
#: A distance that counts as none, in units of the farthest of the nearest.
SAME = 1e-6


@dataclass(frozen=True)
class Placement:
    """Rows that were laid out, with their places in each layout.

    Attributes
    ----------
    vectors
        Shape (rows, dimensions), float32.
    places
        By layout, shape (rows, 2) each, float32.
    index
        Of the vectors.
    """

    vectors: Matrix
    places: Mapping[str, Matrix]
    index: NeighbourIndex

    @classmethod
    def of(cls, vectors: Matrix, places: Mapping[str, Matrix]) -> Self:
        """Return the placement by rows that were laid out.

        Parameters
        ----------
        vectors : ndarray
            Of the rows, shape (rows, dimensions), float32.
        places : mapping
            By layout, shape (rows, 2) each.

        Returns
        -------
        Placement
            With an index of the vectors.
        """
        return cls(vectors, dict(places), NeighbourIndex(vectors))

    def place(self, vectors: Matrix) -> dict[str, Matrix]:
        """Place rows in every layout.

        Parameters
        ----------
        vectors : ndarray
            Shape (rows, dimensions), float32.

        Returns
        -------
        dict
            By layout, shape (rows, 2) each; a row that was laid out lies where it was.
        """
        if not self.places:
            return {}
        found = self.index.search(vectors, min(NEAREST, len(self.vectors)))
        distance = found.distance.astype(np.float64)
        farthest = np.where(np.isfinite(distance), distance, 0.0).max(axis=1, keepdims=True)
        weight = 1.0 / np.maximum(distance, np.maximum(SAME * farthest, np.finfo(np.float32).tiny))
        weight /= weight.sum(axis=1, keepdims=True)
        return {
            name: np.einsum("ij,ijk->ik", weight, place[found.row]).astype(np.float32)
            for name, place in self.places.items()
        }

    def arrays(self) -> Arrays:
        """Return the arrays to save.

        Returns
        -------
        dict
            By name.
        """
        return {"laid_out": self.vectors, **{f"place_{name}": place for name, place in self.places.items()}}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], names: list[str], dimensions: int) -> Self:
        """Return the placement of saved arrays.

        Raises
        ------
        ValueError
            They are none of these layouts or dimensions.
        """
        vectors = checked_array(arrays, "laid_out", (None, dimensions)).astype(np.float32)
        if not len(vectors):
            raise ValueError("nothing was laid out")
        shape = (len(vectors), 2)
        places = {name: checked_array(arrays, f"place_{name}", shape).astype(np.float32) for name in names}
        return cls.of(vectors, places)
