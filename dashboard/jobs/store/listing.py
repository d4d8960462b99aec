"""One page of the jobs that match, in bounded work, however many there are (docs/decisions/job-list.md).

The matches of each condition are counted, up to `COUNTED`. If the rarest condition has few matches, they are
read and sorted, and the total is exact. If every condition has many, an index in the order of the list is
walked until the page is full, which with many matches is soon. A walk reads at most the sum of `STEPS` jobs;
a page that is not full by then carries the cursor from which to go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, product
from typing import Any

from sqlalchemy import CTE, Row, Select, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.auth.identity import SYSTEM, Identity
from dashboard.base import paging as cursor
from dashboard.base.errors import FieldError, Invalid
from dashboard.database.tables import job_words, jobs
from dashboard.jobs.job import JobFilter
from dashboard.jobs.store.conditions import EXACT, Condition, Rows, begins_with, conditions_of
from dashboard.jobs.store.order import END, FoundPage, Order, Position

COUNTED = 10_000  # beyond, a total is "more than"
STEPS = (300, 1_700, 6_000)  # rows that a walk reads, step by step, until the page is full
# Conditions behind which an index is sorted by (created, id), and by (phase, created, id).
PAIRS = ({"module", "phase"}, {"owner", "phase"})
SERVED: dict[str, tuple[tuple[str, ...], ...]] = {
    "created": (("module", "phase"), ("owner", "phase"), *((name,) for name in (*EXACT, "phase"))),
    "phase": (("module",), ("owner",)),
}


async def find(
    connection: AsyncConnection,
    job_filter: JobFilter,
    order: Order,
    position: Position,
    identity: Identity = SYSTEM,
) -> FoundPage:
    """Return the ids of one page.

    Parameters
    ----------
    connection : AsyncConnection
        For reading.
    job_filter : JobFilter
        Which jobs.
    order : Order
        In which order.
    position : Position
        Which page.
    identity : Identity
        Who reads the list.

    Raises
    ------
    Invalid
        If the page number is too large for a list that is not counted exactly.
    """
    conditions = conditions_of(job_filter, order.sort, identity)
    sources = _sources(conditions)
    bounded = [_bounded(rows) for _, rows in sources]
    counts = list((await connection.execute(select(*bounded))).one())
    rarest = min(range(len(sources)), key=counts.__getitem__)
    if counts[rarest] <= COUNTED:
        return await _matches_page(connection, sources[rarest][0], conditions, order, position)
    if position.skipped > COUNTED:
        message = f"must be at most {COUNTED // position.size} here; go on by the answer's next and previous"
        raise Invalid(f"page {message}.", [FieldError("page", message)])
    return await _walk(connection, conditions, order, position)


def _jobs_with_word(term: str) -> Select[Any]:
    return select(job_words.c.job.label("id")).where(*begins_with(term)).distinct()


def _sources(conditions: Sequence[Condition]) -> list[tuple[list[Condition], Rows]]:
    """Return each condition, and each pair that has an index, with the ids of its matches."""
    filters = [one for one in conditions if one.name != "ended"]
    found: list[tuple[list[Condition], Rows]] = [([one], one.ids()) for one in filters]
    pairs = [pair for pair in combinations(filters, 2) if {one.name for one in pair if one.single} in PAIRS]
    found += [(list(pair), select(jobs.c.id).where(*(one.of(jobs.c) for one in pair))) for pair in pairs]
    return found or [([], select(jobs.c.id))]


def _bounded(rows: Rows) -> Any:
    return select(func.count()).select_from(rows.limit(COUNTED + 1).subquery()).scalar_subquery()


async def _matches_page(
    connection: AsyncConnection,
    used: list[Condition],
    conditions: list[Condition],
    order: Order,
    position: Position,
) -> FoundPage:
    """Read the matches of the rarest condition, apply the others, sort, and cut out the page."""
    matches = _matches(used, [one for one in conditions if one not in used], order)
    keys = [matches.c[f"key{number}"] for number in range(len(order.columns))]
    backwards = bool(position.before)
    counted = select(func.count()).select_from(matches)
    # Counted in the same statement: the matches are read once.
    page: Select[Any] = (
        select(matches.c.id, *keys, counted.scalar_subquery())
        .where(*order.beyond(position, keys))
        .order_by(*order.by(keys, backwards=backwards))
        .limit(position.size + 1)
        .offset(position.skipped)
    )
    rows = (await connection.execute(page)).all()
    total = rows[0][-1] if rows else (await connection.execute(counted)).scalar_one()
    return _page(rows, position, total, len(keys), exact=True)


def _matches(used: list[Condition], others: list[Condition], order: Order) -> CTE:
    keys = [column.label(f"key{number}") for number, column in enumerate(order.columns)]
    query: Select[Any] = select(jobs.c.id, *keys).where(*(one.aside() for one in others))
    # Materialised: otherwise the index of the order would be walked in search of the matches.
    if used and used[0].term:
        words = _jobs_with_word(used[0].term).subquery()
        query = query.select_from(words.join(jobs, jobs.c.id == words.c.id))
        return query.cte("matches").prefix_with("materialized")
    parts = product(*(one.parts() for one in used))
    queries = [query.where(*part) for part in parts]
    return union_all(*queries).cte("matches").prefix_with("materialized")


async def _walk(
    connection: AsyncConnection, conditions: list[Condition], order: Order, position: Position
) -> FoundPage:
    """Walk an index in the order of the list, applying the other conditions, until the page is full."""
    served = _served(conditions, order)
    tested = [one for one in conditions if one not in served]
    if not tested:
        page = _along(served, (), order, position).limit(position.size + 1).offset(position.skipped)
        return _page(
            (await connection.execute(page)).all(), position, COUNTED, len(order.columns), exact=False
        )
    rows: list[Row[Any]] = []
    here, further, needed = position, "", position.skipped + position.size + 1
    for step in STEPS:
        piece = _along(served, tested, order, here).limit(step)
        rows += (await connection.execute(_passing(piece, tested, order, position, needed - len(rows)))).all()
        last = None
        if len(rows) < needed:
            last = (await connection.execute(piece.limit(1).offset(step - 1))).one_or_none()
        further = cursor.encode(last[1 : 1 + len(order.columns)]) if last else ""
        if not further:
            break
        here = replace(position, before=further) if position.before else replace(position, after=further)
    rows = rows[position.skipped :]
    found = _page(
        rows, position, position.skipped + min(len(rows), position.size), len(order.columns), exact=False
    )
    if not further:
        return found
    return replace(found, preceding=further) if position.before else replace(found, following=further)


def _along(
    served: Sequence[Condition], tested: Sequence[Condition], order: Order, position: Position
) -> Select[Any]:
    """Return ids, sort keys and the columns that are tested, in the order of the list, from a position."""
    keys = [column.label(f"key{number}") for number, column in enumerate(order.columns)]
    carried = sorted({name for one in tested for name in one.carried})
    return (
        select(jobs.c.id, *keys, *(jobs.c[name] for name in carried))
        .where(*(one.of(jobs.c) for one in served), *order.beyond(position, order.columns))
        .order_by(*order.by(order.columns, backwards=bool(position.before)))
    )


def _passing(
    piece: Select[Any], tested: Sequence[Condition], order: Order, position: Position, most: int
) -> Select[Any]:
    """Return the rows of a step that match, in order."""
    rows = piece.cte("step").prefix_with("materialized")
    keys = [rows.c[f"key{number}"] for number in range(len(order.columns))]
    passing = select(rows.c.id, *keys).where(*(one.of(rows.c) for one in tested))
    return passing.order_by(*order.by(keys, backwards=bool(position.before))).limit(most)


def _served(conditions: Sequence[Condition], order: Order) -> list[Condition]:
    """Return the conditions behind which an index has the order of the list."""
    singles = {one.name: one for one in conditions if one.single}
    # A sort key that is fixed to one value leaves the order to the key after it.
    fixed = order.sort in singles
    for names in SERVED.get("created" if fixed else order.sort, ()):
        if singles.keys() >= set(names) and (order.sort in names or not fixed):
            return [singles[name] for name in names]
    return [one for one in conditions if one.name == order.sort]


def _page(rows: Sequence[Row[Any]], position: Position, total: int, keys: int, *, exact: bool) -> FoundPage:
    """Return the page: drop the extra row that shows that more follow, reverse rows read backwards."""
    more, rows = len(rows) > position.size, rows[: position.size]
    if position.before:
        rows = rows[::-1]
    ends = [cursor.encode(row[1 : 1 + keys]) for row in (rows[0], rows[-1])] if rows else ["", ""]
    back = more if position.before else bool(position.skipped or position.after)
    on = position.before not in ("", END) if position.before else more
    return FoundPage([row[0] for row in rows], total, exact, ends[1] if on else "", ends[0] if back else "")
