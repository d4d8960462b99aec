"""Views of predicted numbers: robust σ and rms, residuals, coverage of the intervals, outlying labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.contract.run import Run
from deepaas_plugins.pipeline.regression import measures
from deepaas_plugins.pipeline.validation.labelled import Labelled
from spectra import FeatureSet

FloatArray = npt.NDArray[np.float64]

#: A label is outlying if the error is more than so many half widths of its interval.
OUTLYING = 2.0
#: Rows of the table of outlying labels.
SHOWN = 100


def robust_sigma(error: FloatArray) -> float:
    """Return 1.4826 times the median absolute deviation from the median: σ of normal errors.

    Parameters
    ----------
    error : ndarray
        Predicted − true, shape (rows,).

    Returns
    -------
    float
        In the unit of the error.
    """
    return float(1.4826 * np.median(np.abs(error - np.median(error))))


def target(
    data: Labelled, name: str, value: FloatArray, half: FloatArray, *, features: FeatureSet, run: Run
) -> None:
    """Report a target: metrics, predicted against true, residuals, outlying labels.

    Parameters
    ----------
    data : Labelled
        The labelled rows with this target.
    name : str
        Of the target.
    value, half : ndarray
        Predicted for left-out rows, and the half widths of their intervals, each of shape (rows,).
    features : FeatureSet
        Names the rows.
    run : Run
        Takes metrics and views.
    """
    true = data.target
    error = value - true
    half = np.maximum(half, np.finfo(float).tiny)
    run.metric(f"robust_sigma:{name}", robust_sigma(error))
    for key, number in measures(true, value).items():
        run.metric(f"{key}:{name}", number)
    whole = {key: data.spread_out(each, np.nan) for key, each in {"value": value, "true": true}.items()}
    run.report(
        views.scatter(
            views.view_id("predicted-true", name),
            f"{name}: predicted against true (cross-validation)",
            x_title=f"true {name}",
            y_title=f"predicted {name}",
            x=whole["true"],
            y=whole["value"],
        )
    )
    run.report(
        views.scatter(
            views.view_id("residuals", name),
            f"{name}: predicted − true (cross-validation)",
            x_title=f"predicted {name}",
            y_title="predicted − true",
            x=whole["value"],
            y=whole["value"] - whole["true"],
        )
    )
    pull = data.spread_out(error / half, np.nan)
    run.report(
        views.scatter(
            views.view_id("pull", name),
            f"{name}: error in half widths of the interval",
            x_title=f"predicted {name}",
            y_title="(predicted − true) / half width",
            x=whole["value"],
            y=pull,
            note="True values whose point lies between −1 and 1 are inside their interval.",
        )
    )
    _outlying(data, name, value, half, features=features, run=run)


def _outlying(
    data: Labelled,
    name: str,
    value: FloatArray,
    half: FloatArray,
    *,
    features: FeatureSet,
    run: Run,
) -> None:
    pull = np.abs(value - data.target) / half
    worst = np.flatnonzero(pull > OUTLYING)
    shown = worst[np.argsort(-pull[worst], kind="stable")][:SHOWN]
    names = features.names()
    columns: list[views.Column] = [
        {"name": "spectrum", "title": "Spectrum"},
        {"name": "name", "title": "Name"},
        {"name": "label", "title": "Label"},
        {"name": "predicted", "title": "Predicted"},
        {"name": "low", "title": "From"},
        {"name": "high", "title": "To"},
    ]
    cells = [
        [
            int(data.rows[row]),
            names[data.rows[row]],
            data.target[row],
            value[row],
            value[row] - half[row],
            value[row] + half[row],
        ]
        for row in shown
    ]
    run.report(
        views.table(
            views.view_id("outlying", name),
            f"{name}: outlying labels ({len(worst)})",
            columns=columns,
            rows=cells,
            note=f"Labels more than {OUTLYING:g} half widths of the interval from the prediction, worst "
            "first: wrong labels, binaries and spectra of another kind are found here.",
        )
    )


def overview(
    names: Sequence[str],
    values: FloatArray,
    found: FloatArray,
    half: FloatArray,
    *,
    coverage: float,
    run: Run,
) -> None:
    """Report robust σ, rms, bias and coverage of all targets in one table.

    Parameters
    ----------
    names : sequence of str
        Of the targets.
    values : ndarray
        True values, shape (rows, targets).
    found, half : ndarray
        Predicted values and half widths of their intervals, each of shape (rows, targets).
    coverage : float
        That the intervals should have.
    run : Run
        Takes the view.
    """
    rows = []
    for place, name in enumerate(names):
        true, value = values[:, place], found[:, place]
        inside = np.abs(value - true) <= half[:, place]
        known = measures(true, value)
        rows.append(
            [
                name,
                robust_sigma(value - true),
                known["rmse"],
                known["bias"],
                known["r2"],
                float(inside.mean()),
            ]
        )
    columns: list[views.Column] = [
        {"name": "target", "title": "Value"},
        {"name": "robust_sigma", "title": "Robust σ"},
        {"name": "rmse", "title": "Root mean square error"},
        {"name": "bias", "title": "Mean of predicted − true"},
        {"name": "r2", "title": "R²"},
        {"name": "coverage", "title": f"Inside the interval ({coverage:.0%} wanted)"},
    ]
    run.report(
        views.table(
            "quality",
            "Quality (cross-validation)",
            columns=columns,
            rows=rows,
            note="Robust σ is 1.4826 times the median absolute deviation: a few wrong labels do not change "
            "it. Both are in the unit of the value.",
        )
    )
