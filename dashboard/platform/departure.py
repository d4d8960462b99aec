"""The end of an account: what becomes of what its user owned, and of the jobs that still run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, delete, func, select, update

from dashboard.auth.access import KEYS
from dashboard.auth.account import AccountState
from dashboard.auth.identity import SYSTEM, Identity
from dashboard.auth.policy import Action, Resource, authorize
from dashboard.auth.sharing import TOPICS
from dashboard.base.errors import Conflict, FieldError, Invalid, NotFound
from dashboard.base.ownership import Visibility
from dashboard.database.tables import (
    acquisitions,
    jobs,
    label_queues,
    notification_settings,
    outbox,
    project_members,
    projects,
    published_modules,
    users,
)
from dashboard.jobs.job import LIVE
from deploy.model.store import increment_revision
from deploy.model.tables import deployment_tokens

if TYPE_CHECKING:
    from dashboard.platform.administration import AdministrationServices

log = logging.getLogger(__name__)
#: Kinds that are deleted with their owner, in the order in which nothing needs them any more. Nodes are the
#: platform's equipment: they go to the administrator who deletes the account.
DELETED = ("deployment", "job", "learning_session", "model", "label_set", "dataset", "source")
#: Whose things are that belong to an object of somebody: acquisitions that still fetch make datasets of whom
#: they name.
BELOW: tuple[Column[Any], ...] = (
    deployment_tokens.c.owner,
    acquisitions.c.user,
    label_queues.c.owner,
    published_modules.c.owner,
)
LOOK_S = 2.0  # between two looks whether aborted jobs have ended
Deletes = Callable[[str, Identity], Awaitable[None]]
MOST = 200  # objects of a kind that one pass deletes


class Owned(StrEnum):
    """What becomes of what a user owned."""

    KEEP = "keep"  # under the name, which nobody else gets: administrators and those it is shared with see it
    TRANSFER = "transfer"  # to a person, or to the leader of a project whose members then see it
    DELETE = "delete"  # what others use stays until they no longer do


@dataclass(frozen=True)
class Departure:
    """The choice of an administrator.

    Attributes
    ----------
    owned : Owned
        What becomes of what the user owned.
    to : str
        The new owner; of a transfer.
    project : str
        Whose members see it from then on, and whose leader owns it; of a transfer, in place of `to`.
    abort : bool
        Whether jobs that have not ended are aborted; always where everything is deleted.
    """

    owned: Owned = Owned.KEEP
    to: str = ""
    project: str = ""
    abort: bool = False


class Departures:
    """Deletes accounts.

    Parameters
    ----------
    services : AdministrationServices
        Of the platform.
    deletes : mapping
        Kind of object to what deletes one.
    abort : callable
        Requests the abort of a job.
    changed : callable
        Called with each kind of object whose ownership is also held in memory.
    """

    def __init__(
        self,
        services: AdministrationServices,
        deletes: Mapping[str, Deletes],
        abort: Callable[[str, Identity], Awaitable[object]],
        changed: Callable[[str], Awaitable[None]],
    ) -> None:
        self._services = services
        self._deletes = deletes
        self._request_abort = abort
        self._database = services.database
        self._changed = changed
        self._waiting: set[asyncio.Task[None]] = set()

    async def owned(self, person: str) -> dict[str, int]:
        """Return how many objects of each kind a user owns; kinds without any are left out."""
        counted = [
            select(func.count()).select_from(key.table).where(key.table.c.owner == person).scalar_subquery()
            for key in KEYS.values()
        ]
        async with self._database.read() as connection:
            found = (await connection.execute(select(*counted))).one()
        return {kind: number for kind, number in zip(KEYS, found, strict=True) if number}

    async def delete(self, person: str, choice: Departure, identity: Identity) -> dict[str, int]:
        """Delete an account, its sessions, tokens, memberships and settings.

        Parameters
        ----------
        person : str
            The user id; it stays taken.
        choice : Departure
            What becomes of what the user owned, and of jobs that run.
        identity : Identity
            An administrator.

        Returns
        -------
        dict
            How many objects of each kind the deleted account still owns.

        Raises
        ------
        NotFound, Denied
            If there is no such account; if the identity is no administrator.
        Invalid
            If nobody can be given what the user owned, by field.
        Conflict
            If no administrator would be left.
        """
        authorize(identity, Action.DELETE, Resource("person"))
        services = self._services
        await services.accounts.get(person, identity)
        owner = await self._receiver(person, choice)
        await services.accounts.delete(person, identity)
        await services.sessions.end_all(person)
        await services.api_tokens.revoke_all(person)
        if choice.abort or choice.owned is Owned.DELETE:
            await self._abort(person)
        await self._settle(person, owner, choice, identity)
        if choice.owned is Owned.DELETE:
            await self.clear(person)
            self._wait_for_jobs(person)
        return await self.owned(person)

    def _wait_for_jobs(self, person: str) -> None:
        """Go on when the jobs that were aborted have ended."""
        task = asyncio.create_task(self._clear_later(person), name=f"clear {person}")
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _clear_later(self, person: str) -> None:
        mine = select(jobs.c.id).where(jobs.c.owner == person, jobs.c.phase.in_(LIVE)).limit(1)
        while True:
            async with self._database.read() as connection:
                if (await connection.execute(mine)).first() is None:
                    break
            await asyncio.sleep(LOOK_S)
        await self.clear(person)

    async def start(self) -> None:
        """Start nothing: an account that was being cleared when the platform ended is deleted once more."""

    async def stop(self) -> None:
        """Stop waiting for jobs."""
        for task in tuple(self._waiting):
            task.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)

    async def clear(self, person: str) -> None:
        """Delete what a user owns and nobody needs; jobs that are being aborted wait for the next call."""
        for kind in DELETED:
            key = KEYS[kind]
            mine = select(key).where(key.table.c.owner == person).order_by(key).limit(MOST)
            while True:
                async with self._database.read() as connection:
                    named = list((await connection.execute(mine)).scalars())
                gone = 0
                for name in named:
                    try:
                        await self._deletes[kind](name, SYSTEM)
                        gone += 1
                    except (Conflict, NotFound) as error:
                        log.info("%s %s of %s stays for now: %s", kind, name, person, error)
                if gone == 0 or len(named) < MOST:
                    break

    async def _abort(self, person: str) -> None:
        mine = select(jobs.c.id).where(jobs.c.owner == person, jobs.c.phase.in_(LIVE))
        async with self._database.read() as connection:
            running = list((await connection.execute(mine)).scalars())
        for job in running:
            try:
                await self._request_abort(job, SYSTEM)
            except (Conflict, NotFound):  # it has just ended
                continue

    async def _receiver(self, person: str, choice: Departure) -> str:
        """Return who gets what the user owned; empty: nobody."""
        if choice.owned is not Owned.TRANSFER:
            return ""
        active = (users.c.state == AccountState.ACTIVE, users.c.name != person)
        if choice.project:
            there = select(projects.c.name).where(projects.c.name == choice.project)
            leaders = (
                select(users.c.name)
                .join(project_members, project_members.c.user == users.c.name)
                .where(project_members.c.project == choice.project, project_members.c.lead, *active)
                .order_by(users.c.name)
            )
            async with self._database.read() as connection:
                known = (await connection.execute(there)).first()
                found = (await connection.execute(leaders.limit(1))).scalar_one_or_none()
            if found is None:
                why = "has no other leader with an active account" if known else "there is no such project"
                raise Invalid("Nobody can be given what this person owns.", [FieldError("project", why)])
            return str(found)
        async with self._database.read() as connection:
            named = select(users.c.name).where(users.c.name == choice.to, *active)
            there_is = (await connection.execute(named)).first()
        if there_is is None:
            why = "has no active account" if choice.to else "name the new owner, or a project"
            raise Invalid("Nobody can be given what this person owns.", [FieldError("to", why)])
        return choice.to

    async def _settle(self, person: str, owner: str, choice: Departure, identity: Identity) -> None:
        """Hand over what is handed over, and end memberships and settings, in one transaction."""
        async with self._database.write() as connection:
            for kind, key in KEYS.items():
                receiver = owner or (identity.user if kind == "node" else "")
                if receiver:
                    values = {"owner": receiver}
                    if choice.project:
                        values |= {"visibility": Visibility.PROJECT, "project": choice.project}
                    mine = key.table.c.owner == person
                    await connection.execute(update(key.table).where(mine).values(values))
            if owner:
                for column in BELOW:
                    mine = column == person
                    await connection.execute(update(column.table).where(mine).values({column.name: owner}))
            await connection.execute(delete(project_members).where(project_members.c.user == person))
            await connection.execute(delete(outbox).where(outbox.c.identity == person))
            settings = notification_settings.c.identity == person
            await connection.execute(delete(notification_settings).where(settings))
            await increment_revision(connection)
        if owner:
            await self._changed("module")
        for kind, topic in TOPICS.items():
            await self._changed(kind)
            self._services.live.publish(topic, "changed", {})
