"""The report of a preprocessing job."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.preprocessing.export import export
from deepaas_plugins.methods.preprocessing.model import Preparation
from spectra import FeatureSet

FloatArray = npt.NDArray[np.float64]

#: Spectra drawn in the report, evenly from the whole set.
DRAWN = 50


def report(features: FeatureSet, params: Json, run: Run) -> Preparation:
    """Report the prepared spectra or components and the classes, and export the features.

    Parameters
    ----------
    features : FeatureSet
        The prepared rows; without wavelengths: components.
    params : Json
        Checked parameters.
    run : Run
        Takes the report.

    Returns
    -------
    Preparation
        The recipe as a model.
    """
    run.metric("rows", features.rows)
    run.metric("columns", features.columns)
    run.progress(0, 1, "report")
    run.report(_classes(features))
    if features.wavelength is not None:
        shown = np.unique(np.linspace(0, features.rows - 1, min(DRAWN, features.rows)).astype(int))
        run.report(views.spectra_rows("prepared", "Prepared spectra", rows=shown))
    else:
        _report_components(features, run)
    run.progress(1, 1, "report")
    export(features, params["export"], run)
    return Preparation(features.recipe, params, features.wavelength)


def _classes(features: FeatureSet) -> views.View:
    counts = Counter(label if label is not None else "(no label)" for label in features.labels())
    return views.table(
        "class-counts",
        "Classes",
        columns=[{"name": "class", "title": "Class"}, {"name": "spectra", "title": "Spectra"}],
        rows=[[name, count] for name, count in counts.most_common()],
    )


def _report_components(features: FeatureSet, run: Run) -> None:
    names = features.column_names or tuple(f"feature {number + 1}" for number in range(features.columns))
    spread, first = _variances(features)
    labels = [label if label is not None else "(no label)" for label in features.labels()]
    if features.columns > 1:
        run.report(
            views.scatter(
                "components",
                "First components",
                x_title=names[0],
                y_title=names[1],
                x=first[:, 0],
                y=first[:, 1],
                colour=labels,
            )
        )
    share = spread / spread.sum() if spread.sum() > 0 else spread
    numbers = np.arange(1, features.columns + 1)
    run.report(
        views.curves(
            "variance",
            "Variance of the components",
            x_title="component",
            y_title="share of the variance of all kept components",
            series=[
                {"name": "each", "x": numbers, "y": share},
                {"name": "cumulative", "x": numbers, "y": np.cumsum(share)},
            ],
            note="Relative to what is kept; where the curve flattens, further components bring little.",
        )
    )


def _variances(features: FeatureSet) -> tuple[FloatArray, npt.NDArray[np.float32]]:
    """Return the variance of every column, and the first two columns of every row, in one pass by chunks."""
    total, squares, first = np.zeros(features.columns), np.zeros(features.columns), []
    origin: FloatArray | None = None
    for batch in features.chunks():
        flux = batch.flux.astype(np.float64)
        if origin is None:
            # Sums of squares cancel far from zero; the first chunk's mean is near enough to the mean.
            origin = flux.mean(axis=0)
        total += (flux - origin).sum(axis=0)
        squares += ((flux - origin) ** 2).sum(axis=0)
        first.append(batch.flux[:, :2].copy())
    variance: FloatArray = np.maximum(squares / features.rows - (total / features.rows) ** 2, 0.0)
    return variance, np.concatenate(first)
