"""Tokens of links that work once: for choosing a password, confirming an address, finishing a sign-in."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, insert, select

from dashboard.base import clock
from dashboard.database.engine import Database
from dashboard.database.tables import tokens


class LinkKind(StrEnum):
    """What a link is for."""

    INVITATION = "invitation"  # choose the first password
    RESET = "reset"  # choose another in place of a forgotten one
    EMAIL = "email"  # confirm an e-mail address
    REGISTER = "register"  # make an account of an address, which its use confirms
    CODE = "code"  # the password was right, the code of the second factor is to come


SECONDS = {
    LinkKind.INVITATION: 3 * 86_400,  # over a weekend
    LinkKind.RESET: 3600,
    LinkKind.EMAIL: 86_400,
    LinkKind.REGISTER: 86_400,
    LinkKind.CODE: 600,
}
PASSWORD = (LinkKind.INVITATION, LinkKind.RESET)


@dataclass(frozen=True)
class Link:
    """What a token stands for.

    Attributes
    ----------
    kind : LinkKind
        What it is for.
    user : str
        Whose it is; empty: somebody who has no account yet.
    detail : str
        The e-mail address that it confirms, or to which it was sent.
    """

    kind: LinkKind
    user: str
    detail: str


def token_hash(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


class LinkStore:
    """Makes, finds and uses up links. Only the hashes of their tokens are stored.

    Parameters
    ----------
    database : Database
        Open and migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(self, kind: LinkKind, user: str, detail: str = "") -> str:
        """Return the token of a new link; earlier ones of that kind and user end.

        Parameters
        ----------
        kind : LinkKind
            What it is for.
        user : str
            Whose it is; empty: nobody has an account yet.
        detail : str
            The e-mail address that it confirms.
        """
        token = secrets.token_urlsafe(32)
        row = {"hash": token_hash(token), "kind": kind, "identity": user, "detail": detail}
        times = {"created": clock.now(), "expires": clock.after(SECONDS[kind])}
        of_user = tokens.c.identity == user if user else tokens.c.detail == detail
        async with self._database.write() as connection:
            if kind is not LinkKind.CODE:  # one may sign in with two browsers at once
                await connection.execute(delete(tokens).where(tokens.c.kind == kind, of_user))
            old = (tokens.c.kind == kind, tokens.c.expires <= clock.now())
            await connection.execute(delete(tokens).where(*old))
            await connection.execute(insert(tokens).values({**row, **times}))
        return token

    async def find(self, token: str, *kinds: LinkKind) -> Link | None:
        """Return what a token stands for, or None if it is unknown, used, expired, or of another kind."""
        columns = (tokens.c.kind, tokens.c.identity, tokens.c.detail)
        async with self._database.read() as connection:
            row = (await connection.execute(select(*columns).where(*_valid(token, kinds)))).one_or_none()
        return None if row is None else Link(LinkKind(row.kind), row.identity, row.detail)

    async def use(self, token: str, *kinds: LinkKind) -> Link | None:
        """Use a link up and return what it was; None if it is not valid, or somebody else used it."""
        columns = (tokens.c.kind, tokens.c.identity, tokens.c.detail)
        async with self._database.write() as connection:
            used = await connection.execute(delete(tokens).where(*_valid(token, kinds)).returning(*columns))
            row = used.one_or_none()
        return None if row is None else Link(LinkKind(row.kind), row.identity, row.detail)

    async def pending_email(self, user: str) -> str:
        """Return the address that a user has still to confirm; empty: none."""
        query = select(tokens.c.detail).where(
            tokens.c.identity == user, tokens.c.kind == LinkKind.EMAIL, tokens.c.expires > clock.now()
        )
        async with self._database.read() as connection:
            return str((await connection.execute(query.limit(1))).scalar_one_or_none() or "")

    async def forget(self, user: str, *kinds: LinkKind) -> None:
        """End the unused links of a user, of some kinds."""
        theirs = (tokens.c.identity == user, tokens.c.kind.in_(kinds))
        async with self._database.write() as connection:
            await connection.execute(delete(tokens).where(*theirs))


def _valid(token: str, kinds: tuple[LinkKind, ...]) -> tuple[ColumnElement[bool], ...]:
    return (
        tokens.c.hash == token_hash(token),
        tokens.c.kind.in_(kinds),
        tokens.c.expires > clock.now(),
    )
