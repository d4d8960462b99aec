"""How well numbers are predicted: the measures and views that every regression reports alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views

if TYPE_CHECKING:
    from deepaas_plugins.contract.run import Run
    from deepaas_plugins.pipeline.validation.labelled import Labelled
    from spectra import FeatureSet

FloatArray = npt.NDArray[np.float64]

#: Rows of the table of the worst predictions.
SHOWN = 200


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


def report(
    data: Labelled, predicted: FloatArray, features: FeatureSet, run: Run, *, split: str, prefix: str = ""
) -> None:
    """Report the measures of the error, predicted against true values, and the largest errors.

    Parameters
    ----------
    data
        The labelled rows.
    predicted
        Shape (labelled rows,), NaN where a row was not judged.
    features
        Names the rows.
    run
        Takes metrics and views.
    split
        What was compared, for people: "cross-validation", "test set" …
    prefix
        Before the names of metrics and after those of views, where a run reports more than one split.
    """
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
