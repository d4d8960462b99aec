"""Conditions and orders of lists that a page shows in parts: the database sorts the whole list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, func

from dashboard.base.errors import FieldError, Invalid

Keys = Mapping[str, ColumnElement[Any]]


def within(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Return the condition that a column contains a text, in any case; ``%`` and ``_`` are literal."""
    return column.icontains(text, autoescape=True)


def ordering(table: Table, sort: str, allowed: Sequence[str]) -> Sequence[ColumnElement[object]]:
    """Return the order for ``name`` or ``-name`` of a table; unknown values come last.

    Parameters
    ----------
    table : Table
        Whose columns are sorted by; ``group`` is its column ``object_group``.
    sort : str
        Name of a column; with ``-`` before it: descending.
    allowed : sequence of str
        The columns that a list may be sorted by.

    Returns
    -------
    sequence of ColumnElement
        For ``order_by``; the caller adds what tells equal rows apart.

    Raises
    ------
    Invalid
        If there is no such sort.
    """
    return ordering_by({name: table.c["object_group" if name == "group" else name] for name in allowed}, sort)


def ordering_by(keys: Keys, sort: str) -> Sequence[ColumnElement[object]]:
    """Return the order for ``name`` or ``-name`` of expressions; unknown values come last.

    Raises
    ------
    Invalid
        If there is no such sort.
    """
    name = sort.removeprefix("-")
    if name not in keys:
        reason = f"cannot sort by {name!r}; there are {', '.join(keys)}"
        raise Invalid(f"The list {reason}.", [FieldError("sort", reason)])
    column = keys[name]
    order = column.desc() if sort.startswith("-") else column.asc()
    # Columns that are never null are ordered plainly: only so can their index be used.
    return [order] if getattr(column, "nullable", True) is False else [order.nulls_last()]


def in_any_case(column: ColumnElement[str]) -> ColumnElement[str]:
    """Return a key that sorts texts without regard to case, as people expect of names."""
    return func.lower(column)
