"""Checks of objects: the ownership of one, read from the database, and the policy applied to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import Column, select

from dashboard.auth.identity import ANONYMOUS, Identity
from dashboard.auth.policy import VISITOR_TOPICS, Action, Resource, absent, authorize, in_scope
from dashboard.base.ownership import SHARED, Ownership, Visibility
from dashboard.database.engine import Database
from dashboard.database.tables import (
    datasets,
    jobs,
    label_sets,
    learning_sessions,
    models,
    nodes,
    sources,
)
from deploy.model.tables import deployments

#: Kind of object to the column by which one is named. The table has the columns of `Ownership`.
KEYS: dict[str, Column[str]] = {
    "job": jobs.c.id,
    "dataset": datasets.c.id,
    "model": models.c.id,
    "label_set": label_sets.c.id,
    "learning_session": learning_sessions.c.id,
    "deployment": deployments.c.name,
    "node": nodes.c.name,
    "source": sources.c.id,
}


class Access:
    """Applies the policy to objects of the database.

    Parameters
    ----------
    database : Database
        Open and migrated.
    authorize_node : callable, optional
        Checks a node by name, identity and action, and raises as `require` does. Nodes of ``huggins.toml``
        are not in the database: without this, a name that is not there counts as a shared node.
    """

    def __init__(
        self, database: Database, authorize_node: Callable[[str, Identity, Action], None] | None = None
    ) -> None:
        self._database = database
        self._authorize_node = authorize_node

    async def ownership(self, kind: str, identifier: str) -> Ownership | None:
        """Return whose an object is, or None where there is none; `kind` is a key of `KEYS`."""
        key = KEYS[kind]
        columns = key.table.c
        query = select(columns.owner, columns.visibility, columns.project).where(key == identifier)
        if kind == "node":  # a row without settings only drains a node of huggins.toml
            query = query.where(columns.settings.is_not(None))
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return SHARED if kind == "node" else None
        return Ownership(row.owner, Visibility(row.visibility), row.project)

    async def require(self, identity: Identity, action: Action, kind: str, identifier: str) -> None:
        """Return if an identity may do something with one object.

        For an administrator nothing is read: an object that is not there is an error of its service.

        Parameters
        ----------
        identity : Identity
            Who acts.
        action : Action
            What they do.
        kind, identifier : str
            The object; `kind` is a key of `KEYS`.

        Raises
        ------
        Unauthenticated
            If nobody is signed in.
        NotFound
            If there is no such object, or the identity may not see it: the errors are the same.
        Denied
            If the identity may see it, but not do this.
        """
        if not in_scope(identity, action, kind):  # of an administrator's token, too
            authorize(identity, action, Resource(kind, identifier))
        if identity.admin:
            return
        if kind == "node" and self._authorize_node is not None and not identity.anonymous:
            self._authorize_node(identifier, identity, action)
            return
        ownership = None if identity == ANONYMOUS else await self.ownership(kind, identifier)
        if ownership is None and not identity.anonymous:
            raise absent(kind, identifier)
        if ownership is None:  # a visitor is told the same of what is private and of what is not there
            identity = ANONYMOUS
        authorize(identity, action, Resource(kind, identifier, ownership))

    async def require_topics(self, identity: Identity, topics: Iterable[str]) -> None:
        """Return if an identity may follow live topics.

        Parameters
        ----------
        identity : Identity
            Who subscribes.
        topics : iterable of str
            Topics of one object (``job:ID``) are checked as the object is; topics of all objects of a kind
            pass, because their events are filtered one by one.

        Raises
        ------
        Unauthenticated, NotFound, Denied
            As `require`; for a topic of an unknown kind that names an object: `NotFound`.
        """
        for topic in topics:
            kind, colon, identifier = topic.partition(":")
            if identity.visitor and colon and kind not in VISITOR_TOPICS:
                authorize(ANONYMOUS, Action.READ, Resource(kind, identifier))
            if colon and kind in KEYS:
                await self.require(identity, Action.READ, kind, identifier)
            elif colon and not identity.admin:
                raise absent("topic", topic)
