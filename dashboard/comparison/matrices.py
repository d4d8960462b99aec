"""Confusion matrices side by side and as a difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.comparison.compared_run import ComparedRun, Matrix


@dataclass(frozen=True)
class MatrixDifference:
    """What changes from the matrix of one run to that of another, over the classes that both have.

    Attributes
    ----------
    view
        Id of the view in both reports.
    title
        Its title.
    first, second
        The runs, by index.
    classes
        The classes of both.
    left_out
        Classes of one of them alone.
    counts
        Second minus first, ``counts[true][predicted]``.
    same_spectra
        Whether both predicted equally many spectra of each class; else counts cannot be subtracted one by one
        without saying so.
    """

    view: str
    title: str
    first: int
    second: int
    classes: tuple[str, ...]
    left_out: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    same_spectra: bool

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "view": self.view,
            "title": self.title,
            "first": self.first,
            "second": self.second,
            "classes": list(self.classes),
            "left_out": list(self.left_out),
            "counts": [list(row) for row in self.counts],
            "same_spectra": self.same_spectra,
        }


def matrix_views(runs: Sequence[ComparedRun]) -> list[str]:
    """Return the ids of the confusion matrices that at least one run has."""
    return list(dict.fromkeys(view for run in runs for view in run.matrices))


def differences(runs: Sequence[ComparedRun]) -> list[MatrixDifference]:
    """Return the difference of each run's matrices to those of the first run that has them.

    Parameters
    ----------
    runs : sequence of ComparedRun
        The runs.

    Returns
    -------
    list of MatrixDifference
        Those over at least two classes.
    """
    found = []
    for view in matrix_views(runs):
        having = [index for index, run in enumerate(runs) if view in run.matrices]
        found += [_difference(runs, view, having[0], other) for other in having[1:]]
    return [one for one in found if len(one.classes) > 1]


def _difference(runs: Sequence[ComparedRun], view: str, first: int, second: int) -> MatrixDifference:
    before, after = runs[first].matrices[view], runs[second].matrices[view]
    classes = tuple(name for name in before.classes if name in after.classes)
    left_out = tuple(name for name in dict.fromkeys((*before.classes, *after.classes)) if name not in classes)
    old, new = _over(before, classes), _over(after, classes)
    counts = tuple(
        tuple(b - a for a, b in zip(old_row, new_row, strict=True))
        for old_row, new_row in zip(old, new, strict=True)
    )
    same = not left_out and all(sum(row) == 0 for row in counts)
    return MatrixDifference(view, before.title, first, second, classes, left_out, counts, same)


def _over(matrix: Matrix, classes: Sequence[str]) -> list[list[int]]:
    places = [matrix.classes.index(name) for name in classes]
    return [[matrix.counts[row][column] for column in places] for row in places]
