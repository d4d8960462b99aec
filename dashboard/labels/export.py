"""Labels as tables: CSV of several dialects, and VOTable."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from dashboard.labels.current import CurrentLabels
from dashboard.labels.event import LabelEvent
from wire import spreadsheet, votable
from wire.votable import Field

FIELDS = (
    Field("name", "unicodeChar", "meta.id;meta.main", "", "Name of the spectrum"),
    Field("row", "long", "meta.record", "", "Number of the spectrum in its dataset"),
    Field("path", "unicodeChar", "meta.file", "", "File in the dataset"),
    Field("label", "unicodeChar", "meta.code.class", "", "Class; empty where none is agreed"),
    Field("state", "unicodeChar", "meta.code.status", "", "agreed, decided, conflicting, unsure, skipped"),
    Field("labels", "unicodeChar", "meta.note", "", "Class by labeller, JSON"),
    Field("comments", "unicodeChar", "meta.note", "", "Comments, separated by |"),
)


class Dialect(StrEnum):
    """The columns of a CSV of labels."""

    ID = "id"  # id,label: VO-CLOUD's; the id is the name of the spectrum
    COMMENT = "comment"  # label,comment: VO-CLOUD's, a line for each spectrum of the dataset, in its order
    ALL = "all"  # what is known of each spectrum
    LOG = "log"  # every event


def state_rows(labels: CurrentLabels) -> list[dict[str, Any]]:
    """Return what is known of each spectrum, by its number, as flat rows."""
    rows = []
    for one in sorted(labels, key=lambda one: (one.spectrum.row, one.spectrum.text)):
        told = one.to_json()
        told["labels"] = json.dumps(told["labels"], ensure_ascii=False, sort_keys=True)
        told["unsure"] = " ".join(told["unsure"])
        told["comments"] = " | ".join(comment["comment"] for comment in told["comments"])
        told["sha256"] = one.spectrum.sha256
        rows.append(told)
    return rows


def csv_of(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a CSV; texts that look like formulas are written as text.

    Parameters
    ----------
    rows : iterable of mapping
        By column; None is an empty cell.
    columns : sequence of str
        Which, in their order.

    Yields
    ------
    str
        One line.
    """
    yield ",".join(columns) + "\r\n"
    for row in rows:
        piece = io.StringIO()
        cells = ("" if row[column] is None else row[column] for column in columns)
        csv.writer(piece).writerow([spreadsheet.cell(cell) for cell in cells])
        yield piece.getvalue()


def id_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield ``id,label`` of the spectra that have a class."""
    named = ({"id": row["name"], "label": row["label"]} for row in rows if row["label"])
    return csv_of(named, ("id", "label"))


def comment_lines(rows: Sequence[Mapping[str, Any]], count: int) -> Iterator[str]:
    """Yield ``label,comment`` with one line for each of `count` spectra of the dataset, in its order."""
    by_number = {row["row"]: row for row in rows}
    empty = {"label": None, "comments": None}
    found = (by_number.get(number, empty) for number in range(count))
    lines = ({"label": row["label"], "comment": row["comments"]} for row in found)
    return csv_of(lines, ("label", "comment"))


ALL = ("row", "name", "path", "hdu", "file_row", "sha256", "state", "label", "labels", "unsure", "comments")
LOG = (
    *("number", "key", "row", "name", "path", "hdu", "file_row", "sha256", "kind", "label", "labeller"),
    *("time", "made", "comment", "undoes", "queue", "decides", "shown"),
)


def log_rows(events: Iterable[LabelEvent]) -> Iterator[dict[str, Any]]:
    """Yield events as flat rows."""
    for event in events:
        yield {**event.to_json(), "shown": json.dumps(dict(event.shown), ensure_ascii=False)}


def votable_of(rows: Iterable[Mapping[str, Any]], info: Mapping[str, object]) -> Iterator[str]:
    """Yield a VOTable 1.4 of what is known of each spectrum."""
    yield votable.head(FIELDS, info).replace('<TABLE name="predictions">', '<TABLE name="labels">')
    for row in rows:
        yield votable.row("" if row[one.name] is None else str(row[one.name]) for one in FIELDS)
    yield votable.END
