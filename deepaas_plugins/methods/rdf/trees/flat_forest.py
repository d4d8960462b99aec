"""All trees of a forest as a few arrays: to predict without scikit-learn, and many rows and trees at a time.

scikit-learn asks its trees one by one through joblib, which for one spectrum takes tens of times longer
than the trees themselves, and its import is most of a module's cold start. Here all rows walk down all
trees together, a level at a time; the answers are those of scikit-learn to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

#: Walks (rows times trees) that are held at a time.
WALKS = 2**17


@dataclass(frozen=True)
class FlatForest:
    """The nodes of all trees, concatenated.

    Parameters
    ----------
    children
        Shape (2·nodes,): where node k goes with a feature up to its threshold (2k), and above it (2k+1); a
        leaf goes to itself.
    feature, threshold
        Shape (nodes,); anything in leaves.
    values
        Shape (nodes, outputs): share of each class, or the value.
    roots
        Shape (trees,).
    features
        How many the forest was trained on.
    depth
        Steps from a root to the deepest leaf.
    """

    children: IntArray
    feature: IntArray
    threshold: FloatArray
    values: FloatArray
    roots: IntArray
    features: int
    depth: int

    @classmethod
    def of(cls, trees: Sequence[Any], features: int) -> Self:
        """Return the trees of a scikit-learn forest (its ``estimators_``)."""
        parts = [estimator.tree_ for estimator in trees]
        sizes = np.array([part.node_count for part in parts])
        roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
        children = []
        for root, part in zip(roots, parts, strict=True):
            here = np.arange(part.node_count)
            leaf = part.children_left == -1
            pair = np.stack([part.children_left, part.children_right], axis=1)
            children.append((np.where(leaf[:, None], here[:, None], pair) + root).ravel())
        values = np.concatenate([part.value[:, 0, :] for part in parts])
        return cls(
            children=np.concatenate(children).astype(np.intp),
            feature=np.concatenate([np.maximum(part.feature, 0) for part in parts]).astype(np.intp),
            threshold=np.concatenate([part.threshold for part in parts]).astype(np.float64),
            values=np.ascontiguousarray(values, dtype=np.float64),
            roots=roots,
            features=features,
            depth=max(int(part.max_depth) for part in parts),
        )

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays to save.

        Returns
        -------
        dict
            The nodes of all trees, the roots, and ``sizes``: number of features and depth.
        """
        return {
            "children": self.children.astype(np.int32),
            "feature": self.feature.astype(np.int32),
            "threshold": self.threshold,
            "values": self.values,
            "roots": self.roots.astype(np.int32),
            "sizes": np.array([self.features, self.depth], dtype=np.int64),
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Return the trees of saved arrays.

        Raises
        ------
        InvalidInput
            An array is missing, or a tree points outside itself.
        """
        try:
            features, depth = (int(size) for size in arrays["sizes"])
            made = cls(
                children=arrays["children"].astype(np.intp),
                feature=arrays["feature"].astype(np.intp),
                threshold=arrays["threshold"].astype(np.float64),
                values=np.ascontiguousarray(arrays["values"], dtype=np.float64),
                roots=arrays["roots"].astype(np.intp),
                features=features,
                depth=depth,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput(f"The trees of the forest are damaged: {error}.") from error
        made.check()
        return made

    def check(self) -> None:
        """Check that every walk stays within its tree and ends.

        Raises
        ------
        InvalidInput
            Naming the first tree that is damaged.
        """
        nodes = len(self.feature)
        shapes = self.children.shape == (2 * nodes,) and self.threshold.shape == (nodes,)
        if not shapes or self.values.shape[:1] != (nodes,) or self.values.ndim != 2 or not len(self.roots):
            raise InvalidInput("The trees of the forest are damaged: their arrays do not fit together.")
        if self.roots[0] != 0 or (np.diff(self.roots) <= 0).any() or self.roots[-1] >= nodes:
            raise InvalidInput("The trees of the forest are damaged: their order is wrong.")
        here = np.arange(nodes)
        tree = np.searchsorted(self.roots, here, side="right") - 1
        end = np.append(self.roots[1:], nodes)[tree]
        pair = self.children.reshape(-1, 2)
        leaf = (pair == here[:, None]).all(axis=1)
        # Children come after their parent, which also rules out circles.
        forwards = ((pair > here[:, None]) & (pair < end[:, None])).all(axis=1)
        known = (self.feature >= 0) & (self.feature < self.features)
        bad = ~((leaf | forwards) & known & np.isfinite(self.values).all(axis=1))
        if bad.any():
            raise InvalidInput(f"tree {tree[np.argmax(bad)]} is damaged. The model is not loaded.")

    @property
    def outputs(self) -> int:
        """Numbers of an answer: of classes, or 1."""
        return int(self.values.shape[1])

    def values_and_spreads(self, matrix: npt.NDArray[np.float32]) -> tuple[FloatArray, FloatArray | None]:
        """Return the mean and the standard deviation of the trees' values.

        Parameters
        ----------
        matrix : ndarray
            Features, shape (rows, features), float32.

        Returns
        -------
        tuple of ndarray
            Shape (rows,) each.
        """
        each = self.each(matrix)[:, :, 0]
        return each.mean(axis=0), each.std(axis=0)

    def each(self, matrix: npt.NDArray[np.float32]) -> FloatArray:
        """Return the prediction of every tree.

        Parameters
        ----------
        matrix : ndarray
            Features, shape (rows, features), float32.

        Returns
        -------
        ndarray
            Class probabilities or values, shape (trees, rows, outputs).
        """
        return self.values[self._leaves(matrix)]

    def mean(self, matrix: npt.NDArray[np.float32]) -> FloatArray:
        """Return the mean of the trees' predictions.

        Parameters
        ----------
        matrix : ndarray
            Features, shape (rows, features), float32.

        Returns
        -------
        ndarray
            Class probabilities or values, shape (rows, outputs); a block of rows at a time, so that memory is
            bounded.
        """
        return self.combined(matrix, lambda each: each.sum(axis=0), self.values.shape[1]) / len(self.roots)

    def combined(
        self, matrix: npt.NDArray[np.float32], combine: Callable[[FloatArray], FloatArray], outputs: int
    ) -> FloatArray:
        """Combine the predictions of all trees, a block of rows at a time, so that memory is bounded.

        Parameters
        ----------
        matrix : ndarray
            Features, shape (rows, features), float32.
        combine : callable
            Of the predictions of `each` for a block; returns an array of shape (rows of the block, outputs).
        outputs : int
            Columns of the answer.

        Returns
        -------
        ndarray
            Shape (rows, outputs).
        """
        rows = max(1, WALKS // len(self.roots))
        parts = [combine(self.each(matrix[begin : begin + rows])) for begin in range(0, len(matrix), rows)]
        return np.concatenate(parts) if parts else np.empty((0, outputs))

    def _leaves(self, matrix: npt.NDArray[np.float32]) -> IntArray:
        """Return the leaf of every tree that every row ends in, shape (trees, rows)."""
        rows, columns = matrix.shape
        flat = np.ascontiguousarray(matrix, dtype=np.float32).ravel()
        start = np.tile(np.arange(rows) * columns, len(self.roots))
        node = np.repeat(self.roots, rows)
        for _ in range(self.depth):
            place = self.feature.take(node)
            place += start
            above = flat.take(place) > self.threshold.take(node)
            node <<= 1
            node += above
            node = self.children.take(node)
        return node.reshape(len(self.roots), rows)
