"""What sharing something with a project, or giving it to somebody else, needs of their quotas."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.auth.identity import Identity
from dashboard.base.ownership import Ownership, Visibility
from dashboard.database.tables import datasets, models
from dashboard.quotas.measure import MB, replicas_of
from dashboard.quotas.quota import Quota
from dashboard.quotas.service import Quotas
from dashboard.quotas.store import Limits
from deploy.model.tables import deployments


class TransferQuotas:
    """Checks a change of the ownership of an object, in the transaction that makes it.

    Parameters
    ----------
    quotas : Quotas
        Of people and projects.
    """

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas

    async def limits(self, before: Ownership, after: Ownership, identity: Identity) -> Limits:
        """Return the limits of a new owner, and of a project that it was not shared with.

        Parameters
        ----------
        before, after : Ownership
            Of the object.
        identity : Identity
            Who changes it: an administrator may give somebody more than their quota.
        """
        if identity.admin:
            return Limits(after.owner)
        found = await self._quotas.limits_of(after)
        person = found.person if after.owner != before.owner else {}
        was = before.project if before.visibility is Visibility.PROJECT else None
        return Limits(after.owner, person, found.project, found.shared if found.project != was else {})

    async def require(self, connection: AsyncConnection, limits: Limits, kind: str, identifier: str) -> None:
        """Return if an object fits into limits; `QuotaExceeded`.

        Parameters
        ----------
        connection : AsyncConnection
            In a transaction that writes.
        limits : Limits
            See `limits`.
        kind, identifier : str
            The object, as in `dashboard.auth.access.KEYS`.
        """
        if limits:
            await self._quotas.require(connection, limits, await _needs(connection, kind, identifier))


async def _needs(connection: AsyncConnection, kind: str, identifier: str) -> dict[Quota, float]:
    if kind == "dataset":
        query = select(datasets.c.bytes).where(datasets.c.id == identifier)
        size = (await connection.execute(query)).scalar_one_or_none() or 0
        return {Quota.DATASETS: 1.0, Quota.DISK: size / MB}
    if kind == "model":
        query = select(models.c.size).where(models.c.id == identifier)
        return {Quota.DISK: ((await connection.execute(query)).scalar_one_or_none() or 0) / MB}
    if kind == "deployment":
        found = select(deployments.c.scaling, deployments.c.canary, deployments.c.enabled)
        row = (await connection.execute(found.where(deployments.c.name == identifier))).mappings().first()
        replicas = replicas_of(row["scaling"], row["canary"], enabled=row["enabled"]) if row else 0
        return {Quota.DEPLOYMENTS: 1.0, Quota.REPLICAS: float(replicas)}
    return {}
