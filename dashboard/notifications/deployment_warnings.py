"""Warnings of deployments that fail: their owner is told, at most once a day of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from dashboard.base import clock
from dashboard.database.engine import Database
from dashboard.database.tables import notification_settings, outbox
from dashboard.notifications.message import DOWN
from dashboard.notifications.outbox import write_messages
from deploy.model.status import DeploymentState

#: A replica that is started again within this time is no reason for a message.
DOWN_AFTER_S = 120.0


class DeploymentWarnings:
    """Writes the warnings about deployments.

    Parameters
    ----------
    database : Database
        Open and migrated.
    deployments : callable
        Returns all deployments with ``name, owner, enabled, state, reason, since``.
    """

    def __init__(self, database: Database, deployments: Callable[[], Sequence[Mapping[str, Any]]]) -> None:
        self._database = database
        self._deployments = deployments

    async def tell(self) -> int:
        """Write the warnings of deployments that have failed for a while; return how many."""
        return sum([await self._tell(one) for one in self._deployments() if is_down(one)])

    async def _tell(self, deployment: Mapping[str, Any]) -> int:
        about = f"{deployment['name']}-{clock.now()[:10]}"
        settings = select(notification_settings).where(
            notification_settings.c.identity == deployment["owner"], notification_settings.c.of_deployments
        )
        told = select(outbox.c.id).where(
            outbox.c.job == about, outbox.c.event == DOWN, outbox.c.identity == deployment["owner"]
        )
        async with self._database.write() as connection:
            preferences = (await connection.execute(settings)).mappings().one_or_none()
            if preferences is None or (await connection.execute(told.limit(1))).first() is not None:
                return 0
            if not (preferences["email"] or preferences["webhook"]):
                return 0
            detail = {"deployment": deployment["name"], "reason": deployment["reason"]}
            await write_messages(connection, DOWN, about, detail, preferences)
        return 1


def is_down(deployment: Mapping[str, Any]) -> bool:
    """Return whether a deployment that is to answer has failed for `DOWN_AFTER_S`."""
    failed = deployment["enabled"] and deployment["state"] == DeploymentState.FAILED
    return bool(failed) and clock.seconds_since(deployment["since"]) >= DOWN_AFTER_S
