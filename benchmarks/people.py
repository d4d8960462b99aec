"""What an institute costs: `python -m benchmarks.people [--quick] [--home FOLDER] [claim …]`.

10,000 people in 500 projects have 1,000,000 jobs; most are private, some are shared with a project, some are
public. People of every role, and visitors, ask the application over HTTP for what they may see.

Claims
------
people_jobs_sqlite, people_jobs_postgresql
    The job list, with and without filters, its first pages and those gone on to: 95th percentile, in ms.
people_market_sqlite, people_market_postgresql
    The market, as page and as JSON: the same.

PostgreSQL needs its URL, of an empty database, in ``HUGGINS_BENCHMARK_POSTGRESQL``. The data are made by the
database itself. With ``--home`` they stay there, and are used again. Beside other load the times are those of
a queue: the processor time of the platform is printed as well.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import random
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession
from aiohttp.test_utils import BaseTestServer, TestServer
from sqlalchemy import select, text

from benchmarks.result import Result, machine, print_result, print_table
from dashboard.database.engine import Database
from dashboard.database.tables import job_values, job_words, jobs, users
from dashboard.platform import Platform
from dashboard.settings import DatabaseSettings, NodeSettings, Settings
from dashboard.web.app.application import create_application

POSTGRESQL = "HUGGINS_BENCHMARK_POSTGRESQL"
DATABASES = ("sqlite", "postgresql")
CLAIMS = tuple(f"people_{what}_{kind}" for kind in DATABASES for what in ("jobs", "market"))
LIMIT_MS = 50.0

# The same text for both databases; `:stamp` differs. Each number is spread by a prime: what is asked for lies
# all over the table, as it does where people work side by side.
PEOPLE = """
insert into users (name, title, email, password, roles, state, created, "by")
with recursive n(i) as (select cast(0 as bigint) union all select i + 1 from n where i + 1 < {people})
select 'p' || i, 'Person ' || i, '', '', (case when i % 100 = 0 then '["manager"]'
  when i % 50 = 1 then '["publisher"]' when i % 10 = 2 then '["viewer"]' when i = 3 then '["admin"]'
  else '["user"]' end){json}, 'active', '2022-01-01T00:00:00.000Z', 'owner' from n
"""
PROJECTS = """
insert into projects (name, title, created, "by")
with recursive n(i) as (select cast(0 as bigint) union all select i + 1 from n where i + 1 < {projects})
select 'g' || i, 'Project ' || i, '2022-01-01T00:00:00.000Z', 'owner' from n
"""
MEMBERS = """
insert into project_members (project, "user", lead)
with recursive n(i) as (select cast(0 as bigint) union all select i + 1 from n where i + 1 < {people})
select 'g' || (i % {projects}), 'p' || i, {no} from n
union all select 'g' || ((i / 7 + 1 + i % 13) % {projects}), 'p' || i, {no} from n
  where i % 3 = 0 and (i / 7 + 1 + i % 13) % {projects} <> i % {projects}
"""
JOBS = """
insert into jobs (id, owner, visibility, project, label, note, action, module, module_version, image, phase,
  desired_state, reason, parameters, dataset, input, node, resources, notify, metrics, resume, created,
  started, ended)
with recursive n(i) as (
    select cast(0 as bigint) union all select i + 1 from n where i + 1 < {jobs}
  ), spread as (select i, i * 7919 % 10007 % {people} as p, i * 3571 % 1009 as c, {stamp} as t from n)
select cast(10000000 + i as text), 'p' || p, case when c < 20 then 'public' when c < 100 then 'project'
  else 'private' end, case when c between 20 and 99 then 'g' || (p % {projects}) end,
  'run ' || (i % 997), '', 'train', case c % 4 when 0 then 'som' when 1 then 'cnn' else 'rdf' end, '0.1.0',
  'sha256:0', case when i > {jobs} - 500 then 'QUEUED' when c % 13 = 0 then 'ERROR' else 'COMPLETED' end,
  'run', case when c % 13 = 0 then 'it failed' else '' end, '{{"epochs": 10}}'{json}, 'set' || (i % 5000),
  '{{"name": "spectra", "count": 9}}'{json}, case c % 3 when 0 then 'local' else 'any' end,
  '{{"cpus": 1.0}}'{json}, '', '{{"accuracy": 0.9}}'{json}, {no}, t, t,
  case when i > {jobs} - 500 then null else t end from spread
"""
WORDS = """
insert into job_words (job, word)
with recursive n(i) as (select cast(0 as bigint) union all select i + 1 from n where i + 1 < {jobs})
select cast(10000000 + i as text), 'run' from n
union all select cast(10000000 + i as text), cast(i % 997 as text) from n
"""
VALUES = """
insert into job_values (job, name, text, number)
with recursive n(i) as (select cast(0 as bigint) union all select i + 1 from n where i + 1 < {jobs})
select cast(10000000 + i as text), 'parameters.epochs', '', 10 from n
union all select cast(10000000 + i as text), 'metrics.accuracy', '', (i * 6007 % 9973) / 9973.0 from n
"""
STAMP = {
    "sqlite": "strftime('%Y-%m-%dT%H:%M:%S.000Z', '2022-01-01', (i * 150) || ' seconds')",
    "postgresql": "to_char(timestamp '2022-01-01' + i * interval '150 seconds', "
    '\'YYYY-MM-DD"T"HH24:MI:SS.000"Z"\')',
}


@dataclass(frozen=True)
class Size:
    """How much there is, and how often it is asked for."""

    people: int = 10_000
    projects: int = 500
    jobs: int = 1_000_000
    asked: int = 300


async def fill(database: Database, size: Size) -> None:
    """Fill a database that has no people yet; its indexes are made after the rows."""
    async with database.read() as connection:
        if (await connection.execute(select(users.c.name).limit(1))).first() is not None:
            return
    kind = "sqlite" if database.is_sqlite else "postgresql"
    known = {"people": size.people, "projects": size.projects, "jobs": size.jobs, "stamp": STAMP[kind]}
    known |= {"no": "0", "json": ""} if database.is_sqlite else {"no": "false", "json": "::json"}
    indexes = [*jobs.indexes, *job_words.indexes, *job_values.indexes]
    async with database.write() as connection:
        for index in indexes:
            await connection.run_sync(index.drop)
        for statement in (PEOPLE, PROJECTS, MEMBERS, JOBS, WORDS, VALUES):
            await connection.execute(text(statement.format(**known).replace(":", "\\:")))
        for index in indexes:
            await connection.run_sync(index.create)
    await _analyze(database)


async def _analyze(database: Database) -> None:
    if database.is_sqlite:
        async with database.write() as connection:
            await connection.exec_driver_sql("analyze")
        return
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as plain:
        await plain.exec_driver_sql("vacuum analyze")


def job_lists(chance: random.Random, person: str) -> str:
    """Return the query of a job list: as the page opens it, or narrowed down."""
    return chance.choice(
        [
            "/jobs",
            "/jobs",
            "/jobs?owner=me",
            "/jobs?phase=error",
            "/jobs?phase=queued,executing",
            "/jobs?phase=completed",
            "/jobs?module=som",
            "/jobs?module=rdf&phase=error",
            f"/jobs?q=run+{chance.randrange(997)}",
            f"/jobs?dataset=set{chance.randrange(5000)}",
            f"/jobs?owner={person}&phase=completed",
            "/jobs?sort=created",
            "/jobs?sort=-ended",
            "/jobs?node=local",
            "/jobs?where=metrics.accuracy%3E=0.95&sort=-metrics.accuracy",
            "/jobs?sort=-metrics.accuracy&columns=metrics.accuracy",
        ]
    )


@asynccontextmanager
async def serving(home: Path, url: str, size: Size) -> AsyncIterator[tuple[Platform, BaseTestServer]]:
    """Serve the application over a filled database; nothing is supervised."""
    database = Database(url)
    try:
        await database.migrate()
        began = time.process_time()
        await fill(database, size)
        print(f"filled; processor time of this process {time.process_time() - began:.0f} s")
    finally:
        await database.close()
    nodes = {"local": NodeSettings(kind="process")}
    platform = Platform(Settings(home=home, database=DatabaseSettings(url=url), nodes=nodes))
    await platform.start(supervise=False)
    try:
        async with TestServer(create_application(platform)) as server:
            yield platform, server
    finally:
        await platform.stop()


async def ask(
    platform: Platform, server: BaseTestServer, what: str, size: Size, seed: int = 3
) -> tuple[list[tuple[float, str]], float]:
    """Ask as people by chance; return the time of each answer with its question, and the processor time."""
    chance = random.Random(seed)
    times: list[tuple[float, str]] = []
    spent = 0.0
    async with ClientSession(server.make_url("")) as session:
        for number in range(size.asked):
            person = "p3" if number % 20 == 0 else f"p{chance.randrange(size.people)}"
            headers = {"Accept": "text/html" if number % 2 else "application/json"}
            if what == "jobs" or number % 4:
                token = await platform.sessions.open(person)
                headers["Authorization"] = f"Bearer {token}"
            path = (
                job_lists(chance, person) if what == "jobs" else chance.choice(["/", "/?q=forest", "/?q=som"])
            )
            asked = path
            for _ in range(3):  # the page, and those gone on to
                began, worked = time.perf_counter(), time.process_time()
                async with session.get(path, headers=headers) as answer:
                    body = await answer.read()
                    assert answer.status == 200, (path, answer.status, body[:300])
                times.append((1000 * (time.perf_counter() - began), f"{person} {path}"))
                spent += time.process_time() - worked
                if what != "jobs" or answer.content_type != "application/json":
                    break
                following = (await answer.json())["following"]
                if not following:
                    break
                path = f"{asked}{'&' if '?' in asked else '?'}after={following}"
    return times, spent


def told(claim: str, times: Sequence[tuple[float, str]], spent: float) -> Result:
    """Print what was measured, and return the result."""
    values = sorted(each for each, _ in times)
    p95 = values[int(0.95 * len(values))]
    print(f"\n{claim}: ms for {len(values)} answers")
    figures = (values[len(values) // 2], p95, values[-1], 1000 * spent / len(values))
    print_table(("median", "p95", "most", "processor time each"), [figures])
    print_table(("ms", "slowest"), [*sorted(times, key=lambda each: -each[0])[:8]])
    return Result(claim, p95, LIMIT_MS, p95 / LIMIT_MS, "ms", f"p95 ≤ {LIMIT_MS:g} ms", p95 <= LIMIT_MS)


async def measure(kind: str, claims: Sequence[str], home: Path, size: Size) -> None:
    """Measure the claims about one database.

    Parameters
    ----------
    kind : str
        One of `DATABASES`.
    claims : sequence of str
        Of `CLAIMS`; those about other databases are left out.
    home : Path
        The platform's, and of the database of SQLite.
    size : Size
        How much there is.
    """
    (home / kind).mkdir(mode=0o700, exist_ok=True)  # a home belongs to one database
    wanted = [claim for claim in claims if claim.endswith(kind)]
    url = (
        os.environ.get(POSTGRESQL, "")
        if kind == "postgresql"
        else f"sqlite:///{home / kind / 'people.sqlite'}"
    )
    if not wanted or not url:
        if wanted:
            print(f"{', '.join(wanted)}: not measured, {POSTGRESQL} names no database")
        return
    async with serving(home / kind, url, size) as (platform, server):
        for claim in wanted:
            what = claim.split("_")[1]
            await ask(platform, server, what, Size(size.people, size.projects, size.jobs, 20), seed=1)
            times, spent = await ask(platform, server, what, size)
            print_result(told(claim, times, spent))


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("claims", nargs="*", choices=[*CLAIMS, []], default=[])
    parser.add_argument("--quick", action="store_true", help="few people and jobs: whether it runs at all")
    parser.add_argument("--home", type=Path, help="where the data stay, to be used again")
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    print(machine())
    size = Size(200, 10, 10_000, 40) if asked.quick else Size()
    with tempfile.TemporaryDirectory() as folder:
        home = (asked.home or Path(folder)).resolve()
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for kind in DATABASES:
            asyncio.run(measure(kind, asked.claims or CLAIMS, home, size))


if __name__ == "__main__":
    main()
