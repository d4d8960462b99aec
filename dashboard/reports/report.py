"""A job's report as plain JSON for a browser: every view bounded, whatever the container wrote.

The views are those of ``docs/contracts.md``, section 7; the differences are listed in
``docs/dashboard.md``. All methods read files: call them in a thread.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dashboard.base.errors import Invalid, NotFound
from dashboard.base.untrusted_folder import ConfinedFolder
from dashboard.data.curve import FLUX_DIGITS, X_DIGITS, numbers, thinned
from dashboard.reports.arrays import Array, ArrayFile, open_array
from dashboard.reports.density import density_of
from dashboard.reports.mark_titles import mark_title
from dashboard.reports.plain_json import plain_json
from dashboard.reports.polygon import within

MOST_VALUES = 400_000  # numbers in one answer (about 4 MB of JSON)
MOST_SCATTERED = 20_000  # points
MOST_COLUMN = 20_000_000  # values of a column that is thinned
MOST_CURVE = 5_000  # points of one series
MOST_ROWS = 5_000  # of a table
_BESIDE = {"error", "low", "high", "rows"}  # of a curve, a value for each point

_ARRAY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.npy")
Data = dict[str, Any]


class Report:
    """The report below one attempt's ``out/``."""

    def __init__(self, out: Path) -> None:
        self._folder = ConfinedFolder(out)

    def views(self) -> list[dict[str, str]]:
        """Return the views without their data; none before the job has written a report."""
        return [_named(view) for view in self._all]

    def view(self, wanted: str, first: int = 0) -> dict[str, Any]:
        """Return one view with its files resolved.

        Parameters
        ----------
        wanted : str
            Its id.
        first : int
            First component plane.

        Raises
        ------
        NotFound
            If there is no such view.
        Invalid
            If a file that it names cannot be used.
        """
        found = self._view(wanted)
        data = dict(found["data"])
        special = _SPECIAL.get(str(found.get("kind")))
        try:
            if special is not None:
                data = special(self, data, first)
            resolved = {key: self._resolved(key, value) for key, value in data.items()}
        except (TypeError, KeyError, AttributeError, IndexError) as error:
            raise Invalid(
                f"The data of the view {wanted!r} do not have the form of its kind: {error}."
            ) from error
        return {**_named(found), "data": plain_json(resolved)}

    def rows_of_mark(self, wanted: str, mark: int, page: int, size: int) -> tuple[list[int], int]:
        """Return one page of the rows of the feature set that belong to a mark.

        Parameters
        ----------
        wanted : str
            Id of the view.
        mark : int
            Number of the cell, the pair of classes or the bar.
        page, size : int
            Page from 1, and rows on a page.

        Returns
        -------
        list of int, int
            The rows, and their number on all pages.

        Raises
        ------
        NotFound
            If there is no such view, or it has no marks.
        Invalid
            If the file of marks cannot be used.
        """
        first = (page - 1) * size
        rows: list[int] = []
        total = 0
        for start, values in self._marks(wanted).pieces():
            here = np.flatnonzero(values == mark)
            skipped = max(first - total, 0)
            rows += (start + here[skipped : skipped + max(size - len(rows), 0)]).tolist()
            total += len(here)
        return rows, total

    def mark_pieces(self, wanted: str) -> Iterator[tuple[int, Array]]:
        """Yield the marks of a view in pieces.

        Parameters
        ----------
        wanted : str
            Id of the view.

        Yields
        ------
        int, ndarray of int
            First row of a piece, and the marks of its rows; negative: of none.

        Raises
        ------
        NotFound
            If there is no such view, or it has no marks.
        Invalid
            If the file of marks cannot be used.
        """
        return self._marks(wanted).pieces()

    def rows_of_marks(self, wanted: str, marks: Sequence[int], most: int) -> list[int]:
        """Return the rows of the feature set that belong to one of some marks.

        Parameters
        ----------
        wanted : str
            Id of the view.
        marks : sequence of int
            Numbers of cells, pairs of classes or bars.
        most : int
            It is not read on where there are more rows.

        Returns
        -------
        list of int
            The rows, ascending; more than `most` if there are.

        Raises
        ------
        NotFound
            If there is no such view, or it has no marks.
        Invalid
            If the file of marks cannot be used.
        """
        rows: list[int] = []
        for start, values in self._marks(wanted).pieces():
            rows += (start + np.flatnonzero(np.isin(values, marks))).tolist()
            if len(rows) > most:
                break
        return rows

    def rows_within(self, wanted: str, polygon: Sequence[Sequence[float]]) -> list[int]:
        """Return the rows whose points of a scatter plot lie within a polygon.

        Parameters
        ----------
        wanted : str
            Id of the view.
        polygon : sequence of (float, float)
            Its corners, in the coordinates of the plot.

        Returns
        -------
        list of int
            The rows, ascending.

        Raises
        ------
        NotFound
            If there is no such view, or it is no scatter plot.
        Invalid
            If its points cannot be used.
        """
        view = self._view(wanted)
        if view.get("kind") != "scatter":
            raise NotFound(f"The view {wanted!r} has no points.")
        try:
            x, y = (np.asarray(self._column(view["data"][key]), dtype=np.float64) for key in ("x", "y"))
            return np.flatnonzero(within(x, y, np.asarray(polygon, dtype=np.float64))).tolist()
        except (TypeError, KeyError, ValueError) as error:
            raise Invalid(f"The points of the view {wanted!r} cannot be used: {error}.") from error

    def title(self, wanted: str, mark: int) -> str:
        """Return the title of a mark: its cell, classes or range.

        Raises
        ------
        NotFound
            If there is no such view.
        """
        return mark_title(self._view(wanted), mark)

    def prototype(self, wanted: str, mark: int) -> tuple[Array | None, Array] | None:
        """Return the grid and the prototype of a cell of a map, or None if there is none.

        Parameters
        ----------
        wanted : str
            Id of the view.
        mark : int
            Number of the cell.

        Returns
        -------
        tuple of (array or None, array)
            Wavelengths in Å, vacuum (None: columns are no wavelengths), and values, both of shape (columns,).
        """
        data = self._view(wanted)["data"]
        if not _is_array(data.get("prototypes")):
            return None
        file = self._open(data["prototypes"])
        if len(file.shape) != 2 or not 0 <= mark < file.shape[0]:
            return None
        return _grid(data.get("wavelength"), file.shape[1]), file.rows(mark, 1)[0].astype(float)

    @functools.cached_property
    def _all(self) -> list[dict[str, Any]]:
        """All views; the file is read once, however many of them are asked for."""
        try:
            report = self._folder.json("report/report.json") or {}
        except ValueError as error:
            raise Invalid(f"The report cannot be read: {error}.") from error
        views = report.get("views")
        found = views if isinstance(views, list) else []
        return [view for view in found if isinstance(view, dict) and isinstance(view.get("data"), dict)]

    def _view(self, wanted: str) -> dict[str, Any]:
        for view in self._all:
            if view.get("id") == wanted:
                return view
        raise NotFound(f"The report has no view {wanted!r}; it may not be written yet.")

    def _open(self, name: str) -> ArrayFile:
        return open_array(self._folder, f"report/{name}")

    def _marks(self, wanted: str) -> ArrayFile:
        name = self._view(wanted)["data"].get("marks")
        if not _is_array(name):
            raise NotFound(f"The view {wanted!r} has no marks.")
        file = self._open(str(name))
        if len(file.shape) != 1 or file.dtype.kind not in "iu":
            raise Invalid(f"The marks of the view {wanted!r} are not one whole number per row.")
        return file

    def _resolved(self, key: str, value: Any) -> Any:
        if not _is_array(value):
            return value
        file = self._open(value)
        if key == "marks":
            marked = sum(int((piece >= 0).sum()) for _, piece in file.pieces()) if len(file.shape) == 1 else 0
            return {"rows": file.shape[0] if file.shape else 0, "marked": marked}
        if file.size > MOST_VALUES:
            reason = f"{file.size} values are too many to show; download the file"
            return {"file": value, "shape": list(file.shape), "reason": reason}
        return file.all()

    def _thin_prototypes(self, data: Data, _first: int) -> Data:
        if not _is_array(data.get("prototypes")):
            return data
        file = self._open(data["prototypes"])
        if len(file.shape) != 2:
            return data
        cells, columns = file.shape
        each = max(MOST_VALUES // max(cells, 1), 1)
        shown = np.unique(np.linspace(0, columns - 1, min(columns, each)).round().astype(int))
        lines = [file.rows(start, 256)[:, shown] for start in range(0, cells, 256)]
        grid = _grid(data.get("wavelength"), columns)
        return {
            **data,
            "prototypes": np.concatenate(lines) if lines else [],
            "wavelength": None if grid is None else numbers(grid[shown], X_DIGITS),
        }

    def _some_planes(self, data: Data, first: int) -> Data:
        if not _is_array(data.get("planes")):
            return data
        file = self._open(data["planes"])
        count = max(MOST_VALUES // max(file.width, 1), 1)
        names = list(data["names"])[first : first + count]
        return {
            **data,
            "planes": file.rows(first, count),
            "planes_total": file.shape[0],
            "names": names,
            "first": first,
        }

    def _some_points(self, data: Data, _first: int) -> Data:
        columns = {key: self._column(data[key]) for key in ("x", "y", "colour") if data.get(key) is not None}
        total = len(columns["x"])
        rows = np.unique(np.linspace(0, max(total - 1, 0), min(total, MOST_SCATTERED)).round().astype(int))
        picked = {
            key: column[rows] if isinstance(column, np.ndarray) else [column[row] for row in rows.tolist()]
            for key, column in columns.items()
        }
        density = {} if total <= MOST_SCATTERED else {"density": density_of(columns["x"], columns["y"])}
        return {**data, **picked, **density, "rows": rows.tolist(), "points_total": total}

    def _column(self, value: Any) -> Any:
        if not _is_array(value):
            return list(value)
        file = self._open(value)
        if file.size > MOST_COLUMN:
            raise Invalid(f"{value} has {file.size} points, too many to draw; download it.")
        return file.all()

    def _thin_curves(self, data: Data, _first: int) -> Data:
        series = []
        for one in data["series"]:
            x, y = (np.asarray(self._column(one[key]), dtype=float) for key in ("x", "y"))
            shown = thinned(y, MOST_CURVE)
            beside = {
                key: np.asarray(self._column(one[key]), dtype=float)[shown] for key in _BESIDE & set(one)
            }
            more = {key: numbers(values, FLUX_DIGITS) for key, values in beside.items() if key != "rows"}
            if "rows" in beside:
                more["rows"] = [int(row) for row in beside["rows"]]
            series.append(
                {**one, "x": numbers(x[shown], X_DIGITS), "y": numbers(y[shown], FLUX_DIGITS), **more}
            )
        return {**data, "series": series}

    def _some_rows(self, data: Data, _first: int) -> Data:
        if _is_array(data.get("rows")):
            file = self._open(data["rows"])
            rows: Any = file.rows(0, MOST_ROWS).tolist()
            return {**data, "rows": rows, "rows_total": file.shape[0]}
        if isinstance(data.get("rows"), list):
            return {**data, "rows": data["rows"][:MOST_ROWS], "rows_total": len(data["rows"])}
        return data


_SPECIAL: Mapping[str, Callable[[Report, Data, int], Data]] = {
    "som-map": Report._thin_prototypes,  # noqa: SLF001 (this class's own methods, by kind of view)
    "component-planes": Report._some_planes,  # noqa: SLF001
    "scatter": Report._some_points,  # noqa: SLF001
    "curves": Report._thin_curves,  # noqa: SLF001
    "table": Report._some_rows,  # noqa: SLF001
    "spectra": Report._some_rows,  # noqa: SLF001
}


def _named(view: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(view.get(key, "")) for key in ("id", "kind", "title", "help")}


def _is_array(value: object) -> bool:
    return isinstance(value, str) and _ARRAY.fullmatch(value) is not None


def _grid(value: Any, columns: int) -> Array | None:
    if not isinstance(value, list) or len(value) != columns:
        return None
    return np.asarray(value, dtype=float)
