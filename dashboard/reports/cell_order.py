"""The order in which similar spectra come together: by cell of a map, by cluster, by class."""

from __future__ import annotations

from typing import Any

from dashboard.base.errors import NotFound
from dashboard.data.isolated.predictions import PredictedRow
from dashboard.reports.model_opinions import chance
from dashboard.reports.report import Report

MAP = "som-map"


def by_cell(one: PredictedRow) -> tuple[Any, ...]:
    """Return a key that walks a map line by line, to and fro; within a cell in the order of the table."""
    if len(one.group) == 2 and one.group[0][0] == one.group[1][0] == 0:
        (_, line, _), (_, column, _) = one.group
        return (0, line, column if line % 2 == 0 else -column, one.row)
    return (1, *one.group, -chance(one), one.row)


def rows_by_cell(report: Report) -> list[int]:
    """Return the rows of a report with a map, cell by cell, to and fro over the map.

    Parameters
    ----------
    report : Report
        Of a job that trained a map.

    Raises
    ------
    NotFound
        If it has no map.
    Invalid
        If the file of cells cannot be used.
    """
    view = next((one for one in report.views() if one["kind"] == MAP), None)
    if view is None:
        raise NotFound(
            "The job has neither predictions with cells, clusters or classes, nor a map: train or predict "
            "with a self-organising map."
        )
    columns = int(report.view(view["id"])["data"]["columns"])
    cells: dict[int, list[int]] = {}
    for start, marks in report.mark_pieces(view["id"]):
        for row, mark in enumerate(marks.tolist(), start):
            if mark >= 0:
                cells.setdefault(int(mark), []).append(row)
    return [row for mark in sorted(cells, key=lambda mark: _walk(mark, columns)) for row in cells[mark]]


def _walk(mark: int, columns: int) -> tuple[int, int]:
    line, column = divmod(mark, columns)
    return line, column if line % 2 == 0 else -column
