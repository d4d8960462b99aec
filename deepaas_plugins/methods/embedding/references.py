"""Training spectra that a model keeps, to find those like a given one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.arrays_file import checked_array
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.unsupervised.frame import Matrix
from deepaas_plugins.methods.unsupervised.neighbours import NeighbourIndex

Arrays = dict[str, npt.NDArray[Any]]
IntArray = npt.NDArray[np.int64]

#: Characters of a name or label that are kept.
NAME_LENGTH = 200


@dataclass(frozen=True)
class References:
    """Rows of the training set.

    Attributes
    ----------
    vectors
        Shape (references, dimensions), float32.
    rows
        Their numbers in the training set, shape (references,), ascending.
    names, labels
        Of the spectra; a label is None where unknown.
    index
        Of the vectors.
    """

    vectors: Matrix
    rows: IntArray
    names: Sequence[str]
    labels: Sequence[str | None]
    index: NeighbourIndex

    @classmethod
    def of(cls, vectors: Matrix, rows: IntArray, names: Sequence[str], labels: Sequence[str | None]) -> Self:
        """Return the references of vectors.

        Parameters
        ----------
        vectors : ndarray
            Shape (references, dimensions), float32.
        rows : ndarray
            Their numbers in the training set, ascending.
        names, labels : sequence
            Of the spectra.

        Returns
        -------
        found : References
            With an index of the vectors.
        """
        return cls(vectors, rows, names, labels, NeighbourIndex(vectors))

    def like(self, vectors: Matrix, count: int) -> list[list[Json]]:
        """Return the references nearest to each vector.

        Parameters
        ----------
        vectors : ndarray
            Shape (rows, dimensions), float32.
        count : int
            How many; fewer where there are fewer references.

        Returns
        -------
        list of list of Json
            For each row ``name``, ``row`` in the training set, ``distance`` and, where known, ``label``, the
            nearest first.
        """
        count = min(count, len(self.vectors))
        if count == 0:
            return [[] for _ in vectors]
        found = self.index.search(vectors, count)
        return [
            [
                self._told(int(at), float(far))
                for at, far in zip(row, distance, strict=True)
                if np.isfinite(far)
            ]
            for row, distance in zip(found.row, found.distance, strict=True)
        ]

    def _told(self, at: int, distance: float) -> Json:
        told: Json = {"name": self.names[at], "row": int(self.rows[at]), "distance": distance}
        return told if self.labels[at] is None else told | {"label": self.labels[at]}

    def vector_of(self, wanted: str) -> Matrix:
        """Return the vector of a reference, shape (1, dimensions).

        Parameters
        ----------
        wanted : str
            Its name, or its row number in the training set.

        Raises
        ------
        InvalidInput
            There is no such reference.
        """
        at = self.names.index(wanted) if wanted in self.names else self._at_row(wanted)
        if at is None:
            raise InvalidInput(
                f"Parameter like: {wanted!r} is neither the name nor the row number of one of the "
                f"{len(self.names)} training spectra that the model keeps."
            )
        return self.vectors[[at]]

    def _at_row(self, wanted: str) -> int | None:
        if not (wanted.isascii() and wanted.isdigit()) or len(wanted) > 15:
            return None
        at = int(np.searchsorted(self.rows, int(wanted)))
        return at if at < len(self.rows) and self.rows[at] == int(wanted) else None

    def arrays(self) -> Arrays:
        """Return the arrays to save; names and labels as JSON in UTF-8.

        Returns
        -------
        dict
            By name.
        """
        texts = [[name[:NAME_LENGTH] for name in self.names], [_short(label) for label in self.labels]]
        packed = np.frombuffer(json.dumps(texts, ensure_ascii=False).encode(errors="replace"), dtype=np.uint8)
        return {"vectors": self.vectors, "rows": self.rows, "texts": packed}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], dimensions: int) -> Self:
        """Return the references of saved arrays.

        Raises
        ------
        ValueError
            They do not belong together.
        """
        vectors = checked_array(arrays, "vectors", (None, dimensions)).astype(np.float32)
        rows = checked_array(arrays, "rows", (len(vectors),)).astype(np.int64)
        packed = checked_array(arrays, "texts", (None,))
        if packed.dtype != np.uint8 or not len(vectors) or (np.diff(rows) <= 0).any():
            raise ValueError("texts are no bytes, or rows do not ascend")
        texts = json.loads(packed.tobytes())
        if not isinstance(texts, list) or len(texts) != 2 or any(len(each) != len(rows) for each in texts):
            raise ValueError("texts are not a name and a label for each row")
        names = [str(name) for name in texts[0]]
        labels = [None if label is None else str(label) for label in texts[1]]
        return cls.of(vectors, rows, names, labels)


def _short(label: str | None) -> str | None:
    return None if label is None else label[:NAME_LENGTH]
