"""Importance of the parts of a spectrum for the prediction."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.rdf.trees.forest import Forest
from deepaas_plugins.methods.spectral_features.representation import Representation
from spectra import FeatureSet

FloatArray = npt.NDArray[np.float64]

#: Stretches that the spectrum is cut into for permutation importance, and shuffles of each.
STRETCHES, SHUFFLES = 40, 3


def report(forest: Forest, representation: Representation, features: FeatureSet, run: Run) -> None:
    """Report the mean decrease of impurity of every feature (Breiman 2001).

    Parameters
    ----------
    forest : Forest
        The trained forest.
    representation : Representation
        From the points of a spectrum to the forest's first features; those after it have no wavelength.
    features : FeatureSet
        What it was trained on.
    run : Run
        Takes the report.
    """
    decrease = forest.feature_importances_[: representation.size(features.columns)]
    of_points = representation.over_columns(decrease, features.columns)
    run.report(
        _curve(
            "importance",
            "Importance over wavelength" if features.wavelength is not None else "Importance of features",
            features,
            [
                {
                    "name": "decrease of impurity",
                    "x": _axis(features),
                    "y": of_points,
                }
            ],
            "How much splits at each point make classes purer; neighbouring points share their importance.",
        )
    )


def report_permutation(
    forest: Forest,
    matrix: npt.NDArray[np.float32],
    truth: npt.NDArray[Any],
    *,
    representation: Representation,
    features: FeatureSet,
    run: Run,
    seed: int,
) -> None:
    """Report how much the score drops when a stretch of held-out spectra is shuffled.

    Stretches are shuffled, not single points: neighbouring points carry the same information, so that a
    single one is not missed.

    Parameters
    ----------
    forest : Forest
        The trained forest.
    matrix : ndarray
        Held-out features, shape (rows, features), float32.
    truth : ndarray
        Class or value of each row, shape (rows,).
    representation : Representation
        From the points of a spectrum to the forest's first features.
    features : FeatureSet
        What the forest was trained on; has the wavelengths.
    run : Run
        Takes the report.
    seed : int
        Of the random numbers.

    Raises
    ------
    Cancelled
        If the run was asked to stop.
    """
    random = np.random.default_rng(seed)
    whole = forest.score(matrix, truth)
    columns = representation.size(features.columns) // representation.parts
    edges = np.linspace(0, columns, min(STRETCHES, columns) + 1).astype(int)
    lost = np.zeros(columns)
    for number, (start, end) in enumerate(pairwise(edges)):
        run.stop_if_cancelled()
        run.progress(number + 1, len(edges) - 1, "report", "permutation importance")
        shuffled = matrix.copy()
        scores = []
        for _ in range(SHUFFLES):
            order = random.permutation(len(matrix))
            for part in range(0, columns * representation.parts, columns):
                shuffled[:, part + start : part + end] = matrix[order, part + start : part + end]
            scores.append(forest.score(shuffled, truth))
        lost[start:end] = whole - np.mean(scores)
    lost = representation.over_bins(lost, features.columns)
    run.report(
        _curve(
            "permutation-importance",
            "Permutation importance",
            features,
            [
                {
                    "name": "loss of score",
                    "x": _axis(features),
                    "y": lost,
                }
            ],
            "What the score on unseen spectra loses when a stretch is shuffled among them.",
        )
    )


def _axis(features: FeatureSet) -> FloatArray:
    if features.wavelength is not None:
        return np.asarray(features.wavelength, dtype=np.float64)
    return np.arange(features.columns, dtype=np.float64)


def _curve(name: str, title: str, features: FeatureSet, series: list[views.Series], note: str) -> views.View:
    over_wavelength = features.wavelength is not None
    return views.curves(
        name,
        title,
        x_title="wavelength" if over_wavelength else "feature",
        x_unit="Å" if over_wavelength else "",
        y_title=series[0]["name"],
        series=series,
        note=note,
    )
