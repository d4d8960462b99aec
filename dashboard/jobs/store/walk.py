"""The jobs that match, read along an index in the order of the list until a page is full.

A walk reads at most the sum of `STEPS` jobs; a page that is not full by then carries the cursor from which to
go on. What somebody may see is mostly a small part of all jobs. Where that has indexes in the order of the
list (own jobs, public ones, those of each project), these are walked together, merged in order:
along an index of all jobs one job in fifty would be theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, literal_column, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.base import paging as cursor
from dashboard.database.tables import jobs
from dashboard.jobs.store.conditions import EXACT, Condition, VisibleTo
from dashboard.jobs.store.order import FoundPage, Order, Position, page_of

STEPS = (300, 1_700, 6_000)  # rows that a walk reads, step by step, until the page is full
# Conditions behind which an index of all jobs is sorted by (created, id), and by (phase, created, id).
SERVED: dict[str, tuple[tuple[str, ...], ...]] = {
    "created": (("module", "phase"), ("owner", "phase"), *((name,) for name in (*EXACT, "phase"))),
    "phase": (("module",), ("owner",)),
}
# The same of the indexes of what somebody may see: own jobs, public ones, those of a project.
SERVED_OF_VISIBLE: dict[str, tuple[tuple[str, ...], ...]] = {
    "created": (("phase",), ()),
    "phase": ((),),
    "ended": ((),),
}
MERGED = 12  # indexes that are walked together at most: members of more projects walk along all jobs


@dataclass(frozen=True)
class _Route:
    """What is walked along: disjoint parts, each with an index in the order, and what is tested there."""

    parts: Sequence[Sequence[ColumnElement[bool]]]
    tested: Sequence[Condition]
    order: Order

    def along(self, position: Position, most: int, skipped: int = 0) -> Select[Any]:
        """Return ids, sort keys and tested columns, in the order of the list, from a position."""
        if len(self.parts) == 1:
            return self._part(self.parts[0], position).limit(most).offset(skipped)
        # Each part is limited: an index that has them in order is read that far and no further.
        pieces = [self._part(part, position).limit(most + skipped).subquery() for part in self.parts]
        merged = union_all(*(select(piece) for piece in pieces)).subquery()
        keys = [merged.c[f"key{number}"] for number in range(len(self.order.columns))]
        sorted_by = self.order.by(keys, backwards=bool(position.before))
        return select(merged).order_by(*sorted_by).limit(most).offset(skipped)

    def _part(self, part: Sequence[ColumnElement[bool]], position: Position) -> Select[Any]:
        columns = self.order.columns
        keys = [column.label(f"key{number}") for number, column in enumerate(columns)]
        carried = sorted({name for one in self.tested for name in one.carried})
        return (
            select(jobs.c.id, *keys, *(jobs.c[name] for name in carried))
            .select_from(self.order.source())
            .where(*part, *self.order.beyond(position, columns))
            .order_by(*self.order.by(columns, backwards=bool(position.before)))
        )

    def step(self, position: Position, most: int, needed: int) -> Select[Any]:
        """Return what matches among the next `most` in order, and as ``last`` the one to go on from."""
        rows = self.along(position, most).cte("step").prefix_with("materialized")
        numbers = range(len(self.order.columns))
        keys = [rows.c[f"key{number}"] for number in numbers]
        by = self.order.by(keys, backwards=bool(position.before))
        passing = select(rows.c.id, *keys, literal_column("0").label("last"))
        passing = passing.where(*(one.of(rows.c) for one in self.tested)).order_by(*by).limit(needed)
        end = select(rows.c.id, *keys, literal_column("1").label("last")).order_by(*by).limit(1)
        both = union_all(select(passing.subquery()), select(end.offset(most - 1).subquery())).subquery()
        sorted_by = self.order.by(
            [both.c[f"key{number}"] for number in numbers], backwards=bool(position.before)
        )
        return select(both).order_by(both.c.last, *sorted_by)


async def walk(
    connection: AsyncConnection,
    conditions: Sequence[Condition],
    order: Order,
    position: Position,
    counted: int,
) -> FoundPage:
    """Walk in the order of the list, applying the conditions, until the page is full.

    Parameters
    ----------
    connection : AsyncConnection
        For reading.
    conditions : sequence of Condition
        All of the list.
    order : Order
        In which order.
    position : Position
        Which page.
    counted : int
        The matches that are known to be there, where every condition is served by an index.
    """
    route, keys = _route(conditions, order), len(order.columns)
    if not route.tested:
        page = route.along(position, position.size + 1, position.skipped)
        return page_of((await connection.execute(page)).all(), position, counted, keys, exact=False)
    rows: list[Row[Any]] = []
    here, further, needed = position, "", position.skipped + position.size + 1
    for step in STEPS:
        found = (await connection.execute(route.step(here, step, needed - len(rows)))).all()
        rows += [row for row in found if not row.last]
        last = found[-1] if found and found[-1].last and len(rows) < needed else None
        further = cursor.encode(last[1 : 1 + keys]) if last else ""
        if not further:
            break
        here = replace(position, before=further) if position.before else replace(position, after=further)
    rows = rows[position.skipped :]
    total = position.skipped + min(len(rows), position.size)
    shown = page_of(rows, position, total, keys, exact=False)
    if not further:
        return shown
    return replace(shown, preceding=further) if position.before else replace(shown, following=further)


def _route(conditions: Sequence[Condition], order: Order) -> _Route:
    """Return what to walk along: what is visible if it has indexes in this order, else all jobs."""
    visible = next((one for one in conditions if isinstance(one, VisibleTo)), None)
    if visible is not None:
        parts = visible.parts(each_project=True)
        served = _served(conditions, order, SERVED_OF_VISIBLE)
        if served is not None and len(parts) <= MERGED:
            served += [one for one in conditions if one.name == order.sort and not one.values]
            behind = [one.of(jobs.c) for one in served]
            tested = [one for one in conditions if one not in served and one is not visible]
            return _Route([[part, *behind] for part in parts], tested, order)
    served = _served(conditions, order, SERVED)
    if served is None:
        served = [one for one in conditions if one.name == order.sort]
    tested = [one for one in conditions if one not in served]
    behind = [] if order.value else [one.of(jobs.c) for one in served]  # the join has the value already
    return _Route([behind], tested, order)


def _served(
    conditions: Sequence[Condition], order: Order, indexes: dict[str, tuple[tuple[str, ...], ...]]
) -> list[Condition] | None:
    """Return the conditions behind which one of some indexes has the order of the list; None: none has it."""
    singles = {one.name: one for one in conditions if one.single}
    # A sort key that is fixed to one value leaves the order to the key after it.
    fixed = order.sort in singles
    for names in indexes.get("created" if fixed else order.sort, ()):
        if singles.keys() >= set(names) and (order.sort in names or not fixed):
            return [singles[name] for name in names]
    return None
