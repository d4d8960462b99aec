"""The report of a prediction: the cells of a dataset's spectra, and their distances from the prototypes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract import views
from deepaas_plugins.methods.som.map.measures import u_matrix
from deepaas_plugins.pipeline.report import spread

if TYPE_CHECKING:
    from deepaas_plugins.methods.som.map.grid import Grid
    from spectra import FeatureSet

#: Rows of the table of outliers.
SHOWN = 200

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class TrainedMap:
    """The part of a model that the report shows.

    Attributes
    ----------
    grid : Grid
        Rows, columns and topology.
    prototypes : (cells, n) float32
        The prototype of each cell.
    wavelength : (n,) float64 or None
        Å in vacuum.
    classes : list of str or None
        Classes of the training set.
    class_counts : (classes, cells) int
        Training spectra of each class in each cell.
    """

    grid: Grid
    prototypes: npt.NDArray[Any]
    wavelength: Any
    classes: list[str] | None
    class_counts: npt.NDArray[Any]


def prediction_views(
    model: TrainedMap, numbers: Mapping[str, Floats], features: FeatureSet
) -> list[views.View]:
    """Return the map with the spectra on it, the distances and the table of the farthest.

    Parameters
    ----------
    model : TrainedMap
        The trained map with its classes.
    numbers : mapping
        ``cell_row``, ``cell_column`` and ``distance``, shape (rows,) each.
    features : FeatureSet
        The predicted rows.

    Returns
    -------
    list of views.View
        Views of the report.
    """
    grid, distance = model.grid, numbers["distance"]
    cell = (numbers["cell_row"] * grid.columns + numbers["cell_column"]).astype(np.int32)
    shape = (grid.rows, grid.columns)
    hits = np.bincount(cell, minlength=grid.cells)
    counts = model.class_counts
    total = counts.sum(axis=0)
    best = counts.argmax(axis=0) if len(counts) else np.zeros(grid.cells, dtype=int)
    classes = model.classes or []
    majority = (
        [classes[k] if n else None for k, n in zip(best, total, strict=True)]
        if classes
        else [None] * grid.cells
    )
    share = np.where(total > 0, counts.max(axis=0, initial=0) / np.maximum(total, 1), np.nan)
    return [
        views.som_map(
            "map",
            "Where they lie on the map",
            rows=grid.rows,
            columns=grid.columns,
            topology=grid.topology,
            u_matrix=u_matrix(grid, model.prototypes),
            hits=hits.reshape(shape),
            marks=cell,
            prototypes=model.prototypes,
            wavelength=model.wavelength,
            majority=[majority[row * grid.columns : (row + 1) * grid.columns] for row in range(grid.rows)],
            purity=share.reshape(shape),
            note="Circles count the spectra of this dataset; colours are the most frequent classes of the "
            "training set. Click a cell for its spectra.",
        ),
        spread(
            "distances",
            "Outlier score: distance to the nearest cell",
            "distance",
            distance,
            "Far to the right: unlike anything that the map was trained on. Click a bar for its spectra.",
        ),
        _outliers(numbers, features),
    ]


def _outliers(numbers: Mapping[str, Floats], features: FeatureSet) -> views.View:
    distance, outlier = numbers["distance"], numbers["is_outlier"]
    farthest = np.argsort(-distance, kind="stable")[:SHOWN]
    batch = features.take(farthest)
    rows: list[list[Any]] = [
        [
            int(row),
            name,
            label,
            float(distance[row]),
            "yes" if outlier[row] else "no",
            f"{numbers['cell_row'][row]:.0f}, {numbers['cell_column'][row]:.0f}",
        ]
        for row, name, label in zip(farthest, batch.names, batch.labels, strict=True)
    ]
    columns: list[views.Column] = [
        {"name": "spectrum", "title": "Spectrum"},
        {"name": "name", "title": "Name"},
        {"name": "label", "title": "Class in the dataset"},
        {"name": "distance", "title": "Distance"},
        {"name": "outlier", "title": "Outlier"},
        {"name": "cell", "title": "Cell (row, column)"},
    ]
    title = f"Outliers ({int(np.nansum(outlier))})"
    note = "The farthest from the prototypes of their cells first."
    return views.table("outliers", title, columns=columns, rows=rows, note=note)
