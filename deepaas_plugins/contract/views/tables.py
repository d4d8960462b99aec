"""Views of figures: tables, confusion matrices, metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from deepaas_plugins.contract.view import View, inline
from deepaas_plugins.contract.views.types import Array, Column, Place, Value


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


def table(
    name: str,
    title: str,
    *,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Any]],
    places: Sequence[Place] | None = None,
    marking: str | None = None,
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
    marking
        The prediction's parameter that takes marks of these spectra, by their column ``name``, as JSON of
        names and numbers from 0 to 5; None: rows cannot be marked.
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
    if marking is not None:
        data["marking"] = marking
    return View(name, "table", title, data, note)


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
