"""Asks whether something new fits into the quotas; other rooms call it where they make something."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.auth.identity import Accounts
from dashboard.base.ownership import Ownership, Visibility
from dashboard.database.engine import Database
from dashboard.quotas.measure import OWNER, PROJECT, Scope, Used, measured
from dashboard.quotas.quota import Balance, Limit, Quota, QuotaExceeded, UploadTooLarge
from dashboard.quotas.store import Limits, QuotaStore

#: Field of a request that is wrong where a quota does not allow it.
FIELDS = {
    Quota.CPU: "resources.walltime_s",
    Quota.GPU: "resources.walltime_s",
    Quota.MEMORY: "resources.walltime_s",
    Quota.REPLICAS: "scaling",
}


class Quotas:
    """The quotas of people and projects.

    Parameters
    ----------
    database : Database
        Open and migrated.
    store : QuotaStore
        Has the limits.
    accounts : Accounts
        Gives the roles of an owner.
    """

    def __init__(self, database: Database, store: QuotaStore, accounts: Accounts) -> None:
        self._database = database
        self._accounts = accounts
        self.store = store

    async def limits(self, user: str, project: str | None = None) -> Limits:
        """Return the limits that hold for what belongs to somebody.

        Parameters
        ----------
        user : str
            Its owner.
        project : str or None
            The project that it is shared with; None: none.
        """
        return await self.store.limits(await self._accounts(user), project or "")

    async def limits_of(self, ownership: Ownership) -> Limits:
        """Return the limits that hold for something of that ownership."""
        shared = ownership.visibility is Visibility.PROJECT
        return await self.limits(ownership.owner, ownership.project if shared else None)

    async def require(
        self, connection: AsyncConnection, limits: Limits, needed: Mapping[Quota, float]
    ) -> None:
        """Return if something new fits into the quotas; call it first in the transaction that makes it.

        Others who ask for the same person or project wait until that transaction has ended.

        Parameters
        ----------
        connection : AsyncConnection
            In a transaction that writes.
        limits : Limits
            Those that hold for it.
        needed : Mapping
            How much it needs, by quota.

        Raises
        ------
        QuotaExceeded
            With the facts of the first quota that it does not fit into.
        """
        asked = [quota for quota, amount in needed.items() if amount > 0 and limits.of(quota)]
        if not asked:
            return
        await self._lock(connection, limits)
        for balance in await self._balances(connection, limits, {quota: needed[quota] for quota in asked}):
            if balance.exceeded:
                raise exceeded(balance)

    async def balances(self, limits: Limits, needed: Mapping[Quota, float]) -> list[Balance]:
        """Return what of the limits is used, and what is needed, for those that are limited; for forms."""
        async with self._database.read() as connection:
            return await self._balances(connection, limits, needed)

    async def used(self, scope: Scope) -> dict[str, dict[Quota, Used]]:
        """Return how much people or projects have of everything, limited or not, by their name."""
        async with self._database.read() as connection:
            return await measured(connection, scope)

    async def startable(self, limits: Limits, needed: Mapping[Quota, float]) -> Balance | None:
        """Return the quota for which a waiting job cannot start now, or None.

        Only what ran and what runs counts, not what waits: the job itself is among that.

        Parameters
        ----------
        limits : Limits
            Those that hold for the job.
        needed : Mapping
            What its next attempt needs.
        """
        wanted = {quota: amount for quota, amount in needed.items() if limits.of(quota) and amount > 0}
        if not wanted:
            return None
        async with self._database.read() as connection:
            found = await self._balances(connection, limits, wanted, waiting=False)
        return next((balance for balance in found if balance.exceeded), None)

    async def _balances(
        self,
        connection: AsyncConnection,
        limits: Limits,
        needed: Mapping[Quota, float],
        *,
        waiting: bool = True,
    ) -> list[Balance]:
        known: dict[str, dict[Quota, Used]] = {}
        for user in ("", limits.user):
            which = [quota for quota in needed if any(one == user for one, _ in limits.of(quota))]
            name = user or limits.project
            if which:
                scope = Scope(OWNER if user else PROJECT, [name])
                known[user] = (await measured(connection, scope, which, waiting=waiting)).get(name, {})
        return [
            _balance(limit, user, known.get(user, {}).get(quota, Used()), needed[quota])
            for quota in Quota
            if quota in needed
            for user, limit in limits.of(quota)
        ]

    async def _lock(self, connection: AsyncConnection, limits: Limits) -> None:
        """Let others who ask about the same subjects wait; SQLite has one writer at a time anyway."""
        if self._database.is_sqlite:
            return
        names = [f"person {limits.user}", *([f"project {limits.project}"] if limits.project else [])]
        for name in sorted(names):
            key = int.from_bytes(hashlib.sha256(f"quota of {name}".encode()).digest()[:8], "big", signed=True)
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def _balance(limit: Limit, user: str, used: Used, needed: float) -> Balance:
    return Balance(limit, user, used.amount, used.reserved, needed)


def exceeded(balance: Balance) -> QuotaExceeded:
    """Return the error of a request that does not fit."""
    kind = UploadTooLarge if balance.limit.quota is Quota.UPLOAD else QuotaExceeded
    return kind(balance, FIELDS.get(balance.limit.quota, ""))


def smallest(limits: Limits, quota: Quota) -> float:
    """Return the least limit of a quota; infinite where there is none."""
    return min((limit.amount for _, limit in limits.of(quota)), default=math.inf)
