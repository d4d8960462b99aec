"""The words by which jobs are found: lower-case letters and digits, matched by their beginning."""

from __future__ import annotations

import re

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.database.tables import job_words, jobs

WORD_LENGTH = 40
WORDS = 200  # of one job: only the first words of a long note are indexed
TERMS = 8  # of one query
_WORD = re.compile(r"[^\W_]+")


def words_of(*texts: str) -> list[str]:
    """Return the words of a job's texts, each once, in their order; the first `WORDS` of them."""
    found = (part[:WORD_LENGTH] for text in texts for part in _WORD.findall(text.lower()))
    return list(dict.fromkeys(found))[:WORDS]


def terms_of(query: str) -> list[str]:
    """Return the beginnings of words that a job must all have; at most `TERMS`."""
    return words_of(query)[:TERMS]


def beyond(term: str) -> str:
    """Return the text before which every word that begins with `term` sorts, by code points."""
    return term + "\U0010ffff"


async def index_words(connection: AsyncConnection, job: str) -> None:
    """Replace the indexed words of a job by its current ones."""
    shown = (jobs.c.id, jobs.c.label, jobs.c.module, jobs.c.tags, jobs.c.note)
    found = (await connection.execute(select(*shown).where(jobs.c.id == job))).one()
    texts = (found.id, found.label, found.module, *(found.tags or ()), found.note)
    await connection.execute(delete(job_words).where(job_words.c.job == job))
    rows = [{"job": job, "word": word} for word in words_of(*texts)]
    await connection.execute(insert(job_words), rows)
