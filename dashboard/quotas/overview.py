"""What everybody may have and has: for administrators and managers, and each person's own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from dashboard.auth.account import AccountState
from dashboard.auth.identity import OWNER, Accounts, Identity, Role
from dashboard.auth.policy import Action, Resource, absent, authorize
from dashboard.base.paging import Page
from dashboard.database.engine import Database
from dashboard.database.tables import projects, users
from dashboard.quotas.measure import OWNER as BY_OWNER
from dashboard.quotas.measure import PROJECT as BY_PROJECT
from dashboard.quotas.measure import Scope, Used
from dashboard.quotas.quota import TITLES, UNITS, Limit, Quota, Subject, with_unit
from dashboard.quotas.service import Quotas
from dashboard.quotas.store import Given, limits_for

USE = "use"  # kind of resource: managers read it, administrators change it
Amounts = Mapping[str, Mapping[Quota, Used]]


@dataclass(frozen=True)
class AccountUse:
    """What one person, project or role may have, and has.

    Attributes
    ----------
    subject, name, title : Subject, str
        Who.
    roles : tuple of str
        Of a person.
    used : Mapping
        By quota; a role has none.
    limits : Mapping
        Those that hold, by quota.
    own : Mapping
        Those of this very person, project or role; infinite: no limit.
    """

    subject: Subject
    name: str
    title: str
    roles: tuple[str, ...]
    used: Mapping[Quota, Used]
    limits: Mapping[Quota, Limit]
    own: Mapping[Quota, float]

    def amount(self, quota: Quota) -> float:
        """Return how much of a quota is used."""
        return self.used.get(quota, Used()).amount

    def over(self) -> list[str]:
        """Return a sentence for each limit below what is used."""
        return [
            f"{self.name} has {with_unit(quota, self.amount(quota))} ({TITLES[quota]}), more than the limit "
            f"of {with_unit(quota, limit.amount)}: nothing is taken away, new things are denied."
            for quota, limit in self.limits.items()
            if self.amount(quota) > limit.amount
        ]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "subject": str(self.subject),
            "name": self.name,
            "title": self.title,
            "roles": list(self.roles),
            "use": [self._of(quota) for quota in Quota],
        }

    def _of(self, quota: Quota) -> dict[str, Any]:
        used, limit = self.used.get(quota, Used()), self.limits.get(quota)
        own = self.own.get(quota)
        return {
            "quota": str(quota),
            "title": TITLES[quota],
            "unit": UNITS.get(quota, ""),
            "used": round(used.amount, 4),
            "reserved": round(used.reserved, 4),
            "limit": None if limit is None else limit.amount,
            "own": None if own is None else "unlimited" if math.isinf(own) else f"{own:g}",
            "source": None if limit is None else f"{limit.subject} {limit.name}",
            "over": limit is not None and used.amount > limit.amount,
        }


class QuotaOverview:
    """Lists use and limits, and changes limits.

    Parameters
    ----------
    database : Database
        Open and migrated.
    quotas : Quotas
        Has the limits and the use.
    accounts : Accounts
        Gives roles of people.
    """

    def __init__(self, database: Database, quotas: Quotas, accounts: Accounts) -> None:
        self._database = database
        self._quotas = quotas
        self._accounts = accounts

    async def mine(self, identity: Identity) -> AccountUse:
        """Return what somebody may have and has."""
        used = await self._quotas.used(Scope(BY_OWNER, [identity.user]))
        given = await self._quotas.store.all()
        return _of_person(identity, identity.user, given, used)

    async def people(
        self, identity: Identity, *, search: str = "", sort: str = "name", page: int = 1, size: int = 50
    ) -> Page[AccountUse]:
        """Return a page of people: those with an account, and those who have something.

        Parameters
        ----------
        identity : Identity
            A manager or administrator.
        search : str
            Part of a name.
        sort : str
            ``name`` or the name of a quota, with ``-`` for descending.
        page, size : int
            Which of the pages, and how long one is.

        Raises
        ------
        Denied
            If the identity is neither.
        """
        authorize(identity, Action.READ, Resource(USE))
        used = await self._quotas.used(Scope(BY_OWNER))
        known = await self._known(used, search)
        given = await self._quotas.store.all()
        found = [_of_person(one, title, given, used) for one, title in known]
        found = _sorted(found, sort)
        return Page(found[(page - 1) * size : page * size], len(found), page, size)

    async def projects(self, identity: Identity) -> list[AccountUse]:
        """Return every project, by name; errors as `people`."""
        authorize(identity, Action.READ, Resource(USE))
        used = await self._quotas.used(Scope(BY_PROJECT))
        given = await self._quotas.store.all()
        query = select(projects.c.name, projects.c.title).order_by(projects.c.name)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [_of_project(name, title, given, used) for name, title in rows]

    async def roles(self, identity: Identity) -> list[AccountUse]:
        """Return the limits of every role; errors as `people`."""
        authorize(identity, Action.READ, Resource(USE))
        given = await self._quotas.store.all()
        return [_of_role(role, given) for role in Role]

    async def change(
        self, subject: Subject, name: str, amounts: Mapping[Quota, float | None], identity: Identity
    ) -> AccountUse:
        """Set limits; one below what is used is allowed, and denies new things only.

        Parameters
        ----------
        subject, name : Subject, str
            Whose.
        amounts : Mapping
            As `QuotaStore.put`.
        identity : Identity
            An administrator.

        Raises
        ------
        Denied
            If the identity is none.
        NotFound
            If there is no such role, person or project.
        """
        authorize(identity, Action.CHANGE, Resource(USE))
        if not await self._is_there(subject, name):
            raise absent(str(subject), name)
        await self._quotas.store.put(subject, name, amounts, identity.user)
        return await self._one(subject, name)

    async def _one(self, subject: Subject, name: str) -> AccountUse:
        given = await self._quotas.store.all()
        if subject is Subject.ROLE:
            return _of_role(Role(name), given)
        scope = Scope(BY_OWNER if subject is Subject.PERSON else BY_PROJECT, [name])
        used = await self._quotas.used(scope)
        if subject is Subject.PROJECT:
            return _of_project(name, name, given, used)
        return _of_person(await self._accounts(name), name, given, used)

    async def _is_there(self, subject: Subject, name: str) -> bool:
        if subject is Subject.ROLE:
            return name in set(Role)
        if subject is Subject.PERSON and name == OWNER.user:
            return True
        found = (
            select(users.c.name).where(users.c.name == name, users.c.state != AccountState.DELETED)
            if subject is Subject.PERSON
            else select(projects.c.name).where(projects.c.name == name)
        )
        async with self._database.read() as connection:
            return (await connection.execute(found)).first() is not None

    async def _known(self, used: Amounts, search: str) -> list[tuple[Identity, str]]:
        """Return everybody with an account or something of their own, with the name that people read."""
        query = select(users.c.name, users.c.title, users.c.roles, users.c.state)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        known = {
            row["name"]: (
                Identity(row["name"], frozenset(map(Role, row["roles"]))),
                row["title"] or row["name"],
            )
            for row in rows
            if row["state"] != AccountState.DELETED or row["name"] in used
        }
        for name in {*used, *([] if known else [OWNER.user])} - known.keys():
            if name:
                known[name] = (OWNER if name == OWNER.user else Identity(name), name)
        wanted = search.casefold()
        return [one for name, one in sorted(known.items()) if wanted in f"{name} {one[1]}".casefold()]


def _sorted(found: Sequence[AccountUse], sort: str) -> list[AccountUse]:
    name = sort.removeprefix("-")
    descending = sort.startswith("-")
    if name in set(Quota):
        return sorted(found, key=lambda one: one.amount(Quota(name)), reverse=descending)
    return sorted(found, key=lambda one: one.name, reverse=descending)


def _of_person(identity: Identity, title: str, given: Given, used: Amounts) -> AccountUse:
    own = given.get((Subject.PERSON, identity.user), {})
    limits = limits_for(given, identity).person
    roles = tuple(str(role) for role in Role if role in identity.roles)
    mine = used.get(identity.user, {})
    return AccountUse(Subject.PERSON, identity.user, title, roles, mine, limits, own)


def _of_project(name: str, title: str, given: Given, used: Amounts) -> AccountUse:
    limits = limits_for(given, Identity(""), name).shared
    own = given.get((Subject.PROJECT, name), {})
    return AccountUse(Subject.PROJECT, name, title, (), used.get(name, {}), limits, own)


def _of_role(role: Role, given: Given) -> AccountUse:
    limits = limits_for(given, Identity("", frozenset({role}))).person
    own = given.get((Subject.ROLE, str(role)), {})
    return AccountUse(Subject.ROLE, str(role), str(role), (), {}, limits, own)
