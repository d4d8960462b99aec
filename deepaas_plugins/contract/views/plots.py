"""Views that are drawn over axes: curves, points, histograms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepaas_plugins.contract.view import View, inline
from deepaas_plugins.contract.views.types import Array, Series


def curves(
    name: str,
    title: str,
    *,
    x_title: str,
    y_title: str,
    series: Sequence[Series],
    x_unit: str = "",
    scale: str = "linear",
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
    scale : str
        "linear", or "log" of both axes.
    note : str
        A sentence below the heading.

    Returns
    -------
    View
        Of kind ``curves``.
    """
    data = {"x_title": x_title, "x_unit": x_unit, "y_title": y_title, "series": inline(list(series))}
    if scale == "log":
        data |= {"x_log": True, "y_log": True}
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
