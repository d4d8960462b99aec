"""Feature sets as CSV, in the dialects of VO-CLOUD.

Its preprocessing wrote a table **with a header**: ``id``, one column per wavelength named by its number, and
``class`` last where classes were known; its active learning has ``id,label,wavelength…``. Its forest and its
map read tables **without a header**: numbers only, separated by commas or blanks; for the forest the class is
the last column. Unknown values are written ``?``; no feature may be unknown here.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

import numpy as np

from spectra.air import air_to_vacuum
from spectra.batch import Batch
from spectra.features.feature_set import FeatureSet
from spectra.features.layout import FeatureSetError
from spectra.features.writer import FeatureSetWriter
from spectra.spectrum import FloatArray, Source

NAME_COLUMNS = ("id", "name")
LABEL_COLUMNS = ("class", "label")
UNKNOWN = ("", "?")
MOST_COLUMNS = 100_000
_ROWS = 2048
_SHORTEST = 100.0  # Å
_CELL = 200_000  # characters; a line of 100,000 numbers is many cells, none of them is this long


def write_csv(features: FeatureSet, out: Path, *, header: bool = True) -> None:
    """Write a feature set as CSV.

    Parameters
    ----------
    features
        Read in chunks.
    out
        The file.
    header
        True: ``id``, wavelengths (or column names), ``class`` where any row has a label. False: numbers only,
        and the class last where any row has a label (``?`` where it is unknown).
    """
    labelled = any(label is not None for label in features.labels())
    with out.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        if header:
            lines.writerow(["id", *_headings(features), *(["class"] if labelled else [])])
        for batch in features.chunks(_ROWS):
            for row in range(len(batch)):
                label = batch.labels[row]
                # repr of a float32 is the shortest text that reads back as the same float32.
                cells: list[str] = [str(value) for value in batch.flux[row]]
                if header:
                    cells.insert(0, batch.names[row])
                if labelled:
                    cells.append("?" if label is None else label)
                lines.writerow(cells)


def _headings(features: FeatureSet) -> Sequence[str]:
    if features.wavelength is not None:
        return [repr(float(value)) for value in features.wavelength]
    return features.column_names or [f"feature{number + 1}" for number in range(features.columns)]


@dataclass(frozen=True, slots=True)
class _Layout:
    """The roles of the columns."""

    width: int
    features: list[int]
    name: int | None
    label: int | None
    wavelength: FloatArray | None
    columns: list[str] | None


def read_csv(
    source: Path,
    out: Path,
    *,
    header: bool | None = None,
    last_is_class: bool | None = None,
    frame: str = "vacuum",
    synthetic: bool = False,
) -> FeatureSet:
    """Make a feature set of a CSV of either dialect.

    Parameters
    ----------
    source
        Separated by commas, semicolons, tabs or blanks.
    out
        The Parquet file.
    header
        Whether the first line is a header; None looks: it is one if its first cell is ``id`` or ``name``, or
        a cell is ``class`` or ``label``.
    last_is_class
        Without a header: whether the last column is the class; None looks: it is if the first line's last
        cell is no number. (Classes that are numbers look like features: say True.)
    frame
        "air" where the header's wavelengths are in air; they are converted, the flux is not touched.
    synthetic
        Whether the spectra were made by a generator.

    Raises
    ------
    FeatureSetError
        The table is nonsense; the message names the line.
    """
    try:
        with source.open(newline="", encoding="utf-8-sig") as file:
            layout, rows = _start(source, file, header, last_is_class, frame)
            return _copy(source, rows, layout, out, synthetic=synthetic)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FeatureSetError(source, f"it cannot be read as CSV: {error}") from error


def _start(
    source: Path, file: TextIO, header: bool | None, last_is_class: bool | None, frame: str
) -> tuple[_Layout, Iterator[list[str]]]:
    lines = _lines(file)
    first = next(lines, None)
    if first is None:
        raise FeatureSetError(source, "it is empty")
    if len(first) > MOST_COLUMNS:
        raise FeatureSetError(source, f"it has {len(first)} columns, at most {MOST_COLUMNS} are read")
    if header if header is not None else _looks_like_header(first):
        return _from_header(source, first, frame), lines
    return _from_first_row(first, last_is_class), chain([first], lines)


def _copy(
    source: Path, rows: Iterator[list[str]], layout: _Layout, out: Path, *, synthetic: bool
) -> FeatureSet:
    number = 0
    with FeatureSetWriter(
        out, wavelength=layout.wavelength, columns=layout.columns, synthetic=synthetic
    ) as writer:
        while part := list(islice(rows, _ROWS)):
            writer.write(_batch(source, part, layout, number))
            number += len(part)
        if not number:
            raise FeatureSetError(source, "it has a header, but no rows")
    return FeatureSet.open(out)


def _lines(file: TextIO) -> Iterator[list[str]]:
    start = file.readline()
    file.seek(0)
    mark = max(",;\t ", key=start.count)
    csv.field_size_limit(_CELL)
    cells = csv.reader(file, delimiter=mark, skipinitialspace=True)
    for line in cells:
        stripped = [cell.strip() for cell in line]
        if mark == " ":
            stripped = [cell for cell in stripped if cell]
        if any(stripped):
            yield stripped


def _looks_like_header(cells: Sequence[str]) -> bool:
    words = [cell.lower() for cell in cells]
    return words[0] in NAME_COLUMNS or any(word in LABEL_COLUMNS for word in words)


def _from_header(source: Path, cells: Sequence[str], frame: str) -> _Layout:
    words = [cell.lower() for cell in cells]
    name = next((place for place, word in enumerate(words) if word in NAME_COLUMNS), None)
    label = next((place for place, word in enumerate(words) if word in LABEL_COLUMNS), None)
    features = [place for place in range(len(cells)) if place not in {name, label}]
    if not features:
        raise FeatureSetError(source, "its header names no features")
    wavelength = _wavelengths([cells[place] for place in features])
    if wavelength is None:
        return _Layout(len(cells), features, name, label, None, [cells[place] for place in features])
    if frame == "air":
        wavelength = air_to_vacuum(wavelength)
    return _Layout(len(cells), features, name, label, wavelength, None)


def _wavelengths(cells: Sequence[str]) -> FloatArray | None:
    """Return the numbers of a header if they can be wavelengths: ascending and positive."""
    try:
        grid = np.array([float(cell) for cell in cells])
    except ValueError:
        return None
    ascending = np.isfinite(grid).all() and grid[0] > 0 and (np.diff(grid) > 0).all()
    # Columns that are merely numbered (1, 2, 3 …) are no spectrum: Å start far above.
    return grid if ascending and grid[0] >= _SHORTEST else None


def _from_first_row(cells: Sequence[str], last_is_class: bool | None) -> _Layout:
    classed = last_is_class if last_is_class is not None else not _is_number(cells[-1])
    features = list(range(len(cells) - 1 if classed else len(cells)))
    return _Layout(len(cells), features, None, len(cells) - 1 if classed else None, None, None)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _batch(source: Path, rows: Sequence[list[str]], layout: _Layout, before: int) -> Batch:
    flux = np.empty((len(rows), len(layout.features)), dtype=np.float32)
    for index, cells in enumerate(rows):
        number = before + index + 1
        if len(cells) != layout.width:
            raise FeatureSetError(
                source, f"row {number} has {len(cells)} columns, the first line {layout.width}"
            )
        flux[index] = _numbers(source, number, [cells[place] for place in layout.features])
    places = range(before, before + len(rows))
    return Batch(
        flux=flux,
        wavelength=layout.wavelength,
        names=_words(rows, layout.name, (str(place) for place in places)),
        labels=[
            None if layout.label is None or cells[layout.label] in UNKNOWN else cells[layout.label]
            for cells in rows
        ],
        groups=[None] * len(rows),
        sources=[Source(str(source), None, place) for place in places],
        columns=None if layout.columns is None else tuple(layout.columns),
    )


def _words(rows: Sequence[list[str]], place: int | None, otherwise: Iterable[str]) -> list[str]:
    return list(otherwise) if place is None else [cells[place] for cells in rows]


def _numbers(source: Path, number: int, cells: Sequence[str]) -> FloatArray:
    try:
        values = np.array([float(cell) for cell in cells])
    except ValueError:
        wrong = next(cell for cell in cells if not _is_number(cell))
        raise FeatureSetError(source, f"row {number}: {wrong[:40]!r} is no number") from None
    if not (np.abs(values) <= np.finfo(np.float32).max).all():
        raise FeatureSetError(source, f"row {number} holds a value that is not finite, or too large")
    return values
