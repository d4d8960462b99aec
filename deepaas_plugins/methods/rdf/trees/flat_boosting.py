"""Boosted trees as arrays: predicted by the walk of `FlatForest`, without scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.methods.rdf.trees.flat_forest import FlatForest

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

#: Narrowest distribution about the place of an ordinal answer, in steps.
NARROWEST = 1e-3


@dataclass(frozen=True)
class FlatBoosting:
    """The nodes of all trees, and what their sums mean.

    Attributes
    ----------
    walk
        Its trees have one output.
    output
        To which sum each tree adds, shape (trees,).
    baseline
        What the sums begin with, shape (sums,).
    scale
        Scale of ordinal classes, shape (classes,); empty where the answer is another.
    width
        Of the distribution about an ordinal answer.
    classes
        Of the answer; 1 where it is a value.
    """

    walk: FlatForest
    output: IntArray
    baseline: FloatArray
    scale: FloatArray
    width: float
    classes: int

    @classmethod
    def of(cls, model: Any, scale: FloatArray | None, width: float) -> Self:
        """Return the trees of scikit-learn's boosting.

        Parameters
        ----------
        model : Any
            Trained.
        scale : ndarray or None
            Of ordinal classes, shape (classes,).
        width : float
            Of the distribution about an ordinal answer.
        """
        trees = [tree for trees in model._predictors for tree in trees]  # noqa: SLF001 - as in `boosting`
        sums = int(model.n_trees_per_iteration_)
        nodes = [tree.nodes for tree in trees]
        roots = np.cumsum([0, *map(len, nodes[:-1])]).astype(np.intp)
        walk = FlatForest(
            children=np.concatenate(
                [_children(each) + root for each, root in zip(nodes, roots, strict=True)]
            ),
            feature=np.concatenate([each["feature_idx"] for each in nodes]).astype(np.intp),
            threshold=np.concatenate([each["num_threshold"] for each in nodes]).astype(np.float64),
            values=np.concatenate([each["value"] for each in nodes])[:, None].astype(np.float64),
            roots=roots,
            features=int(model.n_features_in_),
            depth=max(int(each["depth"].max()) for each in nodes),
        )
        known = len(scale) if scale is not None else len(getattr(model, "classes_", [0]))
        return cls(
            walk=walk,
            output=np.arange(len(trees)) % sums,
            baseline=np.asarray(model._baseline_prediction, dtype=np.float64).reshape(-1),  # noqa: SLF001
            scale=np.empty(0) if scale is None else np.asarray(scale, dtype=np.float64),
            width=width,
            classes=known,
        )

    @property
    def features(self) -> int:
        """How many the trees were trained on."""
        return self.walk.features

    @property
    def roots(self) -> IntArray:
        """Where trees begin, shape (trees,)."""
        return self.walk.roots

    @property
    def outputs(self) -> int:
        """Numbers of an answer: of classes, or 1."""
        return self.classes

    def give_scale(self, boosting: Any) -> None:
        """Tell boosting that was loaded what its values mean, where classes are ordinal."""
        if len(self.scale):
            boosting.scale, boosting.width = self.scale, self.width

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays to save; `of_arrays` takes them."""
        return {
            **self.walk.arrays(),
            "output": self.output.astype(np.int32),
            "baseline": self.baseline,
            "scale": self.scale,
            "boosting": np.array([self.width, self.classes]),
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Return the trees of saved arrays.

        Raises
        ------
        InvalidInput
            An array is missing, a tree points outside itself, or what its sums mean is not known.
        """
        walk = FlatForest.of_arrays(arrays)
        try:
            if arrays["output"].dtype.kind not in "iu":
                raise TypeError("trees add to no numbered sum")
            width, classes = (float(value) for value in arrays["boosting"])
            made = cls(
                walk=walk,
                output=arrays["output"].astype(np.intp),
                baseline=arrays["baseline"].astype(np.float64),
                scale=arrays["scale"].astype(np.float64),
                width=width,
                classes=int(classes),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise InvalidInput(f"The boosted trees are damaged: {error}.") from error
        made._check()
        return made

    def _check(self) -> None:
        sums = len(self.baseline)
        expected = 1 if self.classes <= 2 or len(self.scale) else self.classes
        fits = self.walk.values.shape[1] == 1 and self.output.shape == self.walk.roots.shape
        known = fits and sums == expected and ((self.output >= 0) & (self.output < sums)).all()
        scaled = len(self.scale) in (0, self.classes) and self.scale.ndim == self.baseline.ndim == 1
        finite = np.isfinite(self.baseline).all() and np.isfinite(self.scale).all() and self.width > 0
        if not (known and scaled and finite and self.classes >= 1):
            raise InvalidInput("The boosted trees are damaged: their arrays do not fit together.")

    def mean(self, matrix: npt.NDArray[np.float32]) -> FloatArray:
        """Return class probabilities or values.

        Parameters
        ----------
        matrix : ndarray
            Features, shape (rows, features), float32.

        Returns
        -------
        ndarray
            Shape (rows, outputs); a block of rows at a time, so that memory is bounded.
        """
        sums = self.walk.combined(matrix, self._sums, len(self.baseline))
        if len(self.scale):
            return class_shares(sums[:, 0], self.scale, self.width)
        if self.classes == 1:
            return sums
        if self.classes == 2:
            of_second = 1.0 / (1.0 + np.exp(-sums[:, 0]))
            return np.stack([1.0 - of_second, of_second], axis=1)
        powers = np.exp(sums - sums.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    def values_and_spreads(self, matrix: npt.NDArray[np.float32]) -> tuple[FloatArray, None]:
        """Return values, and no spread: trees that correct each other have none.

        Parameters
        ----------
        matrix : ndarray
            Features, shape (rows, features), float32.

        Returns
        -------
        tuple of ndarray and None
            Shape (rows,).
        """
        return self.mean(matrix)[:, 0], None

    def _sums(self, predictions: FloatArray) -> FloatArray:
        """Return the sums of the trees' predictions, of shape (trees, rows, 1), as (rows, sums)."""
        each = predictions[:, :, 0]
        return np.stack(
            [base + each[self.output == place].sum(axis=0) for place, base in enumerate(self.baseline)],
            axis=1,
        )


def class_shares(values: FloatArray, scale: FloatArray, width: float) -> FloatArray:
    """Return the share of a normal distribution about each value that is nearest to each class.

    Parameters
    ----------
    values : ndarray
        Values on the scale, shape (rows,).
    scale : ndarray
        Of the classes, ascending, shape (classes,).
    width : float
        Standard deviation.

    Returns
    -------
    ndarray
        Shape (rows, classes); each row sums to 1.
    """
    from scipy.special import ndtr  # noqa: PLC0415 - a tenth of a second, which only ordinal answers take

    edges = (scale[1:] + scale[:-1]) / 2.0
    below = ndtr((edges[None, :] - values[:, None]) / max(width, NARROWEST))
    zero, one = np.zeros((len(values), 1)), np.ones((len(values), 1))
    return np.diff(np.concatenate([zero, below, one], axis=1), axis=1)


def _children(nodes: npt.NDArray[Any]) -> IntArray:
    """Return where nodes lead, as `FlatForest.children` of one tree."""
    here = np.arange(len(nodes))
    leaf = nodes["is_leaf"] != 0
    pair = np.stack([nodes["left"], nodes["right"]], axis=1).astype(np.intp)
    return np.where(leaf[:, None], here[:, None], pair).ravel().astype(np.intp)
