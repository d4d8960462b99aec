"""Trains a forest that predicts classes."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.rdf import importance
from deepaas_plugins.methods.rdf.calibration import Calibration
from deepaas_plugins.methods.rdf.cross_validation import CrossValidation, cross_validate
from deepaas_plugins.methods.rdf.forest import Forest, grown_forest, out_of_bag_score
from deepaas_plugins.methods.rdf.model import ForestModel
from deepaas_plugins.methods.rdf.stored_forest import StoredForest
from deepaas_plugins.pipeline import classification
from deepaas_plugins.pipeline.validation import comparison, labelled
from deepaas_plugins.pipeline.validation.labelled import Labelled
from deepaas_plugins.pipeline.validation.splits import Split
from spectra import FeatureSet

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def train(features: FeatureSet, params: Json, run: Run) -> ForestModel:
    """Train a forest, measure it on held-out rows, and report.

    Raises
    ------
    InvalidInput
        One class only, fewer spectra than folds, calibration without folds.
    """
    if params["calibration"] != "none" and params["folds"] < 2:
        raise InvalidInput(
            f"Parameter calibration = {params['calibration']!r} learns from folds: set folds to 2 or more."
        )
    data = labelled.of_classes(features)
    learn, test = data.hold_back(params["test_fraction"], params["seed"])
    parts = data.folds(params["folds"], learn, params["seed"])  # errors come before the trees are grown
    forest = grown_forest(data.matrix[learn], data.target[learn], params, run)
    calibration = _judge(data, forest, learn=learn, parts=parts, params=params, features=features, run=run)
    run.progress(0, 1, "report")
    importance.report(forest, features, run)
    model = ForestModel(
        forest=StoredForest(forest),
        recipe=features.recipe,
        classes=data.classes,
        calibration=calibration,
        parameters=params,
        wavelength=features.wavelength,
    )
    if len(test):
        _report_test(model, data, test, run)
    run.progress(1, 1, "report")
    return model


def _judge(
    data: Labelled,
    forest: Forest,
    *,
    learn: IntArray,
    parts: list[Split],
    params: Json,
    features: FeatureSet,
    run: Run,
) -> Calibration | None:
    """Report the cross-validation, else the out-of-bag predictions; return the calibration if wanted."""
    score = out_of_bag_score(forest)
    if score is not None:
        run.metric("oob_score", score)
    if not parts:
        if score is not None:
            inside = np.full((len(data.rows), len(data.classes or [])), np.nan)
            inside[learn] = forest.oob_decision_function_
            _report(data, inside, "out of bag", features, run)
        return None
    result = cross_validate(data, parts, params, _accuracy, run)
    _report_by_trees(result, run)
    probabilities, calibration = result.predicted, None
    if params["calibration"] != "none":
        calibration, probabilities = _calibrate(params["calibration"], result, data)
    judged = result.fold >= 0
    error = classification.calibration_error(probabilities[judged], data.target[judged])
    run.metric("calibration_error", error)
    _report(data, probabilities, "cross-validation", features, run)
    comparison.report(
        data,
        learn,
        parts,
        probabilities.argmax(axis=1),
        partial(_winners, data, params, run),
        method="The forest",
        params=params,
        features=features,
        run=run,
    )
    if params["permutation_importance"]:
        unseen, rows = result.first
        importance.report_permutation(
            unseen, data.matrix[rows], data.target[rows], features=features, run=run, seed=params["seed"]
        )
    return calibration


def _winners(data: Labelled, params: Json, run: Run, folds: list[Split]) -> IntArray:
    """Predict the rows of a random split."""
    result = cross_validate(data, folds, params, _accuracy, run, phase=comparison.PHASE)
    probabilities = result.predicted
    if params["calibration"] != "none":
        _, probabilities = _calibrate(params["calibration"], result, data)
    return np.asarray(probabilities.argmax(axis=1), dtype=np.int64)


def _accuracy(probabilities: FloatArray, truth: npt.NDArray[Any]) -> float:
    return float(np.mean(probabilities.argmax(axis=1) == truth))


def _calibrate(kind: str, result: CrossValidation, data: Labelled) -> tuple[Calibration, FloatArray]:
    """Fit the calibration on all folds; what is reported for a fold was calibrated on the others."""
    honest = result.predicted.copy()
    for number in range(int(result.fold.max()) + 1):
        inside, others = result.fold == number, (result.fold >= 0) & (result.fold != number)
        fitted = Calibration.fit(kind, result.predicted[others], data.target[others])
        honest[inside] = fitted.apply(result.predicted[inside])
    judged = result.fold >= 0
    return Calibration.fit(kind, result.predicted[judged], data.target[judged]), honest


def _report(data: Labelled, probabilities: FloatArray, split: str, features: FeatureSet, run: Run) -> None:
    classes = data.classes or []
    judged = np.isfinite(probabilities[:, 0])
    winners = np.where(judged, np.where(judged[:, None], probabilities, 0.0).argmax(axis=1), -1)
    true = data.spread_out(data.target, -1)
    classification.report(run, classes, true, data.spread_out(winners, -1), split=split)
    classification.report_probabilities(
        run, features.names(), classes, true, data.spread_out(probabilities, np.nan)
    )


def _report_by_trees(result: CrossValidation, run: Run) -> None:
    for trees, value in result.by_trees:
        run.metric("accuracy_by_trees", value, step=trees)
    trees_axis, values = zip(*result.by_trees, strict=True)
    run.report(
        views.curves(
            "accuracy-by-trees",
            "Accuracy and number of trees",
            x_title="trees",
            y_title="accuracy",
            series=[{"name": "cross-validation", "x": list(trees_axis), "y": list(values)}],
            note="Where the curve is flat, more trees bring nothing.",
        )
    )


def _report_test(model: ForestModel, data: Labelled, test: IntArray, run: Run) -> None:
    predicted = np.full(len(data.rows), -1, dtype=np.int64)
    predicted[test] = model.probabilities(data.matrix[test]).argmax(axis=1)
    classification.report(
        run,
        data.classes or [],
        data.spread_out(data.target, -1),
        data.spread_out(predicted, -1),
        split="test set",
        prefix="test",
    )
