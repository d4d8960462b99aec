"""Views of self-organising maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from deepaas_plugins.contract.view import View, inline
from deepaas_plugins.contract.views.types import Array, Topology


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
