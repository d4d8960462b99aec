"""Fits ridge and decision to the features of training rows, for classes and numbers alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.convolutions import decision, ridge
from deepaas_plugins.methods.convolutions.decision import Decision
from deepaas_plugins.methods.convolutions.ridge import Ridge, Stored
from deepaas_plugins.methods.spectral_features import smote, weights

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Fitted:
    """A ridge and what its outputs mean.

    Attributes
    ----------
    ridge
        Its outputs are one of each class, or one value.
    decision
        From outputs to probabilities; None where the output is a value.
    spread
        Standard deviation of predicted − true values of left-out objects; None where there are classes.
    left_out
        Predictions for the training rows, each learned from all other objects: probabilities, shape (rows,
        classes), or values, shape (rows, 1).
    """

    ridge: Ridge
    decision: Decision | None
    spread: float | None
    left_out: FloatArray

    def predict(self, features: npt.NDArray[np.floating[Any]]) -> FloatArray:
        """Return predictions.

        Parameters
        ----------
        features : ndarray
            Shape (rows, features).

        Returns
        -------
        ndarray
            Probabilities, shape (rows, classes), or values, shape (rows, 1).
        """
        outputs = self.ridge.apply(features)
        return outputs if self.decision is None else self.decision.probabilities(outputs)


def fit(
    features: Stored, target: npt.NDArray[Any], members: IntArray, *, classes: int | None, params: Json
) -> Fitted:
    """Fit to some rows.

    Parameters
    ----------
    features : ndarray
        Shape (rows, features).
    target : ndarray
        Class numbers or values, shape (rows,).
    members : ndarray
        Object number of each row, shape (rows,).
    classes : int or None
        How many there are; None: the target is a value.
    params : Json
        Of `TrainSchema`.

    Returns
    -------
    Fitted
        What was learned from these rows alone.
    """
    of_objects = weights.of_objects(members, params["object_weight"])
    if classes is None:
        return _fit_values(features, target, members, of_objects)
    balanced = weights.of_classes(target, of_objects, params["class_balance"])
    signs = np.where(target[:, None] == np.arange(classes), 1.0, -1.0)
    fitted, outputs = ridge.fit(features, signs, balanced, members, _squares(signs, balanced))
    if smote.wanted(params):
        fitted = _oversampled(features, target, of_objects, fitted, classes=classes, params=params)
    decided = decision.fit(outputs, target, of_objects, prior_step=params["prior_step"])
    return Fitted(fitted, decided, None, decided.probabilities(outputs))


def _oversampled(
    features: Stored,
    target: npt.NDArray[Any],
    of_objects: FloatArray,
    fitted: Ridge,
    *,
    classes: int,
    params: Json,
) -> Ridge:
    """Fit again with synthetic rows; what is left out to judge a ridge has none made of it."""
    most = max(params["maximum_rows"] - len(features), 0)
    made = smote.synthetic(
        features.astype(np.float32), target, np.random.default_rng(params["seed"]), most=most
    )
    every = np.concatenate([target, made.target])
    own = np.concatenate([of_objects, of_objects[made.parents].mean(axis=1)])
    balanced = weights.of_classes(every, own, params["class_balance"])
    signs = np.where(every[:, None] == np.arange(classes), 1.0, -1.0)
    stored = np.concatenate([features, made.matrix.astype(features.dtype)])
    return ridge.refit(stored, signs, balanced, fitted.penalty)


def _fit_values(
    features: Stored, target: npt.NDArray[Any], members: IntArray, of_objects: FloatArray
) -> Fitted:
    centre, scale = float(target.mean()), float(target.std()) or 1.0
    standard = (target[:, None] - centre) / scale
    fitted, outputs = ridge.fit(features, standard, of_objects, members, _squares(standard, of_objects))
    in_units = Ridge(
        fitted.mean,
        fitted.scale,
        fitted.coefficients * scale,
        fitted.intercept * scale + centre,
        fitted.penalty,
    )
    left_out = outputs * scale + centre
    return Fitted(in_units, None, float(np.std(left_out[:, 0] - target)), left_out)


def _squares(target: FloatArray, of_rows: FloatArray) -> ridge.Loss:
    def loss(outputs: FloatArray) -> float:
        return float(np.average(((outputs - target) ** 2).sum(axis=1), weights=of_rows))

    return loss
