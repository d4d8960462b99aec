"""Reads tables of labels: ``id,label``; ``label,comment``; and what `dashboard.labels.export` writes.

The names of columns decide: one of `NAMES` or `PATHS` says which spectrum a line is about; without one, the
lines are the dataset's spectra in their order.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

from dashboard.base.errors import FieldError, Invalid
from dashboard.data.dataset import SpectrumRow
from dashboard.labels.event import EventKind, NewEvent
from wire import spreadsheet

PATHS = ("path", "file", "filename", "fits")
NAMES = ("id", "name", "spectrum")
CLASSES = ("label", "class")
LONGEST = 64 * 2**20  # bytes
SHOWN = 10  # faults that are named

Names = dict[str, int | None]  # what a line may call a spectrum, to its number; None: several are called so


@dataclass(frozen=True)
class Line:
    """A line of a table.

    Attributes
    ----------
    number : int
        In the file, from 2: the first has the titles.
    called : str
        What it calls its spectrum; empty where lines stand for spectra in their order.
    label, comment, kind, labeller : str
        Its cells; empty: there is none.
    """

    number: int
    called: str
    label: str
    comment: str
    kind: str
    labeller: str


@dataclass(frozen=True)
class LabelLines:
    """A table of labels.

    Attributes
    ----------
    named : bool
        Whether its lines name spectra.
    lines : tuple of Line
        Those with a label, a comment or another kind of event.
    count : int
        All lines.
    digest : str
        Of the text, for keys of events: the same table counts once.
    """

    named: bool
    lines: tuple[Line, ...]
    count: int
    digest: str


def read_table(text: str) -> LabelLines:
    """Read a table of labels.

    Raises
    ------
    Invalid
        If it is no table of labels.
    """
    text = text.lstrip("\ufeff")
    head = text.partition("\n")[0]
    try:
        cells = list(csv.reader(io.StringIO(text), delimiter=max(",;\t", key=head.count)))
    except csv.Error as error:
        raise fault(f"it is no CSV: {error}") from error
    titles = [title.strip().lower() for title in cells[0]] if cells else []
    place = {title: index for index, title in reversed(list(enumerate(titles)))}
    label = next((place[title] for title in CLASSES if title in place), None)
    key = next((place[title] for title in (*PATHS, *NAMES) if title in place), None)
    if label is None:
        raise fault(f"no column has the class ({', '.join(CLASSES)}); its columns: {', '.join(titles[:20])}")
    columns = (
        key,
        label,
        place.get("comment", place.get("comments")),
        place.get("kind"),
        place.get("labeller"),
    )
    lines = tuple(_lines(cells[1:], columns))
    used = tuple(line for line in lines if line.label or line.comment or line.kind)
    if not used:
        raise fault("it has no labels below its titles")
    return LabelLines(key is not None, used, len(lines), hashlib.sha256(text.encode()).hexdigest()[:16])


def _lines(rows: Sequence[Sequence[str]], columns: Sequence[int | None]) -> Iterator[Line]:
    for number, row in enumerate(rows, 2):
        if not any(cell.strip() for cell in row) and len(row) < 2:
            continue  # an empty line is none
        cells = [
            spreadsheet.text_of(row[place].strip()) if place is not None and place < len(row) else ""
            for place in columns
        ]
        yield Line(number, *cells)


async def names_of(spectra: AsyncIterator[list[SpectrumRow]], wanted: set[str]) -> Names:
    """Return the numbers of spectra by what lines call them.

    Parameters
    ----------
    spectra : async iterator of list of SpectrumRow
        Of the dataset.
    wanted : set of str
        What lines call spectra; others are not remembered.

    Returns
    -------
    dict
        Name, path, name of the file or that without its ending, to number.
    """
    found: Names = {}
    async for some in spectra:
        for row in some:
            file = row.path.rpartition("/")[2]
            for name in {row.name, row.path, file, file.partition(".")[0]} & wanted:
                found[name] = row.number if name not in found else None
    return found


def events_of(
    table: LabelLines, names: Names, classes: Sequence[str], count: int
) -> tuple[list[NewEvent], list[FieldError]]:
    """Return the events of a table, and what is wrong with its lines.

    Parameters
    ----------
    table : LabelLines
        The table.
    names : dict
        See `names_of`.
    classes : sequence of str
        Of the label set.
    count : int
        Spectra of the dataset.

    Raises
    ------
    Invalid
        If lines stand for spectra in their order, and there are more or fewer of them.
    """
    if not table.named and table.count != count:
        raise fault(
            f"no column names the spectrum ({', '.join(NAMES + PATHS)}), and its {table.count:,} lines are no"
            f"t the dataset's {count:,} spectra in their order"
        )
    events, errors = [], []
    for line in table.lines:
        kind = line.kind or (EventKind.LABEL if line.label else EventKind.COMMENT)
        row = names.get(line.called) if table.named else line.number - 2
        if kind not in {EventKind.LABEL, EventKind.UNSURE, EventKind.SKIP, EventKind.COMMENT}:
            errors.append(FieldError(f"line {line.number}", f"the kind {kind[:40]!r} cannot be imported"))
        elif row is None:
            why = "is the name of several spectra" if line.called in names else "names no spectrum"
            errors.append(FieldError(f"line {line.number}", f"{line.called[:80]!r} {why} of this dataset"))
        elif line.label and line.label not in classes:
            why = f"{line.label[:60]!r} is none of the classes {', '.join(classes[:20])}"
            errors.append(FieldError(f"line {line.number}", why))
        else:
            shown = {"context": "import"} | ({"labeller": line.labeller[:80]} if line.labeller else {})
            events.append(
                NewEvent(
                    f"import-{table.digest}-{line.number}",
                    EventKind(kind),
                    row,
                    line.label or None,
                    comment=line.comment[:2000],
                    shown=shown,
                )
            )
    return events, errors


def fault(reason: str) -> Invalid:
    """Return the error of a table that cannot be used."""
    return Invalid(f"The table of labels cannot be used: {reason}.", [FieldError("csv", reason)])
