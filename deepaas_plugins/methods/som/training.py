"""Trains a map on a feature set: fits it, places all spectra, reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deepaas_plugins.methods.som.fitting import Fit, fit, threads
from deepaas_plugins.methods.som.map.grid import IntArray
from deepaas_plugins.methods.som.map.measures import place
from deepaas_plugins.methods.som.map.rows import FeatureRows
from deepaas_plugins.methods.som.model import QUANTILES, SomModel
from deepaas_plugins.methods.som.report import Findings, report

if TYPE_CHECKING:
    from deepaas_plugins.contract.run import Run
    from spectra import FeatureSet


def train(features: FeatureSet, params: dict[str, Any], run: Run, start: SomModel | None = None) -> SomModel:
    """Train a map on a feature set.

    Parameters
    ----------
    features
        The training set; labels are optional and have no part in the training.
    params
        Loaded by `parameters.TrainParameters`.
    run
        Told progress, metrics and views.
    start
        A map of this size whose prototypes are the first ones, or None.

    Raises
    ------
    InvalidInput
        The feature set cannot be trained on.
    Cancelled
        The run was asked to stop.
    """
    source = FeatureRows(features)
    with threads(params["threads"]):
        fitted = fit(source, params, run, None if start is None else start.prototypes)
        run.progress(0, 1, "report", "placing all spectra")
        placement = place(source, fitted.frame, fitted.prototypes, run.stop_if_cancelled)
    labels = features.labels()
    classes = sorted({label for label in labels if label})
    counts = class_counts(labels, classes, placement.cell, fitted.grid.cells)
    found = Findings(
        grid=fitted.grid,
        prototypes=fitted.prototypes,
        placement=placement,
        epochs=fitted.epochs,
        classes=classes,
        class_counts=counts,
        names=features.names(),
        labels=labels,
        wavelength=features.wavelength,
        column_names=features.column_names,
    )
    report(run, found, params["outliers"], params["component_planes"], params["plane_wavelengths"] or ())
    run.progress(1, 1, "report")
    return SomModel(
        recipe=features.recipe,
        classes=classes or None,
        grid=fitted.grid,
        frame=fitted.frame,
        prototypes=fitted.prototypes,
        class_counts=counts,
        distance_quantiles=np.quantile(placement.distance, np.linspace(0.0, 1.0, QUANTILES)),
        wavelength=features.wavelength,
        parameters=_as_trained(params, fitted),
    )


def class_counts(
    labels: Sequence[str | None], classes: Sequence[str], cell: IntArray, cells: int
) -> IntArray:
    """Count the labelled rows of each class in each cell.

    Returns
    -------
    ndarray
        Shape (classes, cells).
    """
    number = {name: k for k, name in enumerate(classes)}
    label = np.array([number.get(name, -1) if name else -1 for name in labels], dtype=np.int64)
    known = label >= 0
    flat = np.bincount(label[known] * cells + cell[known], minlength=len(classes) * cells)
    return flat.reshape(len(classes), cells)


def _as_trained(params: dict[str, Any], fitted: Fit) -> dict[str, Any]:
    """Return the parameters with the size that was chosen where none was given."""
    return {**params, "rows": fitted.grid.rows, "columns": fitted.grid.columns}
