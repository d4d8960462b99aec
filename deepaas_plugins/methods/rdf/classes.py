"""Trains a forest that predicts classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.held_out import HeldOut
from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.rdf import boosting_width, importance, ordinal, prior_steps
from deepaas_plugins.methods.rdf.calibration import Calibration
from deepaas_plugins.methods.rdf.cross_validation import CrossValidation, cross_validate
from deepaas_plugins.methods.rdf.model import ForestModel
from deepaas_plugins.methods.rdf.training_inputs import TrainingInputs
from deepaas_plugins.methods.rdf.trees.forest import Forest, grown_forest, out_of_bag_score
from deepaas_plugins.methods.rdf.trees.stored_forest import StoredForest
from deepaas_plugins.methods.spectral_features import prior
from deepaas_plugins.methods.spectral_features.decision_rule import Decision
from deepaas_plugins.methods.spectral_features.representation import Representation
from deepaas_plugins.pipeline import classification
from deepaas_plugins.pipeline.validation import comparison, labelled
from deepaas_plugins.pipeline.validation.labelled import Labelled
from deepaas_plugins.pipeline.validation.splits import Split
from spectra import FeatureSet

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def train(features: FeatureSet, params: Json, run: Run, start: ForestModel | None = None) -> ForestModel:
    """Train a forest, measure it on held-out rows, and report; `start` is a forest to add trees to.

    Raises
    ------
    InvalidInput
        One class only, fewer spectra than folds, calibration or a tuned prior without folds, ordinal classes
        that have no place on a scale.
    """
    prior_steps.check(params)
    if params["calibration"] != "none" and params["folds"] < 2:
        raise InvalidInput(
            f"Parameter calibration = {params['calibration']!r} learns from folds: set folds to 2 or more."
        )
    data, scale = labelled.of_classes(features, single=params["task"] == "ordinal"), None
    if params["task"] == "ordinal":
        data, scale = ordinal.ordered(data)
    learn, test = data.hold_back(params["test_fraction"], params["seed"])
    parts = data.folds(params["folds"], learn, params["seed"])  # errors come before the trees are grown
    inputs = TrainingInputs(data, params, scale)
    fitted = inputs.fit(learn) if start is None else start.inputs
    forest = grown_forest(
        *inputs.examples(fitted, learn),
        params,
        run=run,
        start=start.forest if start else None,
        scale=scale,
        width=boosting_width.found(inputs, learn, params, run),
    )
    judge = _Judge(inputs, scale, features, run)
    calibration, steps = judge.report(forest, learn, parts)
    run.progress(0, 1, "report")
    importance.report(forest, fitted.representation, features, run)
    model = ForestModel(
        forest=StoredForest(forest),
        recipe=features.recipe,
        classes=data.classes,
        calibration=calibration,
        inputs=fitted,
        prior=steps,
        scale=scale,
        parameters=params,
        wavelength=features.wavelength,
    )
    model.held_out = judge.held_out
    if len(test):
        judge.report_test(model, test)
    run.progress(1, 1, "report")
    return model


class _Judge:
    """Measures the forest on rows that it was not trained on, and reports."""

    def __init__(
        self, inputs: TrainingInputs, scale: FloatArray | None, features: FeatureSet, run: Run
    ) -> None:
        self.inputs, self.scale, self.features, self.run = inputs, scale, features, run
        self.data, self.params = inputs.data, inputs.params
        self.decision = Decision.of(scale, inputs.params)
        self.held_out: HeldOut | None = None

    def report(
        self, forest: Forest, learn: IntArray, parts: list[Split]
    ) -> tuple[Calibration | None, FloatArray | None]:
        """Report the cross-validation, else the out-of-bag predictions; return calibration and prior step."""
        data, params, run = self.data, self.params, self.run
        score = out_of_bag_score(forest)
        if score is not None:
            run.metric("oob_score", score)
        if not parts:
            steps = prior_steps.of_model(None, self.inputs, learn, params)
            if score is not None:
                inside = np.full((len(data.rows), len(data.classes or [])), np.nan)
                found = forest.oob_decision_function_
                inside[learn] = found if steps is None else prior.apply(found, steps)
                self._views(inside, "out of bag")
            return None, steps
        raw = cross_validate(self.inputs, parts, params, _accuracy, run)
        _report_by_trees(raw, run)
        steps = prior_steps.of_model(raw, self.inputs, learn, params)
        result = prior_steps.applied(raw, self.inputs, parts, params, run)
        probabilities, calibration = result.predicted, None
        if params["calibration"] != "none":
            calibration, probabilities = _calibrate(params["calibration"], result, data)
        judged = result.fold >= 0
        error = classification.calibration_error(probabilities[judged], data.target[judged])
        run.metric("calibration_error", error)
        self._views(probabilities, "cross-validation")
        comparison.report(
            data,
            learn,
            parts,
            self.decision.winners(probabilities),
            self._winners,
            method="The forest",
            params=params,
            features=self.features,
            run=run,
        )
        self.held_out = data.held_out(probabilities)
        if params["permutation_importance"]:
            self._permutation(raw)
        return calibration, steps

    def _permutation(self, result: CrossValidation) -> None:
        unseen, rows, matrix = result.first
        importance.report_permutation(
            unseen,
            matrix,
            self.data.target[rows],
            representation=Representation.of(self.params),
            features=self.features,
            run=self.run,
            seed=self.params["seed"],
        )

    def _winners(self, folds: list[Split]) -> IntArray:
        """Predict the rows of a random split."""
        params, run = self.params, self.run
        raw = cross_validate(self.inputs, folds, params, _accuracy, run, phase=comparison.PHASE)
        result = prior_steps.applied(raw, self.inputs, folds, params, run)
        probabilities = result.predicted
        if params["calibration"] != "none":
            _, probabilities = _calibrate(params["calibration"], result, self.data)
        return self.decision.winners(probabilities)

    def _views(self, probabilities: FloatArray, split: str) -> None:
        data, classes = self.data, self.data.classes or []
        judged = np.isfinite(probabilities[:, 0])
        found = np.where(judged, self.decision.winners(np.nan_to_num(probabilities)), -1)
        true, predicted = data.spread_out(data.target, -1), data.spread_out(found, -1)
        classification.report(self.run, classes, true, predicted, split=split)
        classification.report_probabilities(
            self.run, self.features.names(), classes, true, data.spread_out(probabilities, np.nan)
        )
        if self.scale is not None:
            ordinal.report(self.run, self.scale, true, predicted)

    def report_test(self, model: ForestModel, test: IntArray) -> None:
        """Report the test set."""
        data = self.data
        predicted = np.full(len(data.rows), -1, dtype=np.int64)
        predicted[test] = self.decision.winners(model.probabilities(data.matrix[test]))
        true, found = data.spread_out(data.target, -1), data.spread_out(predicted, -1)
        classification.report(self.run, data.classes or [], true, found, split="test set", prefix="test")
        if self.scale is not None:
            ordinal.report(self.run, self.scale, true, found, prefix="test")


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
