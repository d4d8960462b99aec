"""Trains a forest that predicts numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.rdf import importance
from deepaas_plugins.methods.rdf.cross_validation import cross_validate
from deepaas_plugins.methods.rdf.forest import grown_forest, out_of_bag_score
from deepaas_plugins.methods.rdf.model import ForestModel
from deepaas_plugins.methods.rdf.stored_forest import StoredForest
from deepaas_plugins.pipeline.validation import baselines, labelled, leakage, scores, splits
from deepaas_plugins.pipeline.validation.labelled import Labelled
from spectra import FeatureSet

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Rows of the table of the worst predictions.
SHOWN = 200


def train(features: FeatureSet, params: Json, run: Run) -> ForestModel:
    """Train a forest, measure it on held-out rows, and report.

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
    learn, test = splits.hold_back(
        params["test_fraction"], None, data.members, len(data.rows), params["seed"]
    )
    members = None if data.members is None else data.members[learn]
    parts = (
        splits.folds(params["folds"], None, members, len(learn), params["seed"])
        if params["folds"] > 1
        else []
    )
    forest = grown_forest(data.matrix[learn], data.target[learn], params, run)
    if (score := out_of_bag_score(forest)) is not None:
        run.metric("oob_score", score)
    if parts:
        whole = [(learn[some], learn[others]) for some, others in parts]
        result = cross_validate(data, whole, params, _minus_rmse, run)
        _report(data, result.predicted[:, 0], features, run, split="cross-validation")
        _compare(data, learn, whole, result.predicted[:, 0], params=params, features=features, run=run)
        if params["permutation_importance"]:
            unseen, rows = result.first
            importance.report_permutation(
                unseen, data.matrix[rows], data.target[rows], features=features, run=run, seed=params["seed"]
            )
    elif forest.bootstrap:
        inside = np.full(len(data.rows), np.nan)
        inside[learn] = forest.oob_prediction_
        _report(data, inside, features, run, split="out of bag")
    run.progress(0, 1, "report")
    importance.report(forest, features, run)
    if len(test):
        unseen_values = np.full(len(data.rows), np.nan)
        unseen_values[test] = forest.predict(data.matrix[test])
        _report(data, unseen_values, features, run, split="test set", prefix="test")
    run.progress(1, 1, "report")
    return ForestModel(
        forest=StoredForest(forest),
        recipe=features.recipe,
        classes=None,
        calibration=None,
        parameters=params,
        wavelength=features.wavelength,
    )


def _compare(
    data: Labelled,
    learn: IntArray,
    parts: list[splits.Split],
    predicted: FloatArray,
    *,
    params: Json,
    features: FeatureSet,
    run: Run,
) -> None:
    """Report the score of a random split and those of the baselines beside the forest's."""

    def values(folds: list[splits.Split]) -> FloatArray:
        result = cross_validate(data, folds, params, _minus_rmse, run, phase="random split")
        return result.predicted[:, 0]

    leakage.report(
        data,
        learn,
        predicted,
        values if params["random_split"] else None,
        score=scores.OF_VALUES,
        count=params["folds"],
        seed=params["seed"],
        features=features,
        run=run,
    )
    baselines.report(
        data, parts, predicted, score=scores.OF_VALUES, method="The forest", seed=params["seed"], run=run
    )


def _minus_rmse(predicted: FloatArray, truth: npt.NDArray[Any]) -> float:
    return -float(np.sqrt(np.mean((predicted[:, 0] - truth) ** 2)))


def measures(true: FloatArray, predicted: FloatArray) -> dict[str, float]:
    """Return measures of the error of predicted values.

    Parameters
    ----------
    true, predicted : ndarray
        Values, shape (rows,), in the unit of the label.

    Returns
    -------
    dict
        ``rmse``, ``mae`` and ``bias`` (predicted − true) in the unit of the label; ``r2``: 1 − residual /
        total sum of squares, NaN where all true values are equal.
    """
    difference = predicted - true
    total = float(np.sum((true - true.mean()) ** 2))
    return {
        "rmse": float(np.sqrt(np.mean(difference**2))),
        "mae": float(np.mean(np.abs(difference))),
        "bias": float(np.mean(difference)),
        "r2": 1.0 - float(np.sum(difference**2)) / total if total > 0 else float("nan"),
    }


_TITLES = {
    "rmse": ("Root mean square error", "lower"),
    "mae": ("Mean absolute error", "lower"),
    "bias": ("Mean of predicted − true", None),
    "r2": ("R²", "higher"),
}


def _report(
    data: Labelled, predicted: FloatArray, features: FeatureSet, run: Run, *, split: str, prefix: str = ""
) -> None:
    judged = np.isfinite(predicted)
    values = measures(data.target[judged], predicted[judged])
    head, tail = (f"{prefix}_", f"-{prefix}") if prefix else ("", "")
    for name, value in values.items():
        run.metric(head + name, value)
    listed: list[views.Value] = [
        {"name": head + name, "title": title, "value": values[name], "better": better, "help": ""}  # type: ignore[typeddict-item]
        for name, (title, better) in _TITLES.items()
    ]
    run.report(views.metrics("quality" + tail, f"Quality ({split})", values=listed))
    whole_true = data.spread_out(data.target, np.nan)
    whole_predicted = data.spread_out(predicted, np.nan)
    run.report(
        views.scatter(
            "predicted-true" + tail,
            f"Predicted against true ({split})",
            x_title="true",
            y_title="predicted",
            x=whole_true,
            y=whole_predicted,
        )
    )
    worst = data.rows[np.argsort(np.where(judged, -np.abs(predicted - data.target), np.inf))]
    names = features.names()
    run.report(
        views.table(
            "worst" + tail,
            f"Largest errors ({split})",
            columns=[
                {"name": "spectrum", "title": "Spectrum"},
                {"name": "name", "title": "Name"},
                {"name": "true", "title": "True"},
                {"name": "predicted", "title": "Predicted"},
            ],
            rows=[
                [row, names[row], whole_true[row], whole_predicted[row]]
                for row in worst[: min(SHOWN, int(judged.sum()))]
            ],
        )
    )
