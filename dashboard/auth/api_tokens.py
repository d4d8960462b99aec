"""API tokens of people: scoped, expiring, revocable; only their hashes are stored."""

from __future__ import annotations

import builtins
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update

from dashboard.auth.identity import ANONYMOUS, Accounts, Identity, Scope
from dashboard.auth.sessions import token_id
from dashboard.base import clock
from dashboard.base.errors import Conflict, Denied, FieldError, Invalid, NotFound
from dashboard.database.engine import Database
from dashboard.database.tables import api_tokens

PREFIX = "hgp_"  # tells leaked tokens, and these from those of deployments
MOST_EACH = 100
MOST_DAYS = 3650
LONGEST_TITLE = 120
USED_EVERY_S = 60.0  # between two records of the last use: a read of every request writes nothing


@dataclass(frozen=True)
class ApiToken:
    """An API token without its secret.

    Attributes
    ----------
    id, title : str
        What it is named by, and what its owner calls it.
    user : str
        Whose it is.
    scopes : tuple of Scope
        What it may do.
    created, expires, last_used : str or None
        ISO 8601, UTC; without `expires` it is valid until it is revoked.
    """

    id: str
    user: str
    title: str
    scopes: tuple[Scope, ...]
    created: str
    expires: str | None
    last_used: str | None

    def to_json(self) -> dict[str, Any]:
        """Return its fields."""
        names = ("id", "title", "scopes", "created", "expires", "last_used")
        return {name: getattr(self, name) for name in names}


class ApiTokens:
    """Makes, lists, revokes and recognises API tokens.

    Parameters
    ----------
    database : Database
        Open and migrated.
    accounts : callable
        From a user id to the identity with its roles and projects.
    """

    def __init__(self, database: Database, accounts: Accounts) -> None:
        self._database = database
        self._accounts = accounts

    async def create(
        self, identity: Identity, title: str, scopes: Iterable[str], days: int | None
    ) -> tuple[ApiToken, str]:
        """Create a token.

        Parameters
        ----------
        identity : Identity
            Its owner, signed in by a session: a token makes no tokens.
        title : str
            What it is for.
        scopes : iterable of str
            Of `Scope`; at least one.
        days : int or None
            For how long it is valid; None: until it is revoked.

        Returns
        -------
        ApiToken, str
            The token and its secret, which is not stored.

        Raises
        ------
        Denied
            If the identity itself came with a token.
        Invalid
            If a value cannot be used, by field.
        Conflict
            If the user has too many.
        """
        if identity.scopes is not None:
            raise Denied("An API token makes no other tokens: sign in for that.")
        title, chosen = " ".join(title.split()), tuple(scope for scope in Scope if scope in set(scopes))
        errors = list(_errors(identity, title, chosen, days))
        if errors:
            raise Invalid("This token cannot be made.", errors)
        theirs = api_tokens.c.user == identity.user
        async with self._database.read() as connection:
            count = await connection.scalar(select(func.count()).where(theirs)) or 0
        if count >= MOST_EACH:
            raise Conflict(f"You have {MOST_EACH} tokens, which is the most: revoke some first.")
        expires = None if days is None else clock.after(days * 86_400)
        secret = f"{PREFIX}{secrets.token_urlsafe(32)}"
        made = ApiToken(token_id(secret), identity.user, title, chosen, clock.now(), expires, None)
        row = {**made.to_json(), "user": identity.user, "hash": _hash(secret), "scopes": list(chosen)}
        async with self._database.write() as connection:
            await connection.execute(insert(api_tokens).values(row))
        return made, secret

    async def list(self, user: str) -> builtins.list[ApiToken]:
        """Return the tokens of a user, the newest first; expired ones stay in the list."""
        query = select(api_tokens).where(api_tokens.c.user == user).order_by(api_tokens.c.created.desc())
        async with self._database.read() as connection:
            return [_token(dict(row)) for row in (await connection.execute(query)).mappings()]

    async def revoke(self, identity: Identity, token: str) -> None:
        """Revoke a token of a user; `NotFound` if the user has no such token."""
        theirs = (api_tokens.c.user == identity.user, api_tokens.c.id == token)
        async with self._database.write() as connection:
            done = await connection.execute(delete(api_tokens).where(*theirs))
        if not done.rowcount:
            raise NotFound(f"There is no token {token}; it may have been revoked.")

    async def revoke_all(self, user: str) -> int:
        """Revoke all tokens of a user, and return how many there were."""
        async with self._database.write() as connection:
            done = await connection.execute(delete(api_tokens).where(api_tokens.c.user == user))
        return int(done.rowcount)

    async def expire_all(self, moment: str) -> int:
        """Let every token that would be valid after a moment expire then; return how many there are."""
        column = api_tokens.c.expires
        later = or_(column.is_(None), column > moment)
        async with self._database.write() as connection:
            done = await connection.execute(update(api_tokens).where(later).values(expires=moment))
        return int(done.rowcount)

    async def identify(self, secret: str) -> Identity:
        """Return whose token this is, limited to its scopes; `ANONYMOUS` when it is nobody's."""
        now = clock.now()
        valid = or_(api_tokens.c.expires.is_(None), api_tokens.c.expires > now)
        query = select(api_tokens).where(api_tokens.c.hash == _hash(secret), valid)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            return ANONYMOUS
        found = _token(dict(row))
        if found.last_used is None or clock.seconds_since(found.last_used) > USED_EVERY_S:
            async with self._database.write() as connection:
                mine = api_tokens.c.id == found.id
                await connection.execute(update(api_tokens).where(mine).values(last_used=now))
        return replace(await self._accounts(found.user), scopes=frozenset(found.scopes))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _token(row: dict[str, Any]) -> ApiToken:
    scopes = tuple(Scope(scope) for scope in row["scopes"])
    return ApiToken(
        row["id"], row["user"], row["title"], scopes, row["created"], row["expires"], row["last_used"]
    )


def _errors(
    identity: Identity, title: str, scopes: tuple[Scope, ...], days: int | None
) -> Iterable[FieldError]:
    if not title or len(title) > LONGEST_TITLE or not title.isprintable():
        yield FieldError("title", f"must have 1 to {LONGEST_TITLE} printable characters")
    if not scopes:
        yield FieldError("scopes", f"name at least one of {', '.join(Scope)}")
    if Scope.ADMIN in scopes and not identity.admin:
        yield FieldError("scopes", "admin is for administrators")
    if days is not None and not 1 <= days <= MOST_DAYS:
        yield FieldError("days", f"must be a whole number from 1 to {MOST_DAYS}")
