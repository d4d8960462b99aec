"""Trains a model of random convolutions, measures it on held-out objects, and reports."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.convolutions import report
from deepaas_plugins.methods.convolutions.fitting import Fitted, fit
from deepaas_plugins.methods.convolutions.kernels import Kernels, blocks
from deepaas_plugins.methods.convolutions.model import ConvolutionModel
from deepaas_plugins.methods.convolutions.ridge import Stored
from deepaas_plugins.methods.spectral_features import weights
from deepaas_plugins.methods.spectral_features.representation import Representation
from deepaas_plugins.pipeline.validation import comparison, labelled
from deepaas_plugins.pipeline.validation.labelled import Labelled
from deepaas_plugins.pipeline.validation.splits import Split
from spectra import FeatureSet

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Spectra whose features are computed between two signs of progress.
ROWS = 128


def train(features: FeatureSet, params: Json, run: Run) -> ConvolutionModel:
    """Train, cross-validate, and report.

    Parameters
    ----------
    features : FeatureSet
        The prepared rows.
    params : Json
        Of `TrainSchema`.
    run : Run
        Takes progress, metrics and the report.

    Returns
    -------
    ConvolutionModel
        Trained on all rows but those of the test set.

    Raises
    ------
    InvalidInput
        One class only, labels that are no numbers, fewer spectra than folds, too few columns.
    Cancelled
        The run was asked to stop.
    """
    regression = params["task"] == "regression"
    data = labelled.of_values(features) if regression else labelled.of_classes(features)
    data = _bounded(data, params, run)
    learn, test = data.hold_back(params["test_fraction"], params["seed"])
    parts = data.folds(params["folds"], learn, params["seed"])
    kernels = Kernels.draw(
        data.matrix.shape[1],
        groups=params["groups"],
        segments=params["segments"],
        points=params["points"],
        seed=params["seed"],
    )
    stored = kernel_features(kernels, data, params, run)
    run.progress(0, 1, "train")
    fitted = _fit(stored, data, learn, params)
    run.progress(1, 1, "train")
    run.metric("penalty", fitted.ridge.penalty)
    predicted = _judge(
        data, stored, fitted, learn=learn, parts=parts, params=params, features=features, run=run
    )
    run.progress(0, 1, "report")
    report.segments(kernels, fitted.ridge, data.classes, features, run)
    if len(test):
        unseen = np.full((len(data.rows), fitted.left_out.shape[1]), np.nan)
        unseen[test] = fitted.predict(stored[test])
        report.quality(data, unseen, features, run, split="test set", prefix="test")
    run.progress(1, 1, "report")
    model = model_of(kernels, fitted, data, features, params)
    model.held_out = data.held_out(predicted)
    return model


def _bounded(data: Labelled, params: Json, run: Run) -> Labelled:
    """Draw the most rows that may be learned from, objects and classes weighted as in training."""
    most = params["maximum_rows"]
    if len(data.rows) <= most:
        return data
    chances = weights.of_objects(data.objects.members, params["object_weight"])
    if data.classes is not None:
        chances = weights.of_classes(data.target, chances, params["class_balance"])
    random = np.random.default_rng(params["seed"])
    drawn = random.choice(len(data.rows), most, replace=False, p=chances / chances.sum())
    run.log(f"{most} of {len(data.rows)} labelled spectra are drawn: maximum_rows = {most}.")
    run.metric("spectra_drawn", most)
    return data.some(np.sort(drawn))


def kernel_features(kernels: Kernels, data: Labelled, params: Json, run: Run) -> Stored:
    """Return the features of all rows, computed once; standardising them is left to each fold.

    Parameters
    ----------
    kernels : Kernels
        Make the features.
    data : Labelled
        The labelled rows.
    params : Json
        Of `TrainSchema`; has the representation.
    run : Run
        Takes progress.

    Returns
    -------
    ndarray
        Shape (rows, features), float16.

    Raises
    ------
    Cancelled
        The run was asked to stop.
    """
    representation = Representation.at_full_length(params)
    stored = np.empty((len(data.rows), kernels.size), dtype=np.float16)
    for part in blocks(len(stored), ROWS):
        run.stop_if_cancelled()
        stored[part] = kernels.features(representation.of_spectra(data.matrix[part]))
        run.progress(part.stop, len(stored), "features")
    return stored


def _fit(stored: Stored, data: Labelled, rows: IntArray, params: Json) -> Fitted:
    classes = None if data.classes is None else len(data.classes)
    members = data.objects.members[rows]
    return fit(stored[rows], data.target[rows], members, classes=classes, params=params)


def _cross_validate(
    stored: Stored, data: Labelled, parts: list[Split], *, params: Json, run: Run, phase: str
) -> FloatArray:
    """Predict each fold by the others, (rows, outputs); weights, penalty and steps are theirs too."""
    predicted = np.full((len(data.rows), 1 if data.classes is None else len(data.classes)), np.nan)
    for number, (learn, judge) in enumerate(parts):
        run.stop_if_cancelled()
        run.progress(number, len(parts), phase, f"fold {number + 1} of {len(parts)}")
        predicted[judge] = _fit(stored, data, learn, params).predict(stored[judge])
    run.progress(len(parts), len(parts), phase)
    return predicted


def _judge(
    data: Labelled,
    stored: Stored,
    fitted: Fitted,
    *,
    learn: IntArray,
    parts: list[Split],
    params: Json,
    features: FeatureSet,
    run: Run,
) -> FloatArray:
    """Report the cross-validation, else the predictions for objects left out one by one; return them."""
    if not parts:
        predicted = np.full((len(data.rows), fitted.left_out.shape[1]), np.nan)
        predicted[learn] = fitted.left_out
        report.quality(data, predicted, features, run, split="left-out objects")
        return predicted
    predicted = _cross_validate(stored, data, parts, params=params, run=run, phase="evaluate")
    report.quality(data, predicted, features, run, split="cross-validation")

    def again(folds: list[Split]) -> npt.NDArray[Any]:
        found = _cross_validate(stored, data, folds, params=params, run=run, phase=comparison.PHASE)
        return _answers(data, found)

    comparison.report(
        data,
        learn,
        parts,
        _answers(data, predicted),
        again,
        method="The model",
        params=params,
        features=features,
        run=run,
    )
    return predicted


def _answers(data: Labelled, predicted: FloatArray) -> npt.NDArray[Any]:
    return predicted[:, 0] if data.classes is None else predicted.argmax(axis=1)


def model_of(
    kernels: Kernels, fitted: Fitted, data: Labelled, features: FeatureSet, params: Json
) -> ConvolutionModel:
    """Return the model of a fitted ridge.

    Parameters
    ----------
    kernels : Kernels
        Whose features the ridge takes.
    fitted : Fitted
        Ridge and decision.
    data : Labelled
        Names the classes.
    features : FeatureSet
        Has recipe and wavelengths.
    params : Json
        Of `TrainSchema`.

    Returns
    -------
    ConvolutionModel
        Its coefficients are of features as they are.
    """
    slopes = fitted.ridge.coefficients / fitted.ridge.scale[:, None]
    return ConvolutionModel(
        kernels=kernels,
        coefficients=slopes.astype(np.float32),
        intercept=fitted.ridge.intercept - fitted.ridge.mean @ slopes,
        decision=fitted.decision,
        spread=fitted.spread,
        recipe=features.recipe,
        classes=data.classes,
        parameters=params,
        wavelength=features.wavelength,
    )
