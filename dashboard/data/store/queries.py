"""Conditions and orders of lists, for all SQL of this service."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Table

from dashboard.base.errors import FieldError, Invalid


def within(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Return the condition that a column contains a text, in any case; ``%`` and ``_`` are literal."""
    return column.icontains(text, autoescape=True)


def ordering(table: Table, sort: str, allowed: Sequence[str]) -> Sequence[ColumnElement[object]]:
    """Return the order for ``name`` or ``-name``; unknown values come last.

    Raises
    ------
    Invalid
        If there is no such sort.
    """
    name = sort.removeprefix("-")
    if name not in allowed:
        reason = f"cannot sort by {name!r}; there are {', '.join(allowed)}"
        raise Invalid(f"The list {reason}.", [FieldError("sort", reason)])
    column = table.c["object_group" if name == "group" else name]
    order = column.desc() if sort.startswith("-") else column.asc()
    # Columns that are never null are ordered plainly: only so can their index be used.
    return [order.nulls_last()] if column.nullable else [order]
