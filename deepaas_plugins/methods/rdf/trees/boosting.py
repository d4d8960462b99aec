"""Gradient boosting of trees on binned features, with the interface that training asks of a forest.

The trees are scikit-learn's `HistGradientBoosting…` (after LightGBM, Ke et al. 2017). Ordinal classes are
boosted as one number, the place on their scale: the answer is a normal distribution about it, whose width is
that of the errors for objects that were left out within the training part.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.methods.rdf.trees.flat_boosting import FlatBoosting, class_shares

FloatArray = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]
BOOSTING_TYPES = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)


class Boosting:
    """Boosted trees.

    Parameters
    ----------
    model
        Of scikit-learn, with warm start.
    threads
        Of its compiled code.
    scale
        Place of each class, shape (classes,), where classes are ordinal; else None.

    Attributes
    ----------
    width
        Of the normal distribution about the place of an ordinal answer, in steps of the scale.
    """

    bootstrap = False

    def __init__(self, model: Any, threads: int, scale: FloatArray | None = None) -> None:
        self.model, self.n_jobs, self.scale = model, threads, scale
        self.width = 1.0

    @property
    def estimators_(self) -> Sequence[Any]:
        """The rounds of boosting: the trees of all classes, each."""
        return getattr(self.model, "_predictors", ())

    @property
    def classes_(self) -> npt.NDArray[np.int64]:
        """Numbers of the classes that the trees know."""
        if self.scale is not None:
            return np.arange(len(self.scale))
        return np.asarray(getattr(self.model, "classes_", [0]))

    @property
    def feature_importances_(self) -> FloatArray:
        """The share of all gains that splits at each feature have."""
        gains = np.zeros(int(self.model.n_features_in_))
        for trees in self.model._predictors:  # noqa: SLF001 - scikit-learn has no public way to its nodes
            for tree in trees:
                inner = tree.nodes[tree.nodes["is_leaf"] == 0]
                np.add.at(gains, inner["feature_idx"], np.maximum(inner["gain"], 0.0))
        return np.asarray(gains / max(gains.sum(), 1e-300))

    def set_params(self, *, n_estimators: int, **_others: Any) -> None:
        """Set the number of rounds."""
        self.model.set_params(max_iter=n_estimators)

    def fit(self, matrix: Matrix, target: npt.NDArray[Any], weights: FloatArray | None) -> None:
        """Boost up to the number of rounds; those that there are stay.

        Parameters
        ----------
        matrix : ndarray
            Shape (rows, features).
        target : ndarray
            Class numbers or values, shape (rows,).
        weights : ndarray or None
            Shape (rows,).
        """
        aim = target if self.scale is None else self.scale[target]
        with threadpool_limits(self.n_jobs):
            self.model.fit(matrix, aim, weights)

    def go_on_with(self, new: Boosting) -> None:
        """Take the parameters of other boosting; the rounds stay.

        Raises
        ------
        InvalidInput
            It is of another task.
        """
        if type(self.model) is not type(new.model) or (self.scale is None) != (new.scale is None):
            raise InvalidInput("The start model was boosted for another task.")
        self.model.set_params(**{**new.model.get_params(deep=False), "max_iter": len(self.estimators_)})
        self.n_jobs = new.n_jobs

    def answers(self, matrix: Matrix) -> FloatArray:
        """Return class probabilities, or values.

        Parameters
        ----------
        matrix : ndarray
            Features, shape (rows, features).

        Returns
        -------
        ndarray
            Shape (rows, classes that the trees know), or (rows, 1).
        """
        if self.scale is not None:
            return class_shares(self.values(matrix), self.scale, self.width)
        if not hasattr(self.model, "predict_proba"):
            return self.values(matrix)[:, None]
        with threadpool_limits(self.n_jobs):
            return np.asarray(self.model.predict_proba(matrix))

    def values(self, matrix: Matrix) -> FloatArray:
        """Return values, or places on the scale.

        Parameters
        ----------
        matrix : ndarray
            Features, shape (rows, features).

        Returns
        -------
        ndarray
            Shape (rows,).
        """
        with threadpool_limits(self.n_jobs):
            return np.asarray(self.model.predict(matrix), dtype=np.float64)

    predict_proba = answers

    def predict(self, matrix: Matrix) -> npt.NDArray[Any]:
        """Return values, or numbers of classes, shape (rows,)."""
        found = self.answers(matrix)
        if found.shape[1] == 1:
            return np.asarray(found[:, 0])
        return np.asarray(self.classes_[found.argmax(axis=1)])

    def score(self, matrix: Matrix, truth: npt.NDArray[Any]) -> float:
        """Return the accuracy, or the share of the variance that is explained.

        Parameters
        ----------
        matrix : ndarray
            Features, shape (rows, features).
        truth : ndarray
            Class numbers or values, shape (rows,).

        Returns
        -------
        float
            At most 1.
        """
        found = self.predict(matrix)
        if len(self.classes_) > 1:
            return float(np.mean(found == truth))
        return float(1.0 - np.sum((found - truth) ** 2) / max(np.sum((truth - truth.mean()) ** 2), 1e-300))

    def flat(self) -> FlatBoosting:
        """Return the trees as arrays."""
        return FlatBoosting.of(self.model, self.scale, self.width)


def new_boosting(params: dict[str, Any], threads: int, scale: FloatArray | None) -> Boosting:
    """Return boosted trees without a round, with the parameters of `TrainSchema`.

    Parameters
    ----------
    params : dict
        Of `TrainSchema`.
    threads : int
        Of compiled code.
    scale : ndarray or None
        Place of each class, shape (classes,), where they are ordinal.
    """
    fractions = {"sqrt": None, "log2": None, "all": 1.0, "fraction": params["feature_fraction"]}
    options: dict[str, Any] = {
        "learning_rate": params["learning_rate"],
        "max_features": fractions[params["max_features"]] or 1.0,
        "max_depth": params["max_depth"],
        "min_samples_leaf": max(params["min_samples_leaf"], 1),
        "max_leaf_nodes": params["max_leaves"],
        "random_state": params["seed"],
        "early_stopping": False,
        "warm_start": True,
    }
    if params["task"] != "classification":
        return Boosting(HistGradientBoostingRegressor(**options), threads, scale)
    if params["class_weight"] in ("balanced", "balanced_subsample"):
        options["class_weight"] = "balanced"
    return Boosting(HistGradientBoostingClassifier(**options), threads)
