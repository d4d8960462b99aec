"""Which account at a provider signs in to which account here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from dashboard.auth.oidc.claims import ProviderPerson
from dashboard.base import clock
from dashboard.base.errors import Conflict
from dashboard.database.engine import Database
from dashboard.database.tables import provider_accounts

ID = 16  # characters


@dataclass(frozen=True)
class ProviderAccount:
    """A way to sign in.

    Attributes
    ----------
    issuer, subject : str
        Who it is at the provider.
    user : str
        Whose account here.
    email : str
        At the provider; empty: none is verified.
    managed : bool
        Whether the provider made the account, and says its roles.
    created, last_sign_in : str or None
        ISO 8601, UTC.
    """

    issuer: str
    subject: str
    user: str
    email: str
    managed: bool
    created: str
    last_sign_in: str | None

    @property
    def id(self) -> str:
        """What it is named by in addresses."""
        return hashlib.sha256(f"{self.issuer}\0{self.subject}".encode()).hexdigest()[:ID]


class ProviderAccountStore:
    """Reads and writes them.

    Parameters
    ----------
    database : Database
        Open and migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, person: ProviderPerson) -> ProviderAccount | None:
        """Return the way of somebody who comes from a provider, or None."""
        return await self.of(person.issuer, person.subject)

    async def of(self, issuer: str, subject: str) -> ProviderAccount | None:
        """Return the way of a subject of a provider, or None."""
        query = select(provider_accounts).where(*_same(issuer, subject))
        async with self._database.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return ProviderAccount(**row) if row else None

    async def of_user(self, user: str) -> Sequence[ProviderAccount]:
        """Return the ways of a user, the oldest first."""
        query = select(provider_accounts).where(provider_accounts.c.user == user)
        async with self._database.read() as connection:
            rows = (await connection.execute(query.order_by(provider_accounts.c.created))).mappings().all()
        return [ProviderAccount(**row) for row in rows]

    async def link(self, person: ProviderPerson, user: str, *, managed: bool) -> None:
        """Let somebody sign in to an account.

        Parameters
        ----------
        person : ProviderPerson
            Who it is at the provider.
        user : str
            Whose account here.
        managed : bool
            Whether the provider made the account.

        Raises
        ------
        Conflict
            If they sign in to another account already.
        """
        row: dict[str, Any] = {
            "issuer": person.issuer,
            "subject": person.subject,
            "user": user,
            "email": person.email,
            "managed": managed,
            "created": clock.now(),
        }
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(provider_accounts).values(row))
        except IntegrityError as error:
            raise Conflict("This account of the provider signs in to another account here.") from error

    async def signed_in(self, person: ProviderPerson) -> None:
        """Record a sign-in, with the address that the provider has now."""
        mine = _same(person.issuer, person.subject)
        values = {"last_sign_in": clock.now(), "email": person.email}
        async with self._database.write() as connection:
            await connection.execute(update(provider_accounts).where(*mine).values(values))

    async def unlink(self, account: ProviderAccount) -> None:
        """Remove a way to sign in."""
        async with self._database.write() as connection:
            mine = _same(account.issuer, account.subject)
            await connection.execute(delete(provider_accounts).where(*mine))


def _same(issuer: str, subject: str) -> tuple[Any, ...]:
    return (provider_accounts.c.issuer == issuer, provider_accounts.c.subject == subject)
