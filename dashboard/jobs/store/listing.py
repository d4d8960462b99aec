"""One page of the jobs that match, in bounded work, however many there are (docs/decisions/job-list.md).

Of each filter it is counted, up to `COUNTED`, how many jobs it leaves. If the rarest leaves few, those are
taken and sorted, and the total is exact. If every one leaves many, the order of the list is walked along an
index until the page is full: with many matches that is soon. A walk looks at `STEPS` jobs at the most; a page
that was not filled by then says from where to go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from sqlalchemy import CTE, ColumnElement, Row, Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from dashboard.auth.identity import SYSTEM, Identity
from dashboard.auth.policy import visible
from dashboard.base import paging as cursor
from dashboard.base.errors import FieldError, Invalid
from dashboard.database.tables import job_words, jobs
from dashboard.jobs.job import JobFilter
from dashboard.jobs.store.search_index import beyond, terms_of

Columns = Mapping[str, Any] | ReadOnlyColumnCollection[str, Any]
END = "end"  # `before` it: the last page
COUNTED = 10_000  # beyond, a total is "more than"
STEPS = (300, 1_700, 6_000)  # rows that a walk looks at, one after the other, until the page is full
EXACT = ("module", "dataset", "node", "owner", "parent")
# By what a list is sorted, with what breaks ties; sorted by end, it has those that have one.
ORDERS: dict[str, tuple[str, ...]] = {
    "created": ("created", "id"),
    "ended": ("ended", "id"),
    "label": ("label", "id"),
    "module": ("module", "created", "id"),
    "phase": ("phase", "created", "id"),
}
# Filters along which an index is sorted by (created, id), and by (phase, created, id).
PAIRS = ({"module", "phase"}, {"owner", "phase"})
SERVED: dict[str, tuple[tuple[str, ...], ...]] = {
    "created": (("module", "phase"), ("owner", "phase"), *((name,) for name in (*EXACT, "phase"))),
    "phase": (("module",), ("owner",)),
}


@dataclass(frozen=True)
class Condition:
    """One condition on a job: a column has one of some values, or a word of the job begins with `term`."""

    name: str
    values: tuple[str, ...] = ()
    term: str = ""

    @property
    def single(self) -> bool:
        """Whether it leaves one value of its column: then an index is sorted behind it."""
        return len(self.values) == 1

    def of(self, columns: Columns) -> ColumnElement[bool]:
        """Return it for rows with these columns."""
        if self.term:
            # Looked up row by row: an EXISTS may be turned into a join with all jobs that have the word.
            found = select(job_words.c.job).where(job_words.c.job == columns["id"], *_begins(self.term))
            return found.limit(1).scalar_subquery().is_not(None)
        column: ColumnElement[Any] = columns[self.name]
        if not self.values:
            return column.is_not(None)
        return column == self.values[0] if self.single else column.in_(self.values)

    def aside(self) -> ColumnElement[bool]:
        """Return it so that no index of it is used: another condition is known to leave fewer."""
        if self.term or not self.values:
            return self.of(jobs.c)
        return jobs.c[self.name].concat("").in_(self.values)

    @property
    def carried(self) -> tuple[str, ...]:
        """The columns that `of` tests; none for a word."""
        return () if self.term else (self.name,)

    def ids(self) -> Select[Any]:
        """Return the ids of the jobs that it leaves; a job may come once for each word that matches.

        They are only counted, and telling them apart first would mean reading all of them.
        """
        if self.term:
            return select(job_words.c.job.label("id")).where(*_begins(self.term))
        return select(jobs.c.id).where(self.of(jobs.c))


@dataclass(frozen=True)
class VisibleTo(Condition):
    """The condition that an identity may see the job."""

    identity: Identity = SYSTEM

    @property
    def carried(self) -> tuple[str, ...]:
        """The columns that `of` tests."""
        return ("owner", "project", "visibility")

    def of(self, columns: Columns) -> ColumnElement[bool]:
        """Return it for rows with these columns."""
        return visible(self.identity, columns)

    def aside(self) -> ColumnElement[bool]:
        """Return it for rows of `jobs`."""
        return self.of(jobs.c)


@dataclass(frozen=True)
class FoundPage:
    """Ids of a page; `total` is a lower bound unless `exact`; cursors are empty where nothing follows."""

    ids: list[str]
    total: int
    exact: bool
    following: str
    preceding: str


@dataclass(frozen=True)
class Position:
    """Which page: a number from 1, or what follows or precedes a position."""

    page: int = 1
    size: int = 50
    after: str = ""
    before: str = ""

    @property
    def skipped(self) -> int:
        """How many rows come before it; none by a position."""
        return 0 if self.after or self.before else (self.page - 1) * self.size


@dataclass(frozen=True)
class Order:
    """The order of a list."""

    sort: str
    down: bool

    @property
    def columns(self) -> list[ColumnElement[Any]]:
        """What it is sorted by."""
        return [jobs.c[name] for name in ORDERS[self.sort]]

    def by(self, columns: Sequence[Any], *, backwards: bool = False) -> list[Any]:
        """Return the order of these columns."""
        return [column.desc() if self.down != backwards else column.asc() for column in columns]

    def beyond(self, position: Position, columns: Sequence[Any]) -> list[ColumnElement[bool]]:
        """Return what leaves only the rows behind (or before) a position."""
        text, field = (position.before, "before") if position.before else (position.after, "after")
        if text in ("", END):
            return []
        values = cursor.decode(text, len(columns), field)
        here = tuple_(*columns)
        return [here < values if self.down != bool(position.before) else here > values]


def order_of(sort: str) -> Order:
    """Return the order that a text asks for: a name of `ORDERS`, with ``-`` for descending; `Invalid`."""
    name = sort.removeprefix("-")
    if name not in ORDERS:
        message = f"must be one of {', '.join(ORDERS)}, with - for descending"
        raise Invalid(
            f"Jobs cannot be sorted by {name!r}; there are {', '.join(ORDERS)}.",
            [FieldError("sort", message)],
        )
    return Order(name, sort.startswith("-"))


def conditions_of(job_filter: JobFilter, order: Order, identity: Identity = SYSTEM) -> list[Condition]:
    """Return what a filter (and an order) asks of a job, one by one."""
    asked = [Condition(name, (getattr(job_filter, name),)) for name in EXACT if getattr(job_filter, name)]
    if job_filter.phases:
        asked.append(Condition("phase", tuple(job_filter.phases)))
    asked += [Condition("q", term=term) for term in terms_of(job_filter.q)]
    if order.sort == "ended":
        asked.append(Condition("ended"))
    if not identity.admin:
        asked.append(VisibleTo("visible", identity=identity))
    return asked


async def find(
    connection: AsyncConnection,
    job_filter: JobFilter,
    order: Order,
    position: Position,
    identity: Identity = SYSTEM,
) -> FoundPage:
    """Return the ids of one page; `Invalid` for a page number too far into a list that is not counted."""
    asked = conditions_of(job_filter, order, identity)
    sources = _sources(asked)
    bounded = [_bounded(rows) for _, rows in sources]
    counts = list((await connection.execute(select(*bounded))).one())
    rarest = min(range(len(sources)), key=counts.__getitem__)
    if counts[rarest] <= COUNTED:
        return await _gathered(connection, sources[rarest][0], asked, order, position)
    if position.skipped > COUNTED:
        message = f"must be at most {COUNTED // position.size} here; go on by the answer's next and previous"
        raise Invalid(f"page {message}.", [FieldError("page", message)])
    return await _walked(connection, asked, order, position)


def _begins(term: str) -> tuple[ColumnElement[bool], ...]:
    return job_words.c.word >= term, job_words.c.word < beyond(term)


def _words(term: str) -> Select[Any]:
    return select(job_words.c.job.label("id")).where(*_begins(term)).distinct()


def _sources(asked: Sequence[Condition]) -> list[tuple[list[Condition], Select[Any]]]:
    """Return each condition, and each pair that has an index, with the ids of the jobs that it leaves."""
    filters = [one for one in asked if one.name != "ended"]
    found = [([one], one.ids()) for one in filters]
    pairs = [pair for pair in combinations(filters, 2) if {one.name for one in pair if one.single} in PAIRS]
    found += [(list(pair), select(jobs.c.id).where(*(one.of(jobs.c) for one in pair))) for pair in pairs]
    return found or [([], select(jobs.c.id))]


def _bounded(rows: Select[Any]) -> Any:
    return select(func.count()).select_from(rows.limit(COUNTED + 1).subquery()).scalar_subquery()


async def _gathered(
    connection: AsyncConnection,
    used: list[Condition],
    asked: list[Condition],
    order: Order,
    position: Position,
) -> FoundPage:
    """Take the few that the rarest condition leaves, test the others on them, sort them."""
    few = _few(used, [one for one in asked if one not in used], order)
    keys = [few.c[f"key{number}"] for number in range(len(order.columns))]
    backwards = bool(position.before)
    counted = select(func.count()).select_from(few)
    # Counted in the same statement: the few are taken once.
    page: Select[Any] = (
        select(few.c.id, *keys, counted.scalar_subquery())
        .where(*order.beyond(position, keys))
        .order_by(*order.by(keys, backwards=backwards))
        .limit(position.size + 1)
        .offset(position.skipped)
    )
    rows = (await connection.execute(page)).all()
    total = rows[0][-1] if rows else (await connection.execute(counted)).scalar_one()
    return _page(rows, position, total, len(keys), exact=True)


def _few(used: list[Condition], others: list[Condition], order: Order) -> CTE:
    keys = [column.label(f"key{number}") for number, column in enumerate(order.columns)]
    query: Select[Any] = select(jobs.c.id, *keys)
    if used and used[0].term:
        words = _words(used[0].term).subquery()
        query = query.select_from(words.join(jobs, jobs.c.id == words.c.id))
    else:
        query = query.where(*(one.of(jobs.c) for one in used))
    # Materialised: else the order's index would be walked in search of the few.
    return query.where(*(one.aside() for one in others)).cte("few").prefix_with("materialized")


async def _walked(
    connection: AsyncConnection, asked: list[Condition], order: Order, position: Position
) -> FoundPage:
    """Walk along the index that is sorted as the list, testing the other conditions, to the page's end."""
    served = _served(asked, order)
    tested = [one for one in asked if one not in served]
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
    """Return ids, keys and what is to be tested, from a position on in the order of the list."""
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
    """Return the rows of a piece that pass, in its order."""
    seen = piece.cte("seen").prefix_with("materialized")
    keys = [seen.c[f"key{number}"] for number in range(len(order.columns))]
    passing = select(seen.c.id, *keys).where(*(one.of(seen.c) for one in tested))
    return passing.order_by(*order.by(keys, backwards=bool(position.before))).limit(most)


def _served(asked: Sequence[Condition], order: Order) -> list[Condition]:
    """Return the conditions behind which an index is sorted as the list."""
    singles = {one.name: one for one in asked if one.single}
    # Sorted by what is one value only: sorted by what comes after it, of the jobs with that value.
    fixed = order.sort in singles
    for names in SERVED.get("created" if fixed else order.sort, ()):
        if singles.keys() >= set(names) and (order.sort in names or not fixed):
            return [singles[name] for name in names]
    return [one for one in asked if one.name == order.sort]


def _page(rows: Sequence[Row[Any]], position: Position, total: int, keys: int, *, exact: bool) -> FoundPage:
    """Cut off the row that only says that there are more; turn round what was read backwards."""
    more, rows = len(rows) > position.size, rows[: position.size]
    if position.before:
        rows = rows[::-1]
    ends = [cursor.encode(row[1 : 1 + keys]) for row in (rows[0], rows[-1])] if rows else ["", ""]
    back = more if position.before else bool(position.skipped or position.after)
    on = position.before not in ("", END) if position.before else more
    return FoundPage([row[0] for row in rows], total, exact, ends[1] if on else "", ends[0] if back else "")
