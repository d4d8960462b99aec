"""Spectra of the training set that a model remembers: the oddest, and those that were marked.

A person marks them by name later, and scores are re-ranked without a training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.arrays_file import checked_array
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.methods.outliers.marks import Marks
from deepaas_plugins.methods.outliers.relevance import Relevance

Arrays = dict[str, npt.NDArray[Any]]
Matrix = npt.NDArray[np.float32]

#: The oddest that are remembered, and characters of their names.
MOST, NAME_LENGTH = 2000, 200


@dataclass(frozen=True)
class Remembered:
    """Names and features of some training spectra.

    Attributes
    ----------
    names
        Of the spectra.
    features
        Their coordinates along the principal axes, shape (spectra, axes), float32.
    usual
        Distance of two neighbours in these coordinates.
    """

    names: tuple[str, ...]
    features: Matrix
    usual: float

    def knows(self, names: Sequence[str]) -> bool:
        """Return whether all spectra with these names can be marked."""
        return {name[:NAME_LENGTH] for name in names} <= set(self.names)

    def relevance(self, marks: Marks, seed: int = 0) -> Relevance:
        """Learn marks.

        Parameters
        ----------
        marks : dict
            Name to mark; not empty.
        seed : int
            Of the forest.

        Returns
        -------
        Relevance
            Of all spectra with these names.

        Raises
        ------
        InvalidInput
            A name is not remembered.
        """
        names = np.array(self.names)
        wanted = {name[:NAME_LENGTH]: mark for name, mark in marks.items()}
        unknown = sorted(set(wanted) - set(self.names))
        if unknown:
            raise InvalidInput(
                f"Parameter marks: {unknown[0]!r} is none of the {len(names)} spectra that the model "
                "remembers, the oddest of its training set. Mark spectra of the training's report, or train "
                "with marks."
            )
        rows = np.flatnonzero(np.isin(names, list(wanted)))
        values = np.array([wanted[self.names[row]] for row in rows])
        return Relevance.learn(self.features[rows], values, self.usual, seed)

    def arrays(self) -> Arrays:
        """Return the arrays to save.

        Returns
        -------
        dict
            By name.
        """
        return {"names": np.array(self.names), "features": self.features, "usual": np.array(self.usual)}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], axes: int) -> Self:
        """Return what saved arrays hold.

        Raises
        ------
        ValueError
            They do not belong together.
        """
        names = arrays.get("names")
        if names is None or names.dtype.kind != "U" or names.ndim != 1:
            raise ValueError("names are no list of texts")
        features = checked_array(arrays, "features", (len(names), axes)).astype(np.float32)
        usual = float(checked_array(arrays, "usual", ()))
        if usual <= 0:
            raise ValueError("usual is not positive")
        return cls(tuple(names.tolist()), features, usual)
