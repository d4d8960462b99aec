"""The report of a prediction: how odd a dataset's spectra are, the oddest, and what is odd in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.methods.outliers import odd_parts
from deepaas_plugins.methods.outliers.parameters import DETECTORS
from deepaas_plugins.methods.outliers.report import DRAWN
from deepaas_plugins.pipeline.report import spread

if TYPE_CHECKING:
    from deepaas_plugins.methods.outliers.scorer import Scorer
    from spectra import FeatureSet

Floats = npt.NDArray[np.float32]

#: Rows of the table of the oddest.
SHOWN = 200


def views_of(model: Scorer, numbers: Mapping[str, Floats], features: FeatureSet) -> list[views.View]:
    """Return the views.

    Parameters
    ----------
    model : Scorer
        That predicted.
    numbers : mapping
        ``oddness``, ``quantiles_NAME`` and, with marks, ``relevance``; shape (rows,) each.
    features : FeatureSet
        The predicted rows.

    Returns
    -------
    list of View
        The oddest, their odd parts, and the distribution of all.
    """
    by = "relevance" if "relevance" in numbers else "oddness"
    # Many are odder than all of the training set: of those the detectors' mean decides.
    mean = np.mean([numbers[f"quantiles_{name}"] for name in model.detectors], axis=0)
    order = np.lexsort((-mean, -numbers[by]))
    return [
        _oddest(model, numbers, features, order[:SHOWN], by),
        *odd_parts.of_rows(model, features, order[:DRAWN]),
        spread(
            "oddness",
            "Oddness",
            "share of the training spectra that are less odd",
            numbers["oddness"],
            "1: odder than every spectrum of the training set. Click a bar for its spectra.",
        ),
    ]


def _oddest(
    model: Scorer,
    numbers: Mapping[str, Floats],
    features: FeatureSet,
    rows: npt.NDArray[np.intp],
    by: str,
) -> views.View:
    batch = features.take(rows)
    deviations = model.residuals.deviations(model.frame.rows(batch.flux))
    shown = [key for key in ("relevance", "expected_mark", "oddness", "disagreement") if key in numbers]
    keys = [*shown, *(f"quantiles_{name}" for name in model.detectors)]
    titles = [key.replace("_", " ").capitalize() for key in shown]
    titles += [f"Quantile: {DETECTORS[name]}" for name in model.detectors]
    columns: list[views.Column] = [
        {"name": "spectrum", "title": "Spectrum"},
        {"name": "name", "title": "Name"},
        {"name": "label", "title": "Class in the dataset"},
        *({"name": key, "title": title} for key, title in zip(keys, titles, strict=True)),  # type: ignore[list-item]
        {"name": "odd_at", "title": f"Odd at ({model.unit})"},
    ]
    cells: list[list[Any]] = [
        [
            int(row),
            name,
            label,
            *(float(numbers[key][row]) for key in keys),
            model.told_points(deviations[place]),
        ]
        for place, (row, name, label) in enumerate(zip(rows, batch.names, batch.labels, strict=True))
    ]
    title = f"Outliers ({int(np.nansum(numbers['is_outlier']))})"
    note = (
        f"By {by}, of {features.rows:,} spectra. Quantiles are shares of the training spectra with lower "
        "scores."
    )
    marking = "marks" if model.remembered.knows(batch.names) else None
    return views.table("outliers", title, columns=columns, rows=cells, marking=marking, note=note)
