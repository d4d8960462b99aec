"""The labels of a round, ``in/labels.csv``, and the rows of the pool that they belong to."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from jobfolder.dataset_path import dataset_path
from jobfolder.names import LABEL_COLUMNS
from spectra import FeatureSet

IntArray = npt.NDArray[np.int64]
Key = tuple[str, int | None, int | None]


@dataclass(frozen=True)
class LabelRow:
    """One labelled spectrum of the pool.

    Attributes
    ----------
    number
        Of the spectrum in the dataset.
    place
        Path below the dataset, HDU, row of the file; as the dataset calls them.
    label
        The class; empty: it was skipped or is unsure, so nothing is learned from it.
    """

    number: int
    place: Key
    label: str


@dataclass(frozen=True)
class Matched:
    """Labels with the rows of the pool that they belong to.

    Attributes
    ----------
    rows, labels
        Of what the model learns from: ascending row numbers, shape (n,), and their classes.
    gone
        Rows that have left the pool, ascending: `rows`, and those that were skipped or are unsure.
    lost
        Labels whose spectrum is no row of the pool, as its preparation rejected it.
    """

    rows: IntArray
    labels: tuple[str, ...]
    gone: IntArray
    lost: int


def read(path: Path) -> list[LabelRow]:
    """Read ``in/labels.csv``; without it nothing is labelled.

    Raises
    ------
    InvalidInput
        It has other columns, or a line is none of a label.
    """
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        lines = csv.DictReader(stream)
        if tuple(lines.fieldnames or ()) != LABEL_COLUMNS:
            raise InvalidInput(f"{path.name} must have the columns {', '.join(LABEL_COLUMNS)}.")
        try:
            return [_of(line) for line in lines]
        except (ValueError, TypeError) as error:
            raise InvalidInput(f"{path.name}, line {lines.line_num}: {error}.") from error


def _of(line: dict[str, str]) -> LabelRow:
    place = line["path"], _number(line["hdu"]), _number(line["row"])
    return LabelRow(int(line["number"]), place, line["label"])


def _number(text: str) -> int | None:
    return int(text) if text else None


def match(labels: Sequence[LabelRow], features: FeatureSet, kind: str, prefix: str) -> Matched:
    """Find the rows of the pool that labels belong to.

    Parameters
    ----------
    labels : sequence of LabelRow
        Of the round.
    features : FeatureSet
        The pool.
    kind : str
        Of the job's input: the rows of a feature set have the numbers of the dataset, prepared spectra are
        found by their place.
    prefix : str
        What the paths of the run's files begin with (`jobfolder.dataset_path.data_prefix`).

    Returns
    -------
    Matched
        A spectrum that is labelled twice has the later label.
    """
    if kind == "features":
        found = {each.number: each.label for each in labels if 0 <= each.number < features.rows}
    else:
        found = _by_place(labels, features, prefix)
    gone = np.array(sorted(found), dtype=np.int64)
    rows = np.array([row for row in gone.tolist() if found[row]], dtype=np.int64)
    distinct = len({each.number for each in labels})
    return Matched(rows, tuple(found[row] for row in rows.tolist()), gone, distinct - len(found))


def _by_place(labels: Sequence[LabelRow], features: FeatureSet, prefix: str) -> dict[int, str]:
    wanted = {each.place: each.label for each in labels}
    whole = {path: label for (path, hdu, row), label in wanted.items() if hdu is None and row is None}
    found: dict[int, str] = {}
    alone: dict[str, int | None] = {}  # the only row of a file that a label names without HDU and row
    first = 0
    for part in features.sources() if wanted else ():
        for number, source in enumerate(part, first):
            path = dataset_path(source.path, prefix)
            label = wanted.get((path, source.hdu, source.row))
            if label is not None:
                found[number] = label
            elif path in whole:
                alone[path] = None if path in alone else number
        first += len(part)
    return found | {number: whole[path] for path, number in alone.items() if number is not None}
