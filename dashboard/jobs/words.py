"""The words by which jobs are found: lower-case letters and digits, compared from their beginning."""

from __future__ import annotations

import re

WORD_LENGTH = 40
WORDS = 200  # of one job: a note of 20,000 letters is found by its first ones
TERMS = 8  # of one question
_WORD = re.compile(r"[^\W_]+")


def words_of(*texts: str) -> list[str]:
    """Return the words of a job's texts, each once, in their order; the first `WORDS` of them."""
    found = (part[:WORD_LENGTH] for text in texts for part in _WORD.findall(text.lower()))
    return list(dict.fromkeys(found))[:WORDS]


def terms_of(question: str) -> list[str]:
    """Return what is looked for: beginnings of words, all of which must be there; at most `TERMS`."""
    return words_of(question)[:TERMS]


def beyond(term: str) -> str:
    """Return the text before which every word that begins with `term` sorts, by code points."""
    return term + "\U0010ffff"
