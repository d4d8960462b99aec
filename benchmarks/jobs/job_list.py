"""How fast a list of jobs answers: every filter, sort and page, on SQLite and PostgreSQL."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.jobs.rows import MODULES, NODES, OWNERS, PHASES, fill
from benchmarks.result import Result, print_table
from dashboard.auth.identity import SYSTEM
from dashboard.base.errors import Invalid
from dashboard.base.events import Live
from dashboard.base.paging import Page
from dashboard.database.engine import Database
from dashboard.jobs.job import JobFilter, Phase
from dashboard.jobs.store.jobs import JobStore
from dashboard.jobs.store.order import END, ORDERS
from dashboard.jobs.value_test import value_test

LIMIT_MS = 50.0
WORDS = (
    "forest",
    "quasars",
    "halo",
    "som",
    "closer",
    "992",
    "final be",
    "noisy survey",
    "x",
    "vae first",
    "1",
)
DEEP = 3  # pages gone on from each that was asked for


# Common, rare and without a match.
TESTS = ("metrics.accuracy>=0.5", "metrics.accuracy>0.999", "parameters.epochs=7", "metrics.loss<1")


@dataclass(frozen=True)
class Question:
    """What is asked of the list."""

    wanted: JobFilter
    sort: str
    page: int = 1
    before: str = ""


def questions(number: int, seed: int = 2) -> list[Question]:
    """Return questions: each filter alone under each sort, then mixtures by chance."""
    chance = random.Random(seed)
    sorts = [mark + name for name in (*ORDERS, "metrics.accuracy") for mark in ("-", "")]
    phases = [Phase(name) for name in PHASES]
    values: dict[str, list[str]] = {"module": [*MODULES, "none"], "owner": [*OWNERS], "node": [*NODES]}
    values |= {"dataset": ["set00000", "set00007", "none"], "q": [*WORDS]}
    alone = [JobFilter()] + [_only(key, one) for key, of in values.items() for one in of]
    alone += [JobFilter(phases=(phase,)) for phase in phases]
    alone += [
        JobFilter(phases=(Phase.ERROR, Phase.ABORTED)),
        JobFilter(phases=(Phase.QUEUED, Phase.EXECUTING)),
    ]
    alone += [JobFilter(values=(value_test(text),)) for text in TESTS]
    asked = [Question(wanted, sort) for wanted in alone for sort in sorts]
    for _ in range(number):
        some = {key: chance.choice(of) for key, of in values.items() if chance.random() < 0.4}
        mixed = JobFilter(**some)  # type: ignore[arg-type]  # texts, by their names
        if chance.random() < 0.5:
            mixed = replace(mixed, phases=tuple(chance.sample(phases, chance.choice((1, 1, 2)))))
        if chance.random() < 0.3:
            mixed = replace(mixed, values=(value_test(chance.choice(TESTS)),))
        page, before = chance.choice(((1, ""), (2, ""), (40, ""), (200, ""), (1, END)))
        asked.append(Question(mixed, chance.choice(sorts), page, before))
    return asked


def _only(name: str, value: str) -> JobFilter:
    return JobFilter(**{name: value})  # type: ignore[arg-type]  # a text, by its name


async def timed(store: JobStore, question: Question) -> list[tuple[float, Question]]:
    """Ask, go on a few pages, and say how long each answer took, in ms."""
    times: list[tuple[float, Question]] = []
    after, before, page = "", question.before, question.page
    for _ in range(1 + DEEP):
        began = time.perf_counter()
        try:
            found: Page[object] = await store.list(  # type: ignore[assignment]  # its items are not looked at
                question.wanted, question.sort, page, after=after, before=before, identity=SYSTEM
            )
        except Invalid:  # so far a list that is not counted goes by its places alone; it says so fast
            found = Page([], 0, 1, 50)
        times.append((1000 * (time.perf_counter() - began), question))
        after, before, page = ("", found.preceding, 1) if question.before else (found.following, "", 1)
        if not (after or before):
            break
    return times


async def measure(claim: str, url: str, number: int, asked: int, *, filled: bool = False) -> Result:
    """Fill a database with jobs and measure the questions of the job list.

    Parameters
    ----------
    claim : str
        ``job_list_sqlite`` or ``job_list_postgresql``.
    url : str
        URL of the database.
    number : int
        Number of jobs.
    asked : int
        Number of mixtures of filters.
    filled : bool
        Whether the database holds the jobs already.

    Returns
    -------
    Result
        95th percentile of the times, in milliseconds.
    """
    database = Database(url)
    try:
        if not filled:
            await database.migrate()
            await fill(database, number)
        store = JobStore(database, Live(), Path(tempfile.gettempdir()))
        times = [each for question in questions(asked) for each in await timed(store, question)]
        counts = []
        for owner in ("", "owner", "guest"):
            began = time.perf_counter()
            await store.counts(SYSTEM, owner)
            counts.append(1000 * (time.perf_counter() - began))
    finally:
        await database.close()
    values = sorted(each for each, _ in times)
    p95 = values[int(0.95 * len(values))]
    print(f"\n{claim}: ms for a page of 50 of {number:,} jobs, {len(values)} questions")
    print_table(
        ("median", "p95", "p99", "most", "counts of phases"),
        [(statistics.median(values), p95, values[int(0.99 * len(values))], values[-1], max(counts))],
    )
    slowest = sorted(times, key=lambda each: -each[0])[:5]
    print_table(("ms", "slowest"), [(each, str(question)) for each, question in slowest])
    return Result(claim, p95, LIMIT_MS, p95 / LIMIT_MS, "ms", f"p95 ≤ {LIMIT_MS:g} ms", p95 <= LIMIT_MS)
