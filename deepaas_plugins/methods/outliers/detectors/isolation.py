"""Isolation forest: how few random cuts part a spectrum from the others.

Liu, Ting & Zhou 2008, ICDM, 413. Grown by scikit-learn; kept as flat arrays, whose leaves hold path lengths.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.arrays_file import checked_array
from deepaas_plugins.methods.rdf.trees.flat_forest import FlatForest
from deepaas_plugins.methods.unsupervised.frame import Matrix, Rows

Arrays = dict[str, npt.NDArray[Any]]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class IsolationTrees:
    """Trees whose leaves hold the length of the path to them.

    Attributes
    ----------
    trees
        One output: the depth of the leaf, and the mean path below it for the rows that it held.
    usual
        Mean path of a search in a tree of as many rows as each was grown on.
    """

    trees: FlatForest
    usual: float

    @classmethod
    def fit(cls, sample: Matrix, *, trees: int, rows: int, seed: int) -> Self:
        """Grow the trees.

        Parameters
        ----------
        sample : ndarray
            In the frame, shape (rows, columns), float32.
        trees, rows : int
            How many, and on how many rows each.
        seed : int
            Of the cuts.

        Returns
        -------
        IsolationTrees
            The trees as arrays.
        """
        from sklearn.ensemble import IsolationForest  # noqa: PLC0415 - a second to import, for training only

        rows = min(rows, len(sample))
        forest = IsolationForest(n_estimators=trees, max_samples=rows, random_state=seed).fit(sample)
        flat = FlatForest.of(forest.estimators_, sample.shape[1])
        lengths = [_path_lengths(each.tree_) for each in forest.estimators_]
        usual = float(mean_path(np.array([rows]))[0])
        return cls(replace(flat, values=np.concatenate(lengths)[:, None]), max(usual, 1.0))

    def score(self, rows: Rows) -> FloatArray:
        """Return 2^(−mean path / usual path).

        Parameters
        ----------
        rows : Rows
            In the frame.

        Returns
        -------
        ndarray
            Shape (rows,), 0 to 1; about 0.5 for common rows.
        """
        return np.asarray(2.0 ** (-self.trees.mean(rows.values)[:, 0] / self.usual))

    def arrays(self) -> Arrays:
        """Return the arrays to save.

        Returns
        -------
        dict
            By name.
        """
        return {**self.trees.arrays(), "usual": np.array(self.usual)}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], columns: int) -> Self:
        """Return the trees of saved arrays.

        Raises
        ------
        ValueError
            They are none of so many columns.
        """
        usual = float(checked_array(arrays, "usual", ()))
        trees = FlatForest.of_arrays(arrays)
        if usual <= 0 or trees.features != columns or trees.values.shape[1] != 1:
            raise ValueError("the trees are of other columns, or hold no path lengths")
        return cls(trees, usual)


def mean_path(rows: npt.NDArray[np.int64]) -> FloatArray:
    """Return the mean path of an unsuccessful search in a binary tree of so many rows.

    Parameters
    ----------
    rows : ndarray
        Numbers of rows, at least 1.

    Returns
    -------
    ndarray
        2 (ln(n−1) + γ) − 2 (n−1)/n, same shape; 1 for two rows, 0 for one (Liu et al. 2008, equation 1).
    """
    many = np.maximum(rows, 3).astype(np.float64)
    found = 2.0 * (np.log(many - 1.0) + np.euler_gamma) - 2.0 * (many - 1.0) / many
    return np.where(rows > 2, found, np.where(rows == 2, 1.0, 0.0))


def _path_lengths(tree: Any) -> FloatArray:
    depth = np.zeros(tree.node_count)
    for node in np.flatnonzero(tree.children_left >= 0):  # children come after their parent
        depth[tree.children_left[node]] = depth[tree.children_right[node]] = depth[node] + 1
    return np.asarray(depth + mean_path(tree.n_node_samples))
