"""What people write about a job: its label, note and tags, which change nothing of what it runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from dashboard.auth.identity import Identity
from dashboard.auth.policy import Action
from dashboard.base.errors import FieldError, Invalid
from dashboard.database.engine import Database
from dashboard.database.tables import jobs
from dashboard.jobs.job import Job
from dashboard.jobs.store.event_log import add_event
from dashboard.jobs.store.jobs import JobStore
from dashboard.jobs.store.search_index import index_words
from dashboard.jobs.store.value_index import index_values

MOST_TAGS = 20
TAG_LENGTH = 40


@dataclass(frozen=True)
class Annotation:
    """Changes of what is written about a job; None leaves it as it is.

    Attributes
    ----------
    label, note : str or None
        A short title, and Markdown.
    tags : sequence of str or None
        All tags from now on.
    added, removed : sequence of str
        Tags that it gets and loses.
    """

    label: str | None = None
    note: str | None = None
    tags: Sequence[str] | None = None
    added: Sequence[str] = ()
    removed: Sequence[str] = ()


class JobAnnotations:
    """Changes labels, notes and tags of jobs.

    Parameters
    ----------
    database : Database
        Open and migrated.
    store : JobStore
        Of the jobs.
    """

    def __init__(self, database: Database, store: JobStore) -> None:
        self._database = database
        self._store = store

    async def change(self, job: str, annotation: Annotation, identity: Identity) -> Job:
        """Change what is written about a job.

        Parameters
        ----------
        job : str
            Its id.
        annotation : Annotation
            The changes.
        identity : Identity
            Who writes.

        Returns
        -------
        Job
            As it is now.

        Raises
        ------
        NotFound, Denied
            If there is no such job, or it is not theirs to change.
        Invalid
            If there would be too many tags, or one is too long.
        """
        await self._store.get(job, identity, Action.CHANGE)
        async with self._database.write() as connection:
            query = select(jobs.c.tags).where(jobs.c.id == job).with_for_update()
            before = (await connection.execute(query)).scalar_one()
            values: dict[str, object] = {"tags": _tags(before or (), annotation) or None}
            given = (("label", annotation.label), ("note", annotation.note))
            values |= {name: value for name, value in given if value is not None}
            await connection.execute(update(jobs).where(jobs.c.id == job).values(values))
            await index_words(connection, job)
            await index_values(connection, job)
            await add_event(connection, job, "annotated", identity.user, {"changed": sorted(values)})
        changed = await self._store.get(job)
        self._store.publish(changed)
        return changed


def _tags(before: Iterable[str], annotation: Annotation) -> list[str]:
    base = before if annotation.tags is None else annotation.tags
    removed = {_tag(tag) for tag in annotation.removed}
    found = dict.fromkeys(_tag(tag) for tag in (*base, *annotation.added))
    tags = [tag for tag in found if tag and tag not in removed]
    if len(tags) > MOST_TAGS:
        message = f"would be {len(tags)} tags; a job has at most {MOST_TAGS}"
        raise Invalid(f"These {message}.", [FieldError("tags", message)])
    return tags


def _tag(text: str) -> str:
    """Return a tag as it is kept: single blanks, lower case."""
    tag = " ".join(text.split()).lower()
    if len(tag) > TAG_LENGTH:
        message = f"has {len(tag)} letters; a tag has at most {TAG_LENGTH}"
        raise Invalid(f"The tag {tag[:TAG_LENGTH]}… {message}.", [FieldError("tags", message)])
    return tag
