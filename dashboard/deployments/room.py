"""Whether the quotas allow a new deployment, or more replicas of one."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.base.ownership import Ownership
from dashboard.base.resources import Resources
from dashboard.quotas.measure import hourly, replicas_of
from dashboard.quotas.quota import Quota
from dashboard.quotas.service import Quotas
from deploy.model.deployment import Deployment
from deploy.model.store import Allow, anything


async def allowance(quotas: Quotas | None, ownership: Ownership) -> Allow:
    """Return the check of a change of a deployment, for the transaction that writes it.

    Parameters
    ----------
    quotas : Quotas or None
        None: everything is allowed.
    ownership : Ownership
        Of the deployment.
    """
    if quotas is None:
        return anything
    limits = await quotas.limits_of(ownership)

    async def allow(connection: AsyncConnection, before: Deployment | None, after: Deployment) -> None:
        needed = {
            Quota.DEPLOYMENTS: 1.0 if before is None else 0.0,
            Quota.REPLICAS: float(_replicas(after) - (_replicas(before) if before else 0)),
        }
        if after.enabled and not (before and before.enabled):
            # Replicas run for as long as the deployment is enabled: there must be room for one for an hour.
            needed |= hourly(Resources.from_json(after.version().resources))
        await quotas.require(connection, limits, needed)

    return allow


def _replicas(deployment: Deployment) -> int:
    return replicas_of(deployment.scaling.to_json(), deployment.canary, enabled=deployment.enabled)
