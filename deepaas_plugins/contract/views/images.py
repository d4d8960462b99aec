"""Views of numbers over a plane: images of rows, maps of two parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from deepaas_plugins.contract.view import View, inline
from deepaas_plugins.contract.views.types import Array


def image(
    name: str,
    title: str,
    *,
    x: Array,
    z: Array,
    names: Sequence[str],
    x_title: str,
    z_title: str,
    x_unit: str = "",
    rows: Sequence[int] | Array | None = None,
    note: str = "",
) -> View:
    """Return an image of rows over an axis, about zero in the middle of its colours.

    Parameters
    ----------
    name, title : str
        Name of the view, unique in the report; its heading.
    x : ndarray
        The axis, shape (n,).
    z : ndarray
        Shape (lines, n), NaN where there is no value.
    names : sequence of str
        Name of each line, the first at the bottom.
    x_title, x_unit, z_title : str
        Of the axis and of the colours.
    rows : sequence of int or ndarray, optional
        Row of the feature set that each line is about: a click opens it.
    note : str
        A sentence below the heading.

    Returns
    -------
    View
        Of kind ``image``.

    Raises
    ------
    ValueError
        If there are not as many names or rows as lines.
    """
    if len(names) != len(z) or (rows is not None and len(rows) != len(z)):
        raise ValueError(f"an image of {len(z)} lines has {len(names)} names")
    data: dict[str, Any] = {
        "x": inline(x),
        "z": np.asarray(z, dtype=np.float32),
        "names": list(names),
        "x_title": x_title,
        "x_unit": x_unit,
        "z_title": z_title,
    }
    if rows is not None:
        data["rows"] = inline(rows)
    return View(name, "image", title, data, note)


def parameter_map(
    name: str,
    title: str,
    *,
    x: Array,
    y: Array,
    z: Array,
    x_title: str,
    y_title: str,
    z_title: str,
    levels: Sequence[float],
    best: tuple[float, float],
    parameters: Mapping[str, str],
    others: Mapping[str, Any] | None = None,
    note: str = "",
) -> View:
    """Return a map of a quality over two parameters, with contours; a click starts a training there.

    Parameters
    ----------
    name, title : str
        Name of the view, unique in the report; its heading.
    x, y : ndarray
        Values of the parameters, shapes (columns,) and (rows,).
    z : ndarray
        Quality, the smaller the better, shape (rows, columns).
    x_title, y_title, z_title : str
        Of the axes and of the colours, with units.
    levels : sequence of float
        Where contours are drawn.
    best : tuple of float
        x and y of the solution.
    parameters : mapping
        ``{"x": …, "y": …}``: parameters of training that a click sets.
    others : mapping, optional
        Parameters of training that it sets beside them.
    note : str
        A sentence below the heading.

    Returns
    -------
    View
        Of kind ``parameter-map``.
    """
    data = {
        "x": inline(x),
        "y": inline(y),
        "z": np.asarray(z, dtype=np.float64),
        "x_title": x_title,
        "y_title": y_title,
        "z_title": z_title,
        "levels": inline(list(levels)),
        "best": inline(list(best)),
        "parameters": dict(parameters),
        "others": inline(dict(others or {})),
    }
    return View(name, "parameter-map", title, data, note)
