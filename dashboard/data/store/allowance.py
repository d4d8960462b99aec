"""Whether the quotas allow a new dataset, asked in the transaction that makes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.base.ownership import Ownership
from dashboard.quotas.measure import MB
from dashboard.quotas.quota import Quota
from dashboard.quotas.service import Quotas

Allow = Callable[[AsyncConnection], Awaitable[None]]


async def anything(_connection: AsyncConnection) -> None:
    """Allow what is made in a transaction."""


async def dataset_allowance(
    quotas: Quotas | None, owner: str, project: str | None = None, size: int = 0
) -> Allow:
    """Return the check of a new dataset, for the transaction that makes it.

    Parameters
    ----------
    quotas : Quotas or None
        None: everything is allowed.
    owner : str
        Whose it will be.
    project : str or None
        The project that it is shared with; None: none.
    size : int
        Bytes of the files that it has from the beginning.
    """
    if quotas is None:
        return anything
    limits = await quotas.limits(owner, project)

    async def allow(connection: AsyncConnection) -> None:
        await quotas.require(connection, limits, {Quota.DATASETS: 1.0, Quota.DISK: size / MB})

    return allow


async def more_disk(quotas: Quotas | None, ownership: Ownership, size: int) -> Allow:
    """Return the check of more files of a dataset, for the transaction that adds them.

    Parameters
    ----------
    quotas : Quotas or None
        None: everything is allowed.
    ownership : Ownership
        Of the dataset.
    size : int
        Bytes of the files.
    """
    if quotas is None:
        return anything
    limits = await quotas.limits_of(ownership)

    async def allow(connection: AsyncConnection) -> None:
        await quotas.require(connection, limits, {Quota.DISK: size / MB})

    return allow
