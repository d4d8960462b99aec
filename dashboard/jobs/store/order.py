"""The order of a job list, and positions in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, and_, tuple_

from dashboard.base import paging as cursor
from dashboard.base.errors import FieldError, Invalid
from dashboard.database.tables import job_values, jobs
from dashboard.jobs.value_test import is_value

END = "end"  # `before` it: the last page
# Sort keys with their tie-breakers; sorted by `ended`, a list has only jobs that have ended.
ORDERS: dict[str, tuple[str, ...]] = {
    "created": ("created", "id"),
    "ended": ("ended", "id"),
    "label": ("label", "id"),
    "module": ("module", "created", "id"),
    "phase": ("phase", "created", "id"),
}


@dataclass(frozen=True)
class FoundPage:
    """The ids of a page; `total` is a lower bound unless `exact`; a cursor is empty where no page follows."""

    ids: list[str]
    total: int
    exact: bool
    following: str
    preceding: str


@dataclass(frozen=True)
class Position:
    """Which page: a number from 1, or the page after or before a cursor."""

    page: int = 1
    size: int = 50
    after: str = ""
    before: str = ""

    @property
    def skipped(self) -> int:
        """The number of rows before the page; 0 when it is named by a cursor."""
        return 0 if self.after or self.before else (self.page - 1) * self.size


@dataclass(frozen=True)
class Order:
    """The order of a list."""

    sort: str
    down: bool

    @property
    def value(self) -> str:
        """The parameter or metric that it sorts by; empty: it sorts by columns of `jobs`."""
        return "" if self.sort in ORDERS else self.sort

    @property
    def columns(self) -> list[ColumnElement[Any]]:
        """The columns of the sort keys; of values, numbers come before texts."""
        if self.value:
            return [job_values.c.text, job_values.c.number, job_values.c.job]
        return [jobs.c[name] for name in ORDERS[self.sort]]

    def source(self, rows: FromClause = jobs) -> FromClause:
        """Return rows of `jobs`, joined with the value that the list is sorted by."""
        if not self.value:
            return rows
        return rows.join(job_values, and_(job_values.c.job == jobs.c.id, job_values.c.name == self.value))

    def by(self, columns: Sequence[Any], *, backwards: bool = False) -> list[Any]:
        """Return the order of these columns."""
        return [column.desc() if self.down != backwards else column.asc() for column in columns]

    def beyond(self, position: Position, columns: Sequence[Any]) -> list[ColumnElement[bool]]:
        """Return the condition that a row lies after (or before) a position, or none.

        Raises
        ------
        Invalid
            If the cursor cannot be decoded.
        """
        text, field = (position.before, "before") if position.before else (position.after, "after")
        if text in ("", END):
            return []
        values: tuple[Any, ...] = cursor.decode(text, len(columns), field)
        if self.value:
            values = (values[0], _number(values[1], field), values[2])
        here = tuple_(*columns)
        return [here < values if self.down != bool(position.before) else here > values]


def _number(text: str, field: str) -> float:
    try:
        return float(text)
    except ValueError:
        message = "is no place in a list that is sorted by numbers"
        raise Invalid(f"{field} {message}.", [FieldError(field, message)]) from None


def order_of(sort: str) -> Order:
    """Return the order that a text names: a key of `ORDERS` or a value, with ``-`` for descending.

    Raises
    ------
    Invalid
        If there is no such order.
    """
    name = sort.removeprefix("-")
    if name not in ORDERS and not is_value(name):
        known = f"{', '.join(ORDERS)}, metrics.NAME, parameters.NAME"
        message = f"must be one of {known}, with - for descending"
        raise Invalid(
            f"Jobs cannot be sorted by {name!r}; there are {known}.",
            [FieldError("sort", message)],
        )
    return Order(name, sort.startswith("-"))


def page_of(rows: Sequence[Row[Any]], position: Position, total: int, keys: int, *, exact: bool) -> FoundPage:
    """Return the page: drop the extra row that shows that more follow, reverse rows read backwards.

    Parameters
    ----------
    rows : sequence of Row
        An id and its sort keys each, one more than a page where more follow.
    position : Position
        Which page was asked for.
    total : int
        The number of matches, or a lower bound.
    keys : int
        How many sort keys there are.
    exact : bool
        Whether `total` is the number of matches.
    """
    more, rows = len(rows) > position.size, rows[: position.size]
    if position.before:
        rows = rows[::-1]
    ends = [cursor.encode(row[1 : 1 + keys]) for row in (rows[0], rows[-1])] if rows else ["", ""]
    back = more if position.before else bool(position.skipped or position.after)
    on = position.before not in ("", END) if position.before else more
    return FoundPage([row[0] for row in rows], total, exact, ends[1] if on else "", ends[0] if back else "")
