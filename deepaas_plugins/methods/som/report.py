"""The report of a training: the map, its component planes, its errors, and the most distant spectra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deepaas_plugins.contract import views
from deepaas_plugins.methods.som.map.batch_rule import Epoch
from deepaas_plugins.methods.som.map.grid import Grid, IntArray
from deepaas_plugins.methods.som.map.measures import Placement, u_matrix
from deepaas_plugins.methods.som.map.rows import Values

if TYPE_CHECKING:
    from deepaas_plugins.contract.run import Run

#: Bars of the histogram of distances.
BARS = 40


#: How often labels are shuffled.
SHUFFLES = 5


@dataclass(frozen=True)
class Findings:
    """A trained map with the cells of its training set.

    Attributes
    ----------
    grid, prototypes
        The map; prototypes in feature units, shape (cells, columns).
    placement
        Of the training set.
    epochs
        What each epoch found.
    classes
        Names of the classes; empty without labels.
    class_counts
        Shape (classes, cells).
    names, labels
        Of the training spectra.
    wavelength
        Of the columns, Å in vacuum, or None.
    column_names
        Names of the columns where they are not wavelengths, or None.
    """

    grid: Grid
    prototypes: Values
    placement: Placement
    epochs: Sequence[Epoch]
    classes: Sequence[str]
    class_counts: IntArray
    names: Sequence[str]
    labels: Sequence[str | None]
    wavelength: Values | None
    column_names: Sequence[str] | None

    def purity(self) -> Values:
        """Return the share of each cell's most frequent class.

        Returns
        -------
        ndarray
            Shape (cells,), 0 to 1; NaN where no row has a label.
        """
        total = self.class_counts.sum(axis=0)
        most = self.class_counts.max(axis=0, initial=0)
        return np.where(total > 0, most / np.maximum(total, 1), np.nan)

    def overall_purity(self) -> float:
        """Return the share of labelled spectra whose cell's most frequent class is their own."""
        return float(self.class_counts.max(axis=0, initial=0).sum() / self.class_counts.sum())

    def shuffled_purity(self) -> float:
        """Return what the purity is where the same labels lie in the same cells by chance: a mean of some."""
        counts = self.class_counts
        label = np.repeat(np.arange(len(counts)), counts.sum(axis=1))
        cell = np.repeat(np.tile(np.arange(counts.shape[1]), len(counts)), counts.reshape(-1))
        random, found = np.random.default_rng(0), []
        for _ in range(SHUFFLES):
            flat = np.bincount(random.permutation(label) * counts.shape[1] + cell, minlength=counts.size)
            found.append(flat.reshape(counts.shape).max(axis=0).sum() / len(label))
        return float(np.mean(found))


def report(run: Run, found: Findings, outliers: int, planes: int, plane_wavelengths: Sequence[float]) -> None:
    """Report all views and metrics.

    Parameters
    ----------
    run
        Where to.
    found
        What there is to say.
    outliers
        Rows of the table of outliers.
    planes
        Component planes at evenly spaced columns.
    plane_wavelengths
        More component planes, at these wavelengths, Å.
    """
    run.report(_map(found))
    run.report(_metrics(run, found))
    if found.epochs:
        run.report(_curve(found.epochs))
    run.report(_outliers(found, outliers))
    run.report(_distances(found.placement.distance))
    columns = _plane_columns(found, planes, plane_wavelengths)
    if columns:
        run.report(_planes(found, columns))


def _map(found: Findings) -> views.View:
    grid = found.grid
    shape = (grid.rows, grid.columns)
    majority: list[str | None] = [None] * grid.cells
    if len(found.classes):
        best = found.class_counts.argmax(axis=0)
        total = found.class_counts.sum(axis=0)
        majority = [found.classes[k] if n else None for k, n in zip(best, total, strict=True)]
    return views.som_map(
        "map",
        "Map",
        rows=grid.rows,
        columns=grid.columns,
        topology=grid.topology,
        u_matrix=u_matrix(grid, found.prototypes),
        hits=found.placement.hits(grid).reshape(shape),
        marks=found.placement.cell,
        prototypes=found.prototypes,
        wavelength=found.wavelength,
        majority=[majority[row * grid.columns : (row + 1) * grid.columns] for row in range(grid.rows)],
        class_counts={
            name: counts.reshape(shape)
            for name, counts in zip(found.classes, found.class_counts, strict=True)
        },
        purity=found.purity().reshape(shape),
        note="Ridges of the U-matrix part groups of similar spectra; a circle is as large as the number of "
        "spectra in the cell and has the colour of their most frequent class. Click a cell for its spectra.",
    )


def _metrics(run: Run, found: Findings) -> views.View:
    placement, grid = found.placement, found.grid
    values: list[views.Value] = [
        {
            "name": "quantisation_error",
            "title": "Quantisation error",
            "value": placement.quantisation_error(),
            "better": "lower",
            "help": "Mean distance of a spectrum to the prototype of its cell.",
        },
        {
            "name": "topographic_error",
            "title": "Topographic error",
            "value": placement.topographic_error(grid),
            "better": "lower",
            "help": "Share of spectra whose two nearest cells are not neighbours; 0: perfectly ordered.",
        },
        {
            "name": "empty_cells",
            "title": "Empty cells",
            "value": float((placement.hits(grid) == 0).sum()),
            "better": None,
            "help": "Cells that no spectrum is nearest to: they lie between groups.",
        },
    ]
    note = ""
    if len(found.classes):
        purity, shuffled = found.overall_purity(), found.shuffled_purity()
        majority = float(found.class_counts.sum(axis=1).max() / found.class_counts.sum())
        baselines = {"majority": majority, "shuffled": shuffled}
        for name, reached in baselines.items():
            run.metric(f"baseline_{name}", reached)
        run.metric("beats_baselines", float(purity > max(baselines.values())))
        note = _verdict(purity, majority, shuffled)
        values += [
            {
                "name": "purity",
                "title": "Class purity",
                "value": purity,
                "better": "higher",
                "help": "Share of labelled spectra that have the most frequent class of their cell.",
            },
            {
                "name": "impurity",
                "title": "Class impurity",
                "value": 1.0 - purity,
                "better": "lower",
                "help": "Share of labelled spectra that lie among another class.",
            },
        ]
    for value in values:
        if value["value"] is not None:
            run.metric(value["name"], value["value"])
    return views.metrics("quality", "Quality of the map", values=values, note=note)


def _verdict(purity: float, majority: float, shuffled: float) -> str:
    figures = (
        f"{purity:.2f}; the most frequent class alone {majority:.2f}, labels shuffled among cells "
        f"{shuffled:.2f}"
    )
    if purity > max(majority, shuffled):
        return f"Class purity {figures}."
    return f"The map does not part the classes better than chance: class purity {figures}."


def _curve(epochs: Sequence[Epoch]) -> views.View:
    return views.curves(
        "training",
        "Training",
        x_title="epoch",
        y_title="quantisation error",
        series=[
            {
                "name": "quantisation error",
                "x": [epoch.number for epoch in epochs],
                "y": [epoch.quantisation_error for epoch in epochs],
            }
        ],
        note="Error at the start of each epoch.",
    )


def _outliers(found: Findings, count: int) -> views.View:
    distance = found.placement.distance
    farthest = np.argsort(-distance, kind="stable")[:count]
    rank = 1.0 - np.arange(len(farthest)) / len(distance)
    cells = [divmod(int(cell), found.grid.columns) for cell in found.placement.cell[farthest]]
    rows: list[list[Any]] = [
        [int(row), found.names[row], found.labels[row], distance[row], share, f"{down + 1}, {across + 1}"]
        for row, share, (down, across) in zip(farthest, rank, cells, strict=True)
    ]
    return views.table(
        "outliers",
        "Outliers",
        columns=[
            {"name": "spectrum", "title": "Spectrum"},
            {"name": "name", "title": "Name"},
            {"name": "label", "title": "Class"},
            {"name": "distance", "title": "Distance"},
            {"name": "quantile", "title": "Quantile"},
            {"name": "cell", "title": "Cell (row, column)"},
        ],
        rows=rows,
        note="Spectra farthest from the prototype of their cell: unlike anything common in the training set.",
    )


def _distances(distance: Values) -> views.View:
    low, high = float(distance.min()), float(distance.max())
    if not high > low:
        low, high = low - 0.5, high + 0.5
    return views.histogram(
        "distances",
        "Distances to the nearest cell",
        x_title="distance",
        values=distance,
        edges=np.linspace(low, high, BARS + 1),
    )


def _plane_columns(found: Findings, planes: int, wavelengths: Sequence[float]) -> list[int]:
    """Choose columns: evenly spaced ones, and those nearest to the wavelengths inside the grid."""
    count = found.prototypes.shape[1]
    chosen = set(np.linspace(0, count - 1, min(planes, count)).round().astype(int).tolist())
    grid = found.wavelength
    if grid is not None:
        chosen |= {int(np.abs(grid - w).argmin()) for w in wavelengths if grid[0] <= w <= grid[-1]}
    return sorted(chosen)


def _planes(found: Findings, columns: Sequence[int]) -> views.View:
    grid = found.grid
    planes = found.prototypes[:, columns].T.reshape(len(columns), grid.rows, grid.columns)
    if found.wavelength is not None:
        names = [f"{found.wavelength[column]:.1f} Å" for column in columns]
    else:
        names = [
            found.column_names[column] if found.column_names else f"column {column}" for column in columns
        ]
    return views.component_planes(
        "planes",
        "Component planes",
        topology=grid.topology,
        planes=planes,
        names=names,
        note="The prototypes' value at one wavelength, over the map.",
    )
