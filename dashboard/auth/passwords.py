"""Passwords: their hashes by Argon2id, and which are too weak."""

from __future__ import annotations

import asyncio
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
    if folded in _weak() or stem in _weak():
        return "is in lists of common or leaked passwords"
    if len(set(folded)) < 4:  # aaaaaaaaaa, abababababab
        return "repeats too few different characters"
    parts = [part.casefold() for word in known for part in (word, word.partition("@")[0]) if part]
    if folded in parts or stem in parts:
        return "is made of your name or e-mail address"
    return ""


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
