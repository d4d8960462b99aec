"""The rows with the highest scores among any number, in memory that does not grow with it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass
class TopRows:
    """Keeps the `size` rows with the highest scores; of equal ones those with the lowest numbers.

    With random numbers as scores the rows are a random sample without replacement.

    Parameters
    ----------
    size
        How many rows are kept.

    Attributes
    ----------
    seen
        How many rows were added.
    """

    size: int
    seen: int = 0
    _scores: list[FloatArray] = field(default_factory=list)
    _rows: list[IntArray] = field(default_factory=list)
    _kept: int = 0
    _least: float = -np.inf

    def add(self, scores: FloatArray, rows: IntArray) -> None:
        """Add rows.

        Parameters
        ----------
        scores : ndarray
            Shape (n,); rows whose score is NaN are left out.
        rows : ndarray
            Their numbers, shape (n,).
        """
        self.seen += len(rows)
        if not self.size:
            return
        known = scores >= self._least  # false of NaN, too
        if not known.any():
            return
        self._scores.append(np.asarray(scores[known], dtype=np.float64))
        self._rows.append(np.asarray(rows[known], dtype=np.int64))
        self._kept += int(known.sum())
        if self._kept > 2 * self.size + 1024:
            self._shrink()

    def best(self) -> tuple[IntArray, FloatArray]:
        """Return the rows that are kept, the highest score first.

        Returns
        -------
        rows, scores : ndarray
            Shape (≤ size,) each.
        """
        self._shrink()
        if not self._rows:
            return np.empty(0, dtype=np.int64), np.empty(0)
        return self._rows[0], self._scores[0]

    def _shrink(self) -> None:
        if not self._rows:
            return
        scores, rows = np.concatenate(self._scores), np.concatenate(self._rows)
        order = np.lexsort((rows, -scores))[: self.size]
        self._scores, self._rows, self._kept = [scores[order]], [rows[order]], len(order)
        if len(order) == self.size:
            self._least = float(self._scores[0][-1])
