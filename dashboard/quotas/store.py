"""Which limits are set, by the settings and on the page, and which of them hold for somebody."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import and_, delete, insert, or_, select

from dashboard.auth.identity import Identity, Role
from dashboard.base import clock
from dashboard.database.engine import Database
from dashboard.database.tables import quotas
from dashboard.quotas.quota import Limit, Quota, Subject
from dashboard.settings import QuotaSettings

#: Subject and name to limits by quota; an infinite one is no limit.
Given = dict[tuple[Subject, str], dict[Quota, float]]


@dataclass(frozen=True)
class Limits:
    """The limits that hold for one person, and for the project that something is made for.

    Attributes
    ----------
    user : str
        The person.
    person : Mapping
        The person's own, by quota: an exception, else that of the role; none for what has no limit.
    project : str
        Empty: none.
    shared : Mapping
        Those of the project, which hold beside the person's.
    """

    user: str
    person: Mapping[Quota, Limit] = field(default_factory=dict)
    project: str = ""
    shared: Mapping[Quota, Limit] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.person or self.shared)

    def of(self, quota: Quota) -> list[tuple[str, Limit]]:
        """Return the limits of a quota with whose use is counted: a person's name, or empty."""
        found = [(self.user, self.person.get(quota)), ("", self.shared.get(quota))]
        return [(user, limit) for user, limit in found if limit is not None]


class QuotaStore:
    """Reads and writes limits.

    Parameters
    ----------
    database : Database
        Open and migrated.
    defaults : Mapping
        Role to the limits of the settings; one that is set on the page comes before.
    """

    def __init__(self, database: Database, defaults: Mapping[str, QuotaSettings]) -> None:
        self._database = database
        self._defaults: Given = {
            (Subject.ROLE, role): {Quota(name): amount for name, amount in one.limits().items()}
            for role, one in defaults.items()
        }

    async def all(self) -> Given:
        """Return all limits that are set, those of the settings included."""
        return self._with_defaults(await self._read())

    async def exceptions(self) -> Given:
        """Return the limits that were set on the page."""
        return await self._read()

    async def limits(self, identity: Identity, project: str = "") -> Limits:
        """Return the limits that hold for somebody.

        Parameters
        ----------
        identity : Identity
            The person, with the roles; one without a role has the limits of the least.
        project : str
            The project that something is made for; empty: none.
        """
        wanted = [
            (Subject.PERSON, identity.user),
            *((Subject.ROLE, str(role)) for role in Role),
            *([(Subject.PROJECT, project)] if project else []),
        ]
        return limits_for(self._with_defaults(await self._read(wanted)), identity, project)

    async def put(self, subject: Subject, name: str, amounts: Mapping[Quota, float | None], by: str) -> None:
        """Set limits.

        Parameters
        ----------
        subject, name : Subject, str
            Whose.
        amounts : Mapping
            Quota to the most; infinite: no limit; None: what is more general holds again.
        by : str
            Who sets them.
        """
        moment = clock.now()
        key = (quotas.c.subject == subject, quotas.c.name == name)
        async with self._database.write() as connection:
            for quota, amount in amounts.items():
                await connection.execute(delete(quotas).where(*key, quotas.c.quota == quota))
                if amount is not None:
                    stored = None if math.isinf(amount) else amount
                    row = {"subject": subject, "name": name, "quota": quota, "amount": stored}
                    await connection.execute(insert(quotas).values(**row, by=by, changed=moment))

    def _with_defaults(self, found: Given) -> Given:
        return {
            key: {**self._defaults.get(key, {}), **found.get(key, {})} for key in {**self._defaults, **found}
        }

    async def _read(self, wanted: list[tuple[Subject, str]] | None = None) -> Given:
        query = select(quotas)
        if wanted is not None:
            named = [and_(quotas.c.subject == subject, quotas.c.name == name) for subject, name in wanted]
            query = query.where(or_(*named))
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        found: Given = {}
        for row in rows:
            amount = math.inf if row["amount"] is None else float(row["amount"])
            found.setdefault((Subject(row["subject"]), row["name"]), {})[Quota(row["quota"])] = amount
        return found


def limits_for(given: Given, identity: Identity, project: str = "") -> Limits:
    """Return which limits hold for somebody.

    The most specific limit of the person wins: their own, else that of their highest role, else that of the
    next role below that has one. A limit of the project holds beside it: both must allow a request.

    Parameters
    ----------
    given : Given
        All limits that may matter.
    identity : Identity
        The person.
    project : str
        The project that something is made for; empty: none.
    """
    roles = [role for role in reversed(Role) if identity.has(role)] or [Role.VIEWER]
    ladder = [(Subject.PERSON, identity.user), *((Subject.ROLE, str(role)) for role in roles)]
    person = {quota: limit for quota in Quota if (limit := _first(given, ladder, quota)) is not None}
    named = [(Subject.PROJECT, project)] if project else []
    shared = {quota: limit for quota in Quota if (limit := _first(given, named, quota)) is not None}
    return Limits(identity.user, person, project, shared)


def _first(given: Given, ladder: list[tuple[Subject, str]], quota: Quota) -> Limit | None:
    """Return the first limit of some subjects; None where it is infinite, or there is none."""
    for subject, name in ladder:
        amount = given.get((subject, name), {}).get(quota)
        if amount is not None:
            return None if math.isinf(amount) else Limit(quota, amount, subject, name)
    return None
