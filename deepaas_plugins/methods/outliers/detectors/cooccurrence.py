"""Unsupervised random forest: how rarely a spectrum shares leaves with others.

Baron & Poznanski 2017, MNRAS 465, 4530. A forest learns to tell real rows from synthetic ones whose columns
have the same distributions, but no correlations. Two rows are similar by the share of trees in which they end
in the same leaf, of those that call both real; a row is odd by one less its mean similarity with all rows.

The mean over rows is taken tree by tree: a leaf's value is the share of the rows that the tree calls real
which end in it. So no pair of rows is ever compared: memory and time do not grow with the square of the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.rdf.trees.flat_forest import FlatForest
from deepaas_plugins.methods.unsupervised.frame import Matrix, Rows
from deepaas_plugins.pipeline.processors import processors

Arrays = dict[str, npt.NDArray[Any]]
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LeafSharing:
    """Trees whose leaves hold how many of the sample share them.

    Attributes
    ----------
    trees
        Two outputs: the share of the real rows that end in the leaf, and 1; both 0 in a leaf that is called
        synthetic.
    """

    trees: FlatForest

    @classmethod
    def fit(cls, sample: Matrix, *, trees: int, rows: int, seed: int) -> Self:
        """Grow the forest.

        Parameters
        ----------
        sample : ndarray
            In the frame, shape (rows, columns), float32.
        trees, rows : int
            How many, and on how many rows of the sample.
        seed : int
            Of the synthetic rows and the forest.

        Returns
        -------
        LeafSharing
            The trees as arrays.
        """
        from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415 - a second to import, for training only

        random = np.random.default_rng(seed)
        if len(sample) > rows:
            sample = sample[np.sort(random.choice(len(sample), rows, replace=False))]
        both = np.concatenate([sample, synthetic(sample, random)])
        real = np.repeat([1, 0], len(sample))
        forest = RandomForestClassifier(trees, random_state=seed, n_jobs=processors()).fit(both, real)
        flat = FlatForest.of(forest.estimators_, sample.shape[1])
        values = [
            _leaf_values(each.tree_, leaves)
            for each, leaves in zip(forest.estimators_, forest.apply(sample).T, strict=True)
        ]
        return cls(replace(flat, values=np.concatenate(values)))

    def score(self, rows: Rows) -> FloatArray:
        """Return one less the mean similarity with the sample.

        Parameters
        ----------
        rows : Rows
            In the frame.

        Returns
        -------
        ndarray
            Shape (rows,), 0 to 1; 1 where every tree calls a row synthetic.
        """
        shared, called_real = self.trees.mean(rows.values).T
        return np.asarray(
            1.0 - np.divide(shared, called_real, out=np.zeros_like(shared), where=called_real > 0)
        )

    def arrays(self) -> Arrays:
        """Return the arrays to save.

        Returns
        -------
        dict
            By name.
        """
        return self.trees.arrays()

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], columns: int) -> Self:
        """Return the trees of saved arrays.

        Raises
        ------
        ValueError
            They are none of so many columns.
        """
        trees = FlatForest.of_arrays(arrays)
        if trees.features != columns or trees.values.shape[1] != 2:
            raise ValueError("the trees are of other columns, or hold no shares of leaves")
        return cls(trees)


def synthetic(sample: Matrix, random: np.random.Generator) -> Matrix:
    """Return rows whose columns have the distributions of a sample's, without correlations.

    Parameters
    ----------
    sample : ndarray
        Shape (rows, columns).
    random : Generator
        Shuffles every column by itself.

    Returns
    -------
    ndarray
        Same shape.
    """
    return random.permuted(sample, axis=0)


def _leaf_values(tree: Any, leaves: npt.NDArray[np.integer[Any]]) -> FloatArray:
    """Return share and 1 of each node, shape (nodes, 2), from the leaves that the sample ends in."""
    real = (tree.children_left < 0) & (tree.value[:, 0, 1] > 0.5)
    held = np.bincount(leaves, minlength=tree.node_count) * real
    return np.stack([held / max(int(held.sum()), 1), real.astype(float)], axis=1)
