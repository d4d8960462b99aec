"""The conditions of a job list, one for each field of its filter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, select, union_all
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from dashboard.auth.identity import SYSTEM, Identity, Role
from dashboard.auth.policy import visible, visible_parts
from dashboard.database.tables import job_values, job_words, jobs
from dashboard.jobs.job import JobFilter
from dashboard.jobs.store.search_index import beyond, terms_of
from dashboard.jobs.store.value_index import passes
from dashboard.jobs.value_test import ValueTest, is_value

Columns = Mapping[str, Any] | ReadOnlyColumnCollection[str, Any]
Rows = Select[Any] | CompoundSelect[Any]
NO_TEST = ValueTest("")
EXACT = ("module", "dataset", "node", "owner", "parent")


@dataclass(frozen=True)
class Condition:
    """A condition on a job: a column has one of some values, or a word of the job begins with `term`."""

    name: str
    values: tuple[str, ...] = ()
    term: str = ""

    @property
    def single(self) -> bool:
        """Whether it fixes one value of its column: an index then sorts its matches by the next column."""
        return len(self.values) == 1

    def of(self, columns: Columns) -> ColumnElement[bool]:
        """Return the condition on rows with these columns."""
        if self.term:
            # A subquery per row: an EXISTS may be turned into a join with all jobs that have the word.
            found = select(job_words.c.job).where(job_words.c.job == columns["id"], *begins_with(self.term))
            return found.limit(1).scalar_subquery().is_not(None)
        column: ColumnElement[Any] = columns[self.name]
        if not self.values:
            return column.is_not(None)
        return column == self.values[0] if self.single else column.in_(self.values)

    def aside(self) -> ColumnElement[bool]:
        """Return the condition in a form that uses no index: another condition matches fewer jobs."""
        if self.term or not self.values:
            return self.of(jobs.c)
        return jobs.c[self.name].concat("").in_(self.values)

    @property
    def carried(self) -> tuple[str, ...]:
        """The columns that `of` reads; none for a word."""
        return () if self.term else (self.name,)

    def parts(self) -> list[ColumnElement[bool]]:
        """Return conditions on rows of `jobs` that together are this one, and exclude each other."""
        return [self.of(jobs.c)]

    def elsewhere(self) -> Select[Any] | None:
        """Return the ids, each once, where another table than `jobs` has them."""
        if not self.term:
            return None
        return select(job_words.c.job.label("id")).where(*begins_with(self.term)).distinct()

    def ids(self) -> Rows:
        """Return the ids of the jobs that match; a job may occur once for each of its words.

        They are only counted; removing duplicates would mean reading all of them.
        """
        if self.term:
            return select(job_words.c.job.label("id")).where(*begins_with(self.term))
        return select(jobs.c.id).where(self.of(jobs.c))


@dataclass(frozen=True)
class HasValue(Condition):
    """The condition that a parameter, metric or tag of the job passes a test."""

    test: ValueTest = NO_TEST

    @property
    def carried(self) -> tuple[str, ...]:
        """No columns of `jobs`."""
        return ()

    def of(self, columns: Columns) -> ColumnElement[bool]:
        """Return the condition on rows with these columns."""
        # By another name: a list that is sorted by a value reads the table as well.
        values = job_values.alias("tested_values")
        found = select(values.c.job).where(values.c.job == columns["id"], passes(self.test, values))
        return found.limit(1).scalar_subquery().is_not(None)

    def aside(self) -> ColumnElement[bool]:
        """Return the condition on rows of `jobs`."""
        return self.of(jobs.c)

    def elsewhere(self) -> Select[Any]:
        """Return the ids, each once."""
        return self.ids().distinct()

    def ids(self) -> Select[Any]:
        """Return the ids of the jobs that match; a job may occur once for each of its tags."""
        return select(job_values.c.job.label("id")).where(passes(self.test))


@dataclass(frozen=True)
class VisibleTo(Condition):
    """The condition that an identity may see the job."""

    identity: Identity = SYSTEM

    @property
    def carried(self) -> tuple[str, ...]:
        """The columns that `of` reads."""
        return ("owner", "project", "visibility")

    def of(self, columns: Columns) -> ColumnElement[bool]:
        """Return the condition on rows with these columns."""
        return visible(self.identity, columns)

    def aside(self) -> ColumnElement[bool]:
        """Return the condition on rows of `jobs`."""
        return self.of(jobs.c)

    def parts(self, *, each_project: bool = False) -> list[ColumnElement[bool]]:
        """Return disjoint conditions on rows of `jobs`, each of which has an index."""
        return visible_parts(self.identity, jobs.c, each_project=each_project)

    def ids(self) -> Rows:
        """Return the ids of the jobs that the identity may see."""
        return union_all(*(select(jobs.c.id).where(part) for part in self.parts()))


def conditions_of(job_filter: JobFilter, sort: str, identity: Identity = SYSTEM) -> list[Condition]:
    """Return the conditions of a list.

    Parameters
    ----------
    job_filter : JobFilter
        One condition for each field that is set, and one for each word of `q`.
    sort : str
        Sorted by ``ended``, the list has only jobs that have ended; by a value, those that have it.
    identity : Identity
        Unless it is an administrator's: the jobs that it may see.
    """
    conditions = [
        Condition(name, (getattr(job_filter, name),)) for name in EXACT if getattr(job_filter, name)
    ]
    if job_filter.phases:
        conditions.append(Condition("phase", tuple(job_filter.phases)))
    conditions += [Condition("q", term=term) for term in terms_of(job_filter.q)]
    conditions += [HasValue(str(test), test=test) for test in job_filter.values]
    if sort == "ended":
        conditions.append(Condition("ended"))
    elif is_value(sort):
        conditions.append(HasValue(sort, test=ValueTest(sort)))
    own = bool(identity.user) and job_filter.owner == identity.user and identity.has(Role.VIEWER)
    if not (identity.admin or own):  # everybody sees their own
        conditions.append(VisibleTo("visible", identity=identity))
    return conditions


def begins_with(term: str) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a word of `job_words` begins with `term`."""
    return job_words.c.word >= term, job_words.c.word < beyond(term)
