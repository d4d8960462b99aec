"""Trains a forest that predicts numbers."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.rdf import importance
from deepaas_plugins.methods.rdf.cross_validation import cross_validate
from deepaas_plugins.methods.rdf.model import ForestModel
from deepaas_plugins.methods.rdf.training_inputs import TrainingInputs
from deepaas_plugins.methods.rdf.trees.forest import grown_forest, out_of_bag_score
from deepaas_plugins.methods.rdf.trees.stored_forest import StoredForest
from deepaas_plugins.methods.spectral_features.representation import Representation
from deepaas_plugins.pipeline import regression
from deepaas_plugins.pipeline.validation import comparison, labelled
from deepaas_plugins.pipeline.validation.splits import Split
from spectra import FeatureSet

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def train(features: FeatureSet, params: Json, run: Run, start: ForestModel | None = None) -> ForestModel:
    """Train a forest, measure it on held-out rows, and report; `start` is a forest to add trees to.

    Raises
    ------
    InvalidInput
        Labels that are no numbers, fewer spectra than folds, calibration.
    """
    if params["calibration"] != "none":
        raise InvalidInput(
            f"Parameter calibration = {params['calibration']!r}: numbers have no probabilities to calibrate."
        )
    data = labelled.of_values(features)
    learn, test = data.hold_back(params["test_fraction"], params["seed"])
    parts = data.folds(params["folds"], learn, params["seed"])
    inputs = TrainingInputs(data, params)
    fitted = inputs.fit(learn) if start is None else start.inputs
    forest = grown_forest(
        inputs.features(fitted, learn),
        data.target[learn],
        inputs.weights(learn),
        params,
        run=run,
        start=start.forest if start else None,
    )
    if (score := out_of_bag_score(forest)) is not None:
        run.metric("oob_score", score)
    held = None
    if parts:
        result = cross_validate(inputs, parts, params, _minus_rmse, run)
        regression.report(data, result.predicted[:, 0], features, run, split="cross-validation")
        held = data.held_out(result.predicted)
        comparison.report(
            data,
            learn,
            parts,
            result.predicted[:, 0],
            partial(_values, inputs, params, run),
            method="The forest",
            params=params,
            features=features,
            run=run,
        )
        if params["permutation_importance"]:
            unseen, rows, matrix = result.first
            importance.report_permutation(
                unseen,
                matrix,
                data.target[rows],
                representation=Representation.of(params),
                features=features,
                run=run,
                seed=params["seed"],
            )
    elif score is not None:
        inside = np.full(len(data.rows), np.nan)
        inside[learn] = forest.oob_prediction_
        regression.report(data, inside, features, run, split="out of bag")
    run.progress(0, 1, "report")
    importance.report(forest, fitted.representation, features, run)
    if len(test):
        unseen_values = np.full(len(data.rows), np.nan)
        unseen_values[test] = forest.predict(inputs.features(fitted, test))
        regression.report(data, unseen_values, features, run, split="test set", prefix="test")
    run.progress(1, 1, "report")
    model = ForestModel(
        forest=StoredForest(forest),
        recipe=features.recipe,
        classes=None,
        calibration=None,
        inputs=fitted,
        parameters=params,
        wavelength=features.wavelength,
    )
    model.held_out = held
    return model


def _values(inputs: TrainingInputs, params: Json, run: Run, folds: list[Split]) -> FloatArray:
    """Predict the rows of a random split."""
    return cross_validate(inputs, folds, params, _minus_rmse, run, phase=comparison.PHASE).predicted[:, 0]


def _minus_rmse(predicted: FloatArray, truth: npt.NDArray[Any]) -> float:
    return -float(np.sqrt(np.mean((predicted[:, 0] - truth) ** 2)))
