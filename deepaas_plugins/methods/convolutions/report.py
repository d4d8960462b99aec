"""Views of a trained model: quality, and which parts of the spectrum its outputs depend on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.convolutions.kernels import Kernels
from deepaas_plugins.methods.convolutions.ridge import Ridge
from deepaas_plugins.pipeline import classification, regression
from deepaas_plugins.pipeline.validation.labelled import Labelled
from spectra import FeatureSet

FloatArray = npt.NDArray[np.float64]


def quality(
    data: Labelled, predicted: FloatArray, features: FeatureSet, run: Run, *, split: str, prefix: str = ""
) -> None:
    """Report how well classes or values were predicted.

    Parameters
    ----------
    data : Labelled
        The labelled rows.
    predicted : ndarray
        Probabilities, shape (rows, classes), or values, shape (rows, 1); NaN where a row was not judged.
    features : FeatureSet
        Names the rows.
    run : Run
        Takes metrics and views.
    split : str
        What was compared, for people: "cross-validation", "test set" …
    prefix : str
        As in `classification.report`; with one, probabilities are not shown.
    """
    if data.classes is None:
        regression.report(data, predicted[:, 0], features, run, split=split, prefix=prefix)
        return
    judged = np.isfinite(predicted[:, 0])
    winners = np.where(judged, np.nan_to_num(predicted).argmax(axis=1), -1)
    true = data.spread_out(data.target, -1)
    classification.report(run, data.classes, true, data.spread_out(winners, -1), split=split, prefix=prefix)
    if not prefix:
        error = classification.calibration_error(predicted[judged], data.target[judged])
        run.metric("calibration_error", error)
        classification.report_probabilities(
            run, features.names(), data.classes, true, data.spread_out(predicted, np.nan)
        )


def segments(
    kernels: Kernels, ridge: Ridge, classes: list[str] | None, features: FeatureSet, run: Run
) -> None:
    """Report how much each segment of the spectrum weighs in each output.

    Parameters
    ----------
    kernels : Kernels
        Whose features the ridge takes.
    ridge : Ridge
        The trained one.
    classes : list of str or None
        Names of its outputs; None where it is one value.
    features : FeatureSet
        Has the wavelengths.
    run : Run
        Takes the view.
    """
    segment_of = kernels.segment_of
    squares = np.stack(
        [(ridge.coefficients[segment_of == each] ** 2).sum(axis=0) for each in range(kernels.segments)]
    )
    share = np.sqrt(squares / np.maximum(squares.sum(axis=0), np.finfo(float).tiny))
    edges = np.linspace(0, features.columns - 1, kernels.segments + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    over_wavelength = features.wavelength is not None
    x = middle
    if features.wavelength is not None:
        x = np.interp(middle, np.arange(features.columns), features.wavelength)
    names = ["value"] if classes is None else classes
    run.report(
        views.curves(
            "importance",
            "Importance over wavelength" if over_wavelength else "Importance of features",
            x_title="wavelength" if over_wavelength else "feature",
            x_unit="Å" if over_wavelength else "",
            y_title="share of the coefficients",
            series=[{"name": name, "x": x, "y": share[:, number]} for number, name in enumerate(names)],
            note="Root of the share of squared coefficients that each segment has, at its middle. Features "
            "are standardised, so that coefficients compare.",
        )
    )
