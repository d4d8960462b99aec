"""The prior step of a forest: of the counts of the classes, or tuned on objects that were left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.rdf.cross_validation import CrossValidation, cross_validate
from deepaas_plugins.methods.rdf.training_inputs import TrainingInputs
from deepaas_plugins.methods.spectral_features import prior, weights
from deepaas_plugins.pipeline.validation.splits import Split

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Folds inside a training part, in which its prior step is tuned.
INNER_FOLDS = 3


def check(params: Json) -> None:
    """Check that the prior step can be found.

    Parameters
    ----------
    params : Json
        Of `TrainSchema`.

    Raises
    ------
    InvalidInput
        It is tuned on folds, and there are none.
    """
    if params["prior"] == "tuned" and params["folds"] < 2:
        raise InvalidInput("Parameter prior = 'tuned' learns from folds: set folds to 2 or more.")


def applied(
    result: CrossValidation, inputs: TrainingInputs, parts: Sequence[Split], params: Json, run: Run
) -> CrossValidation:
    """Return a cross-validation whose probabilities carry the prior step of each training part.

    Parameters
    ----------
    result : CrossValidation
        Without a prior step.
    inputs : TrainingInputs
        The labelled rows and their features.
    parts : sequence of Split
        Its folds.
    params : Json
        Of `TrainSchema`.
    run : Run
        Takes progress.

    Returns
    -------
    CrossValidation
        The steps of a fold are found without its held-out rows.

    Raises
    ------
    Cancelled
        The run was asked to stop.
    """
    if params["prior"] == "none":
        return result
    predicted = result.predicted.copy()
    for number, (learn, judge) in enumerate(parts):
        if params["prior"] == "tuned":
            run.progress(number, len(parts), "prior step", f"fold {number + 1} of {len(parts)}")
            inner = inputs.data.folds(INNER_FOLDS, learn, params["seed"])
            probabilities = cross_validate(
                inputs, inner, params, _no_score, run, phase="prior step"
            ).predicted
        else:
            probabilities = predicted
        predicted[judge] = prior.apply(predicted[judge], _steps(probabilities, inputs, learn, params))
    return replace(result, predicted=predicted)


def of_model(
    result: CrossValidation | None, inputs: TrainingInputs, learn: IntArray, params: Json
) -> FloatArray | None:
    """Return the steps of the model of all training rows, shape (classes,), or None.

    Parameters
    ----------
    result : CrossValidation or None
        Without a prior step; its predictions tune one.
    inputs : TrainingInputs
        The labelled rows.
    learn : ndarray
        Those that train, shape (n,).
    params : Json
        Of `TrainSchema`.
    """
    if params["prior"] == "none":
        return None
    probabilities = np.empty((0, 0)) if result is None else result.predicted
    return _steps(probabilities, inputs, learn, params)


def _steps(probabilities: FloatArray, inputs: TrainingInputs, learn: IntArray, params: Json) -> FloatArray:
    data = inputs.data
    if params["prior"] == "root_count":
        return prior.of_counts(data.target[learn], len(data.classes or []))
    of_objects = weights.of_objects(data.objects.members[learn], params["object_weight"])
    return prior.tuned(probabilities[learn], data.target[learn], of_objects)


def _no_score(probabilities: FloatArray, truth: npt.NDArray[Any]) -> float:
    del probabilities, truth
    return 0.0
