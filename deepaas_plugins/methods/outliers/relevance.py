"""Relevance: scores re-ranked by what a person found interesting.

Lochner & Bassett 2021 (Astronomy and Computing 36, 100481, section 3.3). A random forest learns a person's
marks over features; a spectrum that is like marked ones is weighed by the mark that the forest expects for
it, one that is far from all marked ones keeps its score::

    relevant = score · tanh(δ − 1 + arctanh(ε1 + ε2 · mark / 5)),   δ = exp(α d / d0)

with d the distance to the nearest marked spectrum and d0 the usual distance of two neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.outliers.marks import MOST
from deepaas_plugins.methods.unsupervised.neighbours import NeighbourIndex

FloatArray = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]

#: ε1, ε2 and α of the paper.
LOWEST, SPAN, ALPHA = 0.1, 0.85, 1.0
#: Trees of the forest.
TREES = 100
#: δ − 1 beyond this is as good as infinite: the score is kept.
FAR = 20.0
#: Rows that the usual distance of two neighbours is measured on.
MEASURED = 2000


@dataclass(frozen=True)
class Relevance:
    """What was learned from marks.

    Attributes
    ----------
    marked
        Features of the marked rows, shape (marks, features), float32.
    marks
        0 to 5, shape (marks,).
    usual
        Distance of two neighbours, d0.
    forest
        Scikit-learn's regressor.
    """

    marked: Matrix
    marks: FloatArray
    usual: float
    forest: Any

    @classmethod
    def learn(cls, marked: Matrix, marks: FloatArray, usual: float, seed: int = 0) -> Self:
        """Learn marks.

        Parameters
        ----------
        marked : ndarray
            Features of the marked rows, shape (marks, features), float32; at least one.
        marks : ndarray
            0 to 5, shape (marks,).
        usual : float
            Of `usual_distance`.
        seed : int
            Of the forest.

        Returns
        -------
        Relevance
            Ready to re-rank.
        """
        from sklearn.ensemble import RandomForestRegressor  # noqa: PLC0415 - needed where there are marks only

        # Marks are few: no tree goes without one, and trees differ by the features that they try.
        forest = RandomForestRegressor(TREES, bootstrap=False, max_features="sqrt", random_state=seed)
        return cls(marked, marks, usual, forest.fit(marked, marks))

    def expected(self, features: Matrix) -> FloatArray:
        """Return the mark that is expected of each row, 0 to 5, shape (rows,).

        Parameters
        ----------
        features : ndarray
            Shape (rows, features), float32.

        Returns
        -------
        ndarray
            0 to 5, shape (rows,).
        """
        return np.asarray(self.forest.predict(features), dtype=np.float64)

    def weight(self, features: Matrix) -> FloatArray:
        """Return what the scores of rows are multiplied by.

        Parameters
        ----------
        features : ndarray
            Shape (rows, features), float32.

        Returns
        -------
        ndarray
            Shape (rows,), `LOWEST` to 1.
        """
        distance = NeighbourIndex(self.marked, exact=True).search(features, 1).distance[:, 0]
        away = np.expm1(np.minimum(ALPHA * distance.astype(np.float64) / self.usual, np.log1p(FAR)))
        share = LOWEST + SPAN * self.expected(features) / MOST
        return np.asarray(np.tanh(away + np.arctanh(share)))


def usual_distance(features: Matrix) -> float:
    """Return the mean distance of a row to its nearest other row, positive.

    Parameters
    ----------
    features : ndarray
        Shape (rows, features), float32; at most `MEASURED` of the rows are asked.

    Returns
    -------
    float
        1 where there is one row, or all are equal.
    """
    if len(features) < 2:
        return 1.0
    some = np.unique(np.linspace(0, len(features) - 1, MEASURED).astype(int))
    nearest = NeighbourIndex(features).search(features[some], 2).distance[:, 1]
    return float(nearest[np.isfinite(nearest)].mean()) or 1.0
