"""The views of a report: data that the dashboard draws, each made by one function here (contract "Views").

Every function takes the view's `name` (its id in the report), its title and, last, a `note` to explain it.
Arrays among a view's data are written as ``.npy`` files beside ``report.json``; small matrices go inline.
Marks are one int32 per row of the feature set: the number of the mark the row belongs to, -1 for none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, NotRequired, TypedDict

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.view import View, inline

__all__ = [
    "Array",
    "Column",
    "Place",
    "Series",
    "Topology",
    "Value",
    "View",
    "bars",
    "component_planes",
    "confusion_matrix",
    "curves",
    "histogram",
    "inline",
    "metrics",
    "scatter",
    "som_map",
    "spectra_drawn",
    "spectra_rows",
    "table",
]

Array = npt.NDArray[Any]
Topology = Literal["rectangular", "hexagonal"]


class Series(TypedDict):
    """One curve."""

    name: str
    x: Sequence[float] | Array
    y: Sequence[float] | Array


class Column(TypedDict):
    """One column of a table; the one named ``spectrum`` holds row numbers of the feature set."""

    name: str
    title: str
    unit: NotRequired[str]


class Place(NamedTuple):
    """A spectrum of the dataset: path (``archive.zip!/member``), HDU and row where a file holds several."""

    path: str
    hdu: int | None = None
    row: int | None = None


class Value(TypedDict):
    """One number of a metrics view."""

    name: str
    title: str
    value: float | None
    better: Literal["higher", "lower"] | None
    help: str


def som_map(
    name: str,
    title: str,
    *,
    rows: int,
    columns: int,
    topology: Topology,
    u_matrix: Array,
    hits: Array,
    marks: Array,
    prototypes: Array,
    wavelength: Array | None = None,
    majority: Sequence[Sequence[str | None]] | None = None,
    class_counts: Mapping[str, Array] | None = None,
    purity: Array | None = None,
    note: str = "",
) -> View:
    """Self-organising map.

    Parameters
    ----------
    u_matrix, hits, purity
        Shape (rows, columns); `purity` is NaN where a cell is empty.
    majority
        Most frequent class of each cell, None where empty; shape (rows, columns).
    class_counts
        For each class its hits, shape (rows, columns).
    marks
        Shape (rows of the feature set,): the cell, ``row * columns + column``.
    prototypes
        Shape (rows*columns, n).
    wavelength
        Grid of the prototypes, Å in vacuum, shape (n,), or None.
    """
    nothing = [[None] * columns for _ in range(rows)]
    data = {
        "rows": rows,
        "columns": columns,
        "topology": topology,
        "u_matrix": inline(u_matrix),
        "hits": inline(hits),
        "majority": inline(majority) if majority is not None else nothing,
        "class_counts": inline(class_counts or {}),
        "purity": inline(purity) if purity is not None else nothing,
        "marks": np.asarray(marks, dtype=np.int32),
        "prototypes": np.asarray(prototypes, dtype=np.float32),
        "wavelength": inline(wavelength) if wavelength is not None else None,
    }
    return View(name, "som-map", title, data, note)


def component_planes(
    name: str,
    title: str,
    *,
    topology: Topology,
    planes: Array,
    names: Sequence[str],
    note: str = "",
) -> View:
    """Return a view of the component planes of a map.

    Parameters
    ----------
    name : str
        Name of the view, unique in the report.
    title : str
        Its heading.
    topology : Topology
        Shape of the cells.
    planes : ndarray
        Values of each cell, shape (k, rows, columns).
    names : sequence of str
        Name of each plane.
    note : str
        A sentence below the heading.

    Returns
    -------
    View
        Of kind ``component-planes``.

    Raises
    ------
    ValueError
        If there are not as many names as planes.
    """
    count, rows, columns = planes.shape
    if count != len(names):
        raise ValueError(f"{count} planes but {len(names)} names")
    data = {
        "rows": rows,
        "columns": columns,
        "topology": topology,
        "planes": np.asarray(planes, dtype=np.float32),
        "names": list(names),
    }
    return View(name, "component-planes", title, data, note)


def confusion_matrix(
    name: str,
    title: str,
    *,
    classes: Sequence[str],
    true: Array,
    predicted: Array,
    split: str,
    note: str = "",
) -> View:
    """Confusion matrix, counted from class numbers.

    Parameters
    ----------
    true, predicted
        Shape (rows of the feature set,): numbers into `classes`; -1 in either leaves the row out.
    split
        What was compared: "cross-validation", "test set", "out of bag".
    """
    size = len(classes)
    both = (true >= 0) & (predicted >= 0)
    marks = np.where(both, true * size + predicted, -1).astype(np.int32)
    counts = np.bincount(marks[both], minlength=size * size).reshape(size, size)
    data = {"classes": list(classes), "counts": counts.tolist(), "marks": marks, "split": split}
    return View(name, "confusion-matrix", title, data, note)


def curves(
    name: str,
    title: str,
    *,
    x_title: str,
    y_title: str,
    series: Sequence[Series],
    x_unit: str = "",
    note: str = "",
) -> View:
    """Return a view of curves over a common axis.

    Parameters
    ----------
    name : str
        Name of the view, unique in the report.
    title : str
        Its heading.
    x_title, y_title : str
        Titles of the axes.
    series : sequence of Series
        The curves: name, x and y of each.
    x_unit : str
        Unit of the axis, such as ``Å``; empty: none.
    note : str
        A sentence below the heading.

    Returns
    -------
    View
        Of kind ``curves``.
    """
    data = {"x_title": x_title, "x_unit": x_unit, "y_title": y_title, "series": inline(list(series))}
    return View(name, "curves", title, data, note)


def scatter(
    name: str,
    title: str,
    *,
    x_title: str,
    y_title: str,
    x: Array,
    y: Array,
    colour: Array | Sequence[str] | None = None,
    note: str = "",
) -> View:
    """Return a view of points, one for each row of the feature set.

    Parameters
    ----------
    name : str
        Name of the view, unique in the report.
    title : str
        Its heading.
    x_title, y_title : str
        Titles of the axes.
    x, y : ndarray
        Coordinates, shape (rows,); NaN: the point is not drawn.
    colour : ndarray or sequence of str, optional
        A number (array) or a class (list) for each row.
    note : str
        A sentence below the heading.

    Returns
    -------
    View
        Of kind ``scatter``.
    """
    data: dict[str, Any] = {
        "x_title": x_title,
        "y_title": y_title,
        "x": np.asarray(x, dtype=np.float32),
        "y": np.asarray(y, dtype=np.float32),
    }
    if colour is not None:
        numbers = isinstance(colour, np.ndarray) and colour.dtype.kind in "fiu"
        data["colour"] = np.asarray(colour, dtype=np.float32) if numbers else [*map(str, colour)]
    return View(name, "scatter", title, data, note)


def histogram(
    name: str,
    title: str,
    *,
    x_title: str,
    values: Array,
    edges: Array,
    note: str = "",
) -> View:
    """Return a histogram of one value for each row of the feature set.

    Parameters
    ----------
    name : str
        Name of the view, unique in the report.
    title : str
        Its heading.
    x_title : str
        Title of the axis, with the unit.
    values : ndarray
        Shape (rows,); NaN or outside the edges: in no bar.
    edges : ndarray
        Edges of the bars, ascending, shape (bars + 1,); the last bar includes its upper edge.
    note : str
        A sentence below the heading.

    Returns
    -------
    View
        Of kind ``histogram``.
    """
    inside = (values >= edges[0]) & (values <= edges[-1])
    bars = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    marks = np.where(inside, bars, -1).astype(np.int32)
    counts = np.bincount(marks[inside], minlength=len(edges) - 1)
    data = {"x_title": x_title, "edges": inline(edges), "counts": counts.tolist(), "marks": marks}
    return View(name, "histogram", title, data, note)


def bars(
    name: str,
    title: str,
    *,
    x_title: str,
    names: Sequence[str],
    marks: Array,
    note: str = "",
) -> View:
    """Return a histogram of classes.

    Parameters
    ----------
    name : str
        Name of the view, unique in the report.
    title : str
        Its heading.
    x_title : str
        Title of the axis.
    names : sequence of str
        The classes, one bar each.
    marks : ndarray
        The bar of each row of the feature set, shape (rows,), integer; −1: none.
    note : str
        A sentence below the heading.

    Returns
    -------
    View
        Of kind ``histogram``.
    """
    counts = np.bincount(marks[marks >= 0], minlength=len(names))
    data = {
        "x_title": x_title,
        "names": list(names),
        "edges": list(range(len(names) + 1)),
        "counts": counts.tolist(),
        "marks": np.asarray(marks, dtype=np.int32),
    }
    return View(name, "histogram", title, data, note)


def table(
    name: str,
    title: str,
    *,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Any]],
    places: Sequence[Place] | None = None,
    note: str = "",
) -> View:
    """Return a table; cells of a column named ``spectrum`` are row numbers of the feature set.

    Parameters
    ----------
    name, title
        Identifier of the view, and its heading.
    columns
        Name, title and unit of each column.
    rows
        As many cells in each as there are columns.
    places
        The spectrum of the dataset that each row is about, as its column ``source`` says it for people.
    note
        A sentence below the heading.

    Raises
    ------
    ValueError
        If a row has another number of cells, or `places` another number of entries.
    """
    if any(len(row) != len(columns) for row in rows):
        raise ValueError(f"every row of table {name} has {len(columns)} cells")
    data: dict[str, Any] = {"columns": list(columns), "rows": inline(list(rows))}
    if places is not None:
        if len(places) != len(rows):
            raise ValueError(f"table {name} has {len(rows)} rows and {len(places)} places")
        data["places"] = [place._asdict() for place in places]
    return View(name, "table", title, data, note)


def spectra_rows(
    name: str,
    title: str,
    *,
    rows: Sequence[int] | Array,
    note: str = "",
) -> View:
    """Return a view of spectra of the feature set.

    Parameters
    ----------
    name : str
        Name of the view, unique in the report.
    title : str
        Its heading.
    rows : sequence of int or ndarray
        Row numbers of the spectra.
    note : str
        A sentence below the heading.

    Returns
    -------
    View
        Of kind ``spectra``.
    """
    return View(name, "spectra", title, {"rows": inline(rows)}, note)


def spectra_drawn(
    name: str,
    title: str,
    *,
    wavelength: Array,
    flux: Array,
    names: Sequence[str],
    note: str = "",
) -> View:
    """Return a view of spectra that are in no feature set, such as prototypes and means.

    Parameters
    ----------
    name : str
        Name of the view, unique in the report.
    title : str
        Its heading.
    wavelength : ndarray
        In Å in vacuum, shape (n,).
    flux : ndarray
        Shape (spectra, n).
    names : sequence of str
        Name of each spectrum.
    note : str
        A sentence below the heading.

    Returns
    -------
    View
        Of kind ``spectra``.
    """
    data = {"wavelength": inline(wavelength), "flux": inline(flux), "names": list(names)}
    return View(name, "spectra", title, data, note)


def metrics(
    name: str,
    title: str,
    *,
    values: Sequence[Value],
    note: str = "",
) -> View:
    """Return a view of named numbers.

    Parameters
    ----------
    name : str
        Name of the view, unique in the report.
    title : str
        Its heading.
    values : sequence of Value
        Name, value and the direction in which it is better, of each.
    note : str
        A sentence below the heading.

    Returns
    -------
    View
        Of kind ``metrics``.
    """
    return View(name, "metrics", title, {"values": inline(list(values))}, note)
