"""What stands beside a method's score: the same method on a random split, and the baselines."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.pipeline.validation import baselines, leakage, scores
from deepaas_plugins.pipeline.validation.labelled import Labelled
from deepaas_plugins.pipeline.validation.splits import Split
from spectra import FeatureSet

#: The phase of a run in which the random split is measured.
PHASE = "random split"


def report(
    data: Labelled,
    learn: npt.NDArray[np.int64],
    parts: list[Split],
    predicted: npt.NDArray[Any],
    predict: leakage.Predict,
    *,
    method: str,
    params: Json,
    features: FeatureSet,
    run: Run,
) -> None:
    """Report what the cross-validation of a method is compared with.

    Parameters
    ----------
    data : Labelled
        All labelled rows.
    learn : ndarray
        Those that are cross-validated, shape (n,).
    parts : list of Split
        The folds by object.
    predicted : ndarray
        What was predicted in them: class numbers or values, shape (rows,).
    predict : Predict
        Cross-validates the method in other folds.
    method : str
        Its name, for people.
    params : Json
        The method's: ``folds``, ``seed``, ``random_split``.
    features : FeatureSet
        Names the rows.
    run : Run
        Takes metrics and views.

    Raises
    ------
    Cancelled
        If the run was asked to stop.
    """
    score = scores.OF_VALUES if data.classes is None else scores.OF_CLASSES
    leakage.report(
        data,
        learn,
        predicted,
        predict if params["random_split"] else None,
        score=score,
        count=params["folds"],
        seed=params["seed"],
        features=features,
        run=run,
        parts=parts,
    )
    baselines.report(data, parts, predicted, score=score, method=method, seed=params["seed"], run=run)
