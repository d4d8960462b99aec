"""Which spectra two runs predict differently, found by the marks of their confusion matrices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dashboard.base.errors import Invalid
from dashboard.comparison.compared_run import Matrix
from dashboard.reports.report import Report
from jobfolder.dataset_path import dataset_path
from spectra import Source

MOST_COMPARED = 100_000  # rows of a run, whose sources are held in memory

Location = tuple[str, int | None, int | None]


@dataclass(frozen=True)
class Predicted:
    """The rows of a run that its matrix counts.

    Attributes
    ----------
    rows : ndarray of int64
        Numbers of the rows of the feature set, ascending.
    true, predicted : tuple of str
        Their classes.
    """

    rows: npt.NDArray[np.int64]
    true: tuple[str, ...]
    predicted: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """A spectrum that two runs predict differently.

    Attributes
    ----------
    true
        Its class in the second run.
    before, after
        What the first and the second run predict.
    first_row, second_row
        Its rows in their feature sets.
    """

    true: str
    before: str
    after: str
    first_row: int
    second_row: int


@dataclass(frozen=True)
class Agreement:
    """What two runs say of the spectra that both predicted.

    Attributes
    ----------
    changes
        Those that they predict differently.
    common
        How many both predicted.
    only_first, only_second
        How many only one of them predicted.
    """

    changes: tuple[Change, ...]
    common: int
    only_first: int
    only_second: int


def predicted_rows(report: Report, matrix: Matrix) -> Predicted:
    """Return the rows that a matrix counts.

    Parameters
    ----------
    report : Report
        The report.
    matrix : Matrix
        One of its matrices.

    Returns
    -------
    Predicted
        The rows, at most `MOST_COMPARED`.

    Raises
    ------
    Invalid
        If there are more, or the marks are no cells of the matrix.
    """
    rows: list[npt.NDArray[np.int64]] = []
    marks: list[npt.NDArray[np.int64]] = []
    found = 0
    for start, values in report.mark_pieces(matrix.view):
        here = np.flatnonzero(values >= 0)
        found += len(here)
        if found > MOST_COMPARED:
            raise Invalid(
                f"Spectra are compared one by one up to {MOST_COMPARED} of a run; it predicted more."
            )
        rows.append(start + here.astype(np.int64))
        marks.append(values[here].astype(np.int64))
    size = len(matrix.classes)
    every = np.concatenate(marks) if marks else np.empty(0, np.int64)
    if every.size and int(every.max()) >= size**2:
        raise Invalid(f"The marks of the view {matrix.view!r} are no cells of its matrix.")
    true, predicted = np.divmod(every, size)
    return Predicted(
        np.concatenate(rows) if rows else np.empty(0, np.int64),
        tuple(matrix.classes[index] for index in true),
        tuple(matrix.classes[index] for index in predicted),
    )


def location(source: Source) -> Location:
    """Return what names a spectrum in any run on its dataset."""
    return dataset_path(source.path), source.hdu, source.row


def agreement(
    first: Predicted, second: Predicted, at: Sequence[Location], there: Sequence[Location]
) -> Agreement:
    """Return where two runs disagree.

    Parameters
    ----------
    first, second : Predicted
        What they predict.
    at, there : sequence of tuple
        Where the rows of the first, and of the second, came from.

    Returns
    -------
    Agreement
        The changes in the order of the second run.
    """
    known: Mapping[Location, int] = {where: index for index, where in enumerate(at)}
    changes, common = [], 0
    for index, where in enumerate(there):
        before = known.get(where)
        if before is None:
            continue
        common += 1
        if first.predicted[before] != second.predicted[index]:
            rows = int(first.rows[before]), int(second.rows[index])
            changes.append(
                Change(second.true[index], first.predicted[before], second.predicted[index], *rows)
            )
    return Agreement(tuple(changes), common, len(known) - common, len(there) - common)


def of_cell(changes: Sequence[Change], true: str, predicted: str) -> list[Change]:
    """Return the changes into a cell of the matrix, and out of it; empty names stand for any class.

    Parameters
    ----------
    changes : sequence of Change
        Changes.
    true, predicted : str
        The cell.

    Returns
    -------
    list of Change
        In the order of `changes`.
    """
    return [
        one
        for one in changes
        if (not true or one.true == true) and (not predicted or predicted in {one.before, one.after})
    ]


def change_json(change: Change, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a change with what is known of its spectrum."""
    rows = {"first_row": change.first_row, "second_row": change.second_row}
    return {**told, "true": change.true, "before": change.before, "after": change.after, **rows}
