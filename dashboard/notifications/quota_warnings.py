"""Warnings of quotas: a person, or who leads a project, is told at 80 and 100 per cent, once a month each."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.auth.identity import SYSTEM, Accounts
from dashboard.database.engine import Database
from dashboard.database.tables import notification_settings, project_members, quota_warnings
from dashboard.notifications.message import QUOTA
from dashboard.notifications.outbox import Row, write_messages
from dashboard.quotas.measure import month_start
from dashboard.quotas.overview import AccountUse, QuotaOverview
from dashboard.quotas.quota import TITLES, UNITS, Quota, Subject

#: Of these a person runs out; a limit of running and waiting jobs is met every day.
WARNED = (
    Quota.DISK,
    Quota.DATASETS,
    Quota.CPU,
    Quota.GPU,
    Quota.MEMORY,
    Quota.DEPLOYMENTS,
    Quota.REPLICAS,
)
PERCENTS = (100, 80)


class QuotaWarnings:
    """Writes the warnings of people who have a channel for notifications and want them.

    Parameters
    ----------
    database : Database
        Open and migrated.
    overview : QuotaOverview
        Knows limits and use.
    accounts : Accounts
        Gives the roles of people.
    """

    def __init__(self, database: Database, overview: QuotaOverview, accounts: Accounts) -> None:
        self._database = database
        self._overview = overview
        self._accounts = accounts

    async def tell(self) -> int:
        """Write the warnings that were not written this month; return how many."""
        reached = or_(notification_settings.c.email != "", notification_settings.c.webhook != "")
        wanted = select(notification_settings).where(reached, notification_settings.c.of_quotas)
        async with self._database.read() as connection:
            people = {row["identity"]: row for row in (await connection.execute(wanted)).mappings()}
        written = 0
        for preferences in people.values():
            use = await self._overview.mine(await self._accounts(preferences["identity"]))
            written += await self._tell(use, preferences)
        return written + await self._tell_leads(people)

    async def _tell_leads(self, people: Mapping[str, Row]) -> int:
        """Tell who leads a project of its quotas."""
        led = select(project_members.c.project, project_members.c.user).where(project_members.c.lead)
        async with self._database.read() as connection:
            leads = (await connection.execute(led)).all()
        uses = {use.name: use for use in await self._overview.projects(SYSTEM)} if people and leads else {}
        written = 0
        for project, user in leads:
            if user in people and project in uses:
                written += await self._tell(uses[project], people[user])
        return written

    async def _tell(self, use: AccountUse, preferences: Row) -> int:
        written = 0
        for quota, percent in warned(use):
            async with self._database.write() as connection:
                written += await _tell_once(connection, use, quota, percent, preferences)
        return written


def warned(use: AccountUse) -> list[tuple[Quota, int]]:
    """Return the quotas of which so much is used that it is told, with the percentage that was reached."""
    found = []
    for quota in WARNED:
        limit = use.limits.get(quota)
        if limit is None or not limit.amount:
            continue
        percent = next((one for one in PERCENTS if use.amount(quota) * 100 >= one * limit.amount), 0)
        if percent:
            found.append((quota, percent))
    return found


async def _tell_once(
    connection: AsyncConnection, use: AccountUse, quota: Quota, percent: int, preferences: Row
) -> int:
    period = month_start()[:7]
    project = use.name if use.subject is Subject.PROJECT else ""
    # No name has a space: a person and a project of that person are told apart.
    key = f"{preferences['identity']} {project}".rstrip()
    mine = (quota_warnings.c.user == key, quota_warnings.c.quota == quota)
    query = select(quota_warnings.c.percent).where(*mine, quota_warnings.c.period == period)
    told = {int(one) for one in (await connection.execute(query)).scalars()}
    if any(one >= percent for one in told):
        return 0
    row = {"user": key, "quota": quota, "period": period, "percent": str(percent)}
    await connection.execute(insert(quota_warnings).values(row))
    detail = {
        "quota": str(quota),
        "title": TITLES[quota],
        "unit": UNITS.get(quota, ""),
        "percent": percent,
        "used": round(use.amount(quota), 4),
        "limit": use.limits[quota].amount,
        **({"project": project} if project else {}),
    }
    about = "-".join(["quota", *filter(None, [project]), quota, period, str(percent)])
    await write_messages(connection, QUOTA, about, detail, preferences)
    return 1
