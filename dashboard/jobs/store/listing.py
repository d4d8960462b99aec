"""One page of the jobs that match, in bounded work, however many there are (docs/decisions/job-list.md).

The matches of each condition are counted, up to `COUNTED`. If the rarest condition has few matches, they are
read and sorted, and the total is exact. If every condition has many, an index in the order of the list is
walked until the page is full, which with many matches is soon (`dashboard.jobs.store.walk`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from typing import Any

from sqlalchemy import CTE, Select, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.auth.identity import SYSTEM, Identity
from dashboard.base.errors import FieldError, Invalid
from dashboard.database.tables import jobs
from dashboard.jobs.job import JobFilter
from dashboard.jobs.store.conditions import Condition, Rows, conditions_of
from dashboard.jobs.store.order import FoundPage, Order, Position, page_of
from dashboard.jobs.store.walk import walk

COUNTED = 10_000  # beyond, a total is "more than"
# Pairs of conditions that have an index of their own.
PAIRS = ({"module", "phase"}, {"owner", "phase"})


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
    return await walk(connection, conditions, order, position, COUNTED)


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
    return page_of(rows, position, total, len(keys), exact=True)


def _matches(used: list[Condition], others: list[Condition], order: Order) -> CTE:
    keys = [column.label(f"key{number}") for number, column in enumerate(order.columns)]
    query: Select[Any] = select(jobs.c.id, *keys).where(*(one.aside() for one in others))
    # Materialised: otherwise the index of the order would be walked in search of the matches.
    if used and (elsewhere := used[0].elsewhere()) is not None:
        found = elsewhere.subquery()
        query = query.select_from(order.source(found.join(jobs, jobs.c.id == found.c.id)))
        return query.cte("matches").prefix_with("materialized")
    query = query.select_from(order.source())
    parts = product(*(one.parts() for one in used))
    queries = [query.where(*part) for part in parts]
    return union_all(*queries).cte("matches").prefix_with("materialized")
