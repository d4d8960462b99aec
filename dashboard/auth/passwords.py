"""Passwords: their hashes by Argon2id, and which are too weak."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dashboard.base.errors import FieldError, Invalid

LEAST = (
    10  # characters; NIST SP 800-63B, section 3.1.1.2, asks for length and a list instead of kinds of letters
)
MOST = 1000
AT_ONCE = 2  # hashes
WEAK = Path(__file__).with_name("weak_passwords.txt")
LEET = str.maketrans("@4310$57!", "aaeiossti")  # how letters are written as digits and signs
ROWS = ("qwertyuiop", "asdfghjkl", "qwertzuiop", "azertyuiop", "01234567890", "abcdefghijklmnopqrstuvwxyz")
SHORTEST_PART = 3  # letters of a name that count
LEFT_OVER = 4  # letters that must stand beside what others know


@cache
def _weak() -> frozenset[str]:
    return frozenset(WEAK.read_text("utf-8").split())


def weakness(password: str, *known: str) -> str:
    """Return why a password cannot be used, or nothing.

    Parameters
    ----------
    password : str
        The password.
    *known : str
        What others know of its owner: name, e-mail address. A password must not be made of them.

    Returns
    -------
    str
        A sentence without its subject, such as "must have at least 10 characters"; empty if it can be used.
    """
    if len(password) < LEAST:
        return f"must have at least {LEAST} characters"
    if len(password) > MOST:
        return f"must have at most {MOST} characters"
    folded = password.casefold()
    stem = folded.strip("0123456789!?.-_ ")
    if _weak() & {form for one in (folded, stem) for form in (one, one.translate(LEET), _unit(one))}:
        return "is in lists of common or leaked passwords"
    if any(folded in row or folded[::-1] in row for row in ROWS):
        return "is a row of letters or keys"
    if len(set(folded)) < 4:  # aaaaaaaaaa, abababababab
        return "repeats too few different characters"
    return "is made of your name or e-mail address" if _left_over(folded, known) < LEFT_OVER else ""


def _unit(text: str) -> str:
    """Return what a text repeats, as ``password`` in ``passwordpassword``; itself if it repeats nothing."""
    end = (text + text).find(text, 1)
    return text[:end]


def _left_over(folded: str, known: Sequence[str]) -> int:
    """Return how many letters stay of a password without what others know; all, if it has nothing of it."""
    text = _plain(folded)
    parts = {part for word in known for part in re.split(r"[\W\d_]+", _plain(word.casefold()))}
    rest = text
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= SHORTEST_PART:
            rest = rest.replace(part, " ")
    return LEFT_OVER if rest == text else sum(letter.isalpha() for letter in rest)


def _plain(text: str) -> str:
    """Return a text without the accents of its letters."""
    parts = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def require_strength(password: str, *known: str) -> None:
    """Return if a password can be used; parameters as `weakness`.

    Raises
    ------
    Invalid
        If it is too weak.
    """
    if weak := weakness(password, *known):
        raise Invalid(f"This password {weak}.", [FieldError("password", weak)])


class Passwords:
    """Hashes passwords and verifies them, few at once: each takes 64 MiB and a core for some 50 ms.

    Parameters
    ----------
    hasher : PasswordHasher, optional
        By default the second recommended option of RFC 9106, section 4: 64 MiB, three passes. Tests give
        a quicker one.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)
        self._few = asyncio.Semaphore(AT_ONCE)
        self._nobodys = ""

    async def hash(self, password: str) -> str:
        """Return the Argon2id hash of a password, with its salt and parameters."""
        async with self._few:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, stored: str, password: str) -> bool:
        """Return whether a password is the one of a hash.

        Parameters
        ----------
        stored : str
            From `hash`. Empty where there is no password: then the answer is False, after the same work.
        password : str
            What was typed.
        """
        async with self._few:
            return await asyncio.to_thread(self._matches, stored, password) and bool(stored)

    def outdated(self, stored: str) -> bool:
        """Return whether a hash was made with other parameters, so that it is made anew at a sign-in."""
        return self._hasher.check_needs_rehash(stored)

    def _matches(self, stored: str, password: str) -> bool:
        # Of a password that nobody has: an unknown name takes as long as a known one.
        self._nobodys = self._nobodys or self._hasher.hash("nobody has this password")
        try:
            return self._hasher.verify(stored or self._nobodys, password[:MOST])
        except (VerificationError, InvalidHashError):
            return False
