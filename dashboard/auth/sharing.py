"""Who else sees an object: its visibility, its project, and the transfer to another owner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.auth.access import KEYS, Access
from dashboard.auth.account import AccountState
from dashboard.auth.identity import OWNER, Identity
from dashboard.auth.policy import Action, absent
from dashboard.auth.projects import Changed
from dashboard.base.errors import Conflict, FieldError, Invalid
from dashboard.base.events import SHARED, Live
from dashboard.base.ownership import Ownership, Visibility
from dashboard.database.engine import Database
from dashboard.database.tables import nodes, projects, users
from deploy.model.store import increment_revision

#: Kind of object to the topic of the list in which it stands.
TOPICS = {
    "job": "jobs",
    "dataset": "datasets",
    "model": "models",
    "label_set": "label_sets",
    "learning_session": "learning",
    "deployment": "deployments",
    "node": "nodes",
    "source": "sources",
}


class OwnershipLimits(Protocol):
    """What limits a change of ownership: `dashboard.quotas.transfer.TransferQuotas`."""

    async def limits(self, before: Ownership, after: Ownership, identity: Identity) -> Any:
        """Return what limits it.

        Parameters
        ----------
        before, after : Ownership
            Of the object.
        identity : Identity
            Who changes it.
        """

    async def require(self, connection: AsyncConnection, limits: Any, kind: str, identifier: str) -> None:
        """Return if an object fits.

        Parameters
        ----------
        connection : AsyncConnection
            In the transaction that changes it.
        limits : object
            What `limits` returned.
        kind, identifier : str
            The object.
        """


class Sharing:
    """Reads and changes the ownership of objects.

    Parameters
    ----------
    database : Database
        Open and migrated.
    access : Access
        Checks whether an identity may change an object.
    live : Live
        Told of changes.
    changed : callable
        Called with the kind of an object whose ownership is also held in memory.
    quotas : OwnershipLimits, optional
        Must allow that somebody, or a project, gets an object; None: they always may.
    """

    def __init__(
        self,
        database: Database,
        access: Access,
        live: Live,
        changed: Changed,
        quotas: OwnershipLimits | None = None,
    ) -> None:
        self._quotas = quotas
        self._database = database
        self._access = access
        self._live = live
        self._changed = changed

    async def get(self, kind: str, identifier: str, identity: Identity) -> Ownership:
        """Return whose an object is and who else sees it.

        Parameters
        ----------
        kind, identifier : str
            The object; `kind` is a key of `KEYS`.
        identity : Identity
            Who asks.

        Raises
        ------
        NotFound
            If there is none, or the identity may not see it.
        """
        await self._access.require(identity, Action.READ, kind, identifier)
        return await self._ownership(kind, identifier)

    async def _ownership(self, kind: str, identifier: str) -> Ownership:
        found = await self._access.ownership(kind, identifier)
        if found is None:
            raise absent(kind, identifier)
        return found

    async def change(
        self, kind: str, identifier: str, changes: Mapping[str, Any], identity: Identity
    ) -> Ownership:
        """Change who sees an object, or whose it is.

        Parameters
        ----------
        kind, identifier : str
            The object; `kind` is a key of `KEYS`.
        changes : mapping
            ``visibility``, ``project``, ``owner``; what is left out stays.
        identity : Identity
            Its owner or an administrator.

        Returns
        -------
        Ownership
            As it is now. A former owner may no longer see the object.

        Raises
        ------
        NotFound, Denied
            If the identity may not see the object, or not change it.
        Invalid
            If a value cannot be used, by field; or if the object belongs to the platform itself.
        Conflict
            If somebody else changed it since it was read.
        QuotaExceeded
            If it does not fit into a quota of its new owner or project.
        """
        await self._access.require(identity, Action.CHANGE, kind, identifier)
        before = await self._ownership(kind, identifier)
        after = await self._wanted(before, changes, identity)
        key = KEYS[kind]
        row = {"owner": after.owner, "visibility": after.visibility, "project": after.project}
        limits = await self._quotas.limits(before, after, identity) if self._quotas else None
        async with self._database.write() as connection:
            if self._quotas and limits:
                await self._quotas.require(connection, limits, kind, identifier)
            same = key.table.c
            own = and_(key == identifier, same.owner == before.owner, same.visibility == before.visibility)
            own &= same.project.is_not_distinct_from(before.project)
            if kind == "node":
                own &= nodes.c.settings.is_not(None)
            done = await connection.execute(update(key.table).where(own).values(row))
            if kind == "deployment":
                await increment_revision(connection)
        if not done.rowcount and await self._ownership(kind, identifier) != before:
            raise Conflict(f"Somebody else shared {identifier} or gave it away at this moment: look again.")
        if not done.rowcount:
            raise Invalid(f"{identifier} belongs to the platform itself: everybody who is signed in sees it.")
        await self._changed(kind)
        self._live.publish(f"{kind}:{identifier}", SHARED, {})  # who follows it is checked again
        for ownership in {before, after}:  # those who saw it, and those who see it now
            self._live.publish(TOPICS[kind], SHARED, {kind: identifier}, ownership)
        return after

    async def _wanted(self, before: Ownership, changes: Mapping[str, Any], identity: Identity) -> Ownership:
        visibility = Visibility(changes.get("visibility", before.visibility))
        project = changes.get("project", before.project) if visibility is Visibility.PROJECT else None
        owner = changes.get("owner") or before.owner
        errors = []
        if visibility is Visibility.PROJECT:
            # A project of others is as unknown as one that does not exist.
            mine = identity.admin or project in identity.projects
            if not project or not mine or not await self._is_there(projects.c.name == project):
                errors.append(FieldError("project", "must be a project that you are a member of"))
        if owner not in (before.owner, OWNER.user) and not await self._is_there(
            (users.c.name == owner) & (users.c.state == AccountState.ACTIVE)
        ):
            errors.append(FieldError("owner", "has no active account"))
        if errors:
            raise Invalid("This cannot be shared so.", errors)
        return Ownership(owner, visibility, project)

    async def _is_there(self, condition: Any) -> bool:
        async with self._database.read() as connection:
            return (await connection.execute(select(1).where(condition))).first() is not None
