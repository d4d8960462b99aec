"""Projects: groups of people who see what is shared with their project."""

from __future__ import annotations

import builtins
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.auth.access import KEYS
from dashboard.auth.account import AccountState
from dashboard.auth.identity import Identity, Role
from dashboard.auth.policy import Action, absent
from dashboard.base import clock
from dashboard.base.errors import Conflict, Denied, FieldError, Invalid
from dashboard.base.ownership import Visibility
from dashboard.database.engine import Database
from dashboard.database.tables import project_members, projects, users
from deploy.model.store import increment_revision

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
NAME_RULE = (
    "must have 1 to 40 lower-case letters a to z, digits or hyphens, and begin and end with a letter or digit"
)
LONGEST_TITLE = 120

Changed = Callable[[str], Awaitable[None]]


@dataclass(frozen=True)
class Project:
    """A project.

    Attributes
    ----------
    name, title : str
        Its id, which never changes, and the name that people read.
    created : str
        ISO 8601, UTC.
    members : dict
        From a user id to whether this member leads the project.
    """

    name: str
    title: str
    created: str
    members: dict[str, bool]

    def led_by(self, identity: Identity) -> bool:
        """Return whether an identity may change the project: its leaders and administrators."""
        return identity.admin or self.members.get(identity.user, False)

    def to_json(self) -> dict[str, Any]:
        """Return its fields, the members by name."""
        members = [{"user": user, "lead": lead} for user, lead in sorted(self.members.items())]
        return {"name": self.name, "title": self.title, "created": self.created, "members": members}


class ProjectStore:
    """Reads and writes the projects.

    Parameters
    ----------
    database : Database
        Open and migrated.
    changed : callable
        Called with each kind of object whose ownership changed and is also held in memory.
    """

    def __init__(self, database: Database, changed: Changed) -> None:
        self._database = database
        self._changed = changed

    async def of_user(self, user: str) -> frozenset[str]:
        """Return the names of the projects that a user is a member of."""
        query = select(project_members.c.project).where(project_members.c.user == user)
        async with self._database.read() as connection:
            return frozenset((await connection.execute(query)).scalars())

    async def list(self, identity: Identity) -> builtins.list[Project]:
        """Return the projects that an identity is a member of, by name; an administrator sees all."""
        return await self._read(true(), identity)

    async def _read(self, wanted: ColumnElement[bool], identity: Identity) -> builtins.list[Project]:
        """Return the projects that fulfil a condition and that an identity may see, with their members."""
        query = select(projects).where(wanted).order_by(projects.c.name)
        if not identity.admin:
            query = query.where(projects.c.name.in_(sorted(identity.projects)))
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
            joined = await connection.execute(
                select(project_members).where(project_members.c.project.in_([row["name"] for row in rows]))
            )
        members: dict[str, dict[str, bool]] = {}
        for row in joined.mappings():
            members.setdefault(row["project"], {})[row["user"]] = bool(row["lead"])
        return [
            Project(row["name"], row["title"], row["created"], members.get(row["name"], {})) for row in rows
        ]

    async def get(self, name: str, identity: Identity, action: Action = Action.READ) -> Project:
        """Return one project.

        Parameters
        ----------
        name : str
            The project.
        identity : Identity
            Who asks: a member, or an administrator.
        action : Action
            What they are about to do.

        Raises
        ------
        NotFound
            If there is none, or the identity is no member.
        Denied
            If the identity is a member, but does not lead it, and the action changes it.
        """
        found = next(iter(await self._read(projects.c.name == name, identity)), None)
        if found is None:
            raise absent("project", name)
        if action is not Action.READ and not found.led_by(identity):
            raise Denied(f"{identity.user} does not lead the project {name}.")
        return found

    async def create(self, name: str, title: str, identity: Identity) -> Project:
        """Create a project, which its maker leads.

        Parameters
        ----------
        name : str
            Its id.
        title : str
            The name that people read; empty: its id.
        identity : Identity
            Its maker.

        Raises
        ------
        Denied
            If the identity has not the role ``user``.
        Invalid
            If a value cannot be used, by field.
        Conflict
            If there is such a project.
        """
        if not identity.has(Role.USER):
            raise Denied(f"{identity.user} may not create projects.")
        name, title = name.strip(), " ".join(title.split()) or name.strip()
        errors = [] if NAME.fullmatch(name) else [FieldError("name", NAME_RULE)]
        if len(title) > LONGEST_TITLE or not title.isprintable():
            errors.append(FieldError("title", f"must have at most {LONGEST_TITLE} printable characters"))
        if errors:
            raise Invalid("This project cannot be created.", errors)
        row = {"name": name, "title": title, "created": clock.now(), "by": identity.user}
        lead = {"project": name, "user": identity.user, "lead": True}
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(projects).values(row))
                await connection.execute(insert(project_members).values(lead))
        except IntegrityError as error:
            taken = FieldError("name", "is taken")
            raise Conflict(f"There is a project {name} already.", [taken]) from error
        return Project(name, title, row["created"], {identity.user: True})

    async def put_member(self, name: str, user: str, *, lead: bool, identity: Identity) -> Project:
        """Add a member, or change whether a member leads the project.

        Parameters
        ----------
        name : str
            The project.
        user : str
            The member's user id.
        lead : bool
            Whether the member may change the project.
        identity : Identity
            Who does it: a leader of the project or an administrator.

        Raises
        ------
        NotFound, Denied
            As `get`.
        Invalid
            If there is no active account of that name.
        Conflict
            If nobody would lead the project any more.
        """
        project = await self.get(name, identity, Action.CHANGE)
        theirs = (project_members.c.project == name, project_members.c.user == user)
        async with self._database.write() as connection:
            project = await self._locked(connection, project)
            self._require_leader(project, {**project.members, user: lead})
            states = (AccountState.ACTIVE, AccountState.INVITED)
            known = select(users.c.name).where(users.c.name == user, users.c.state.in_(states))
            if user not in project.members and (await connection.execute(known)).first() is None:
                raise Invalid(f"Nobody has the account {user}.", [FieldError("user", "has no account")])
            done = await connection.execute(update(project_members).where(*theirs).values(lead=lead))
            if not done.rowcount:
                row = {"project": name, "user": user, "lead": lead}
                await connection.execute(insert(project_members).values(row))
        return Project(project.name, project.title, project.created, {**project.members, user: lead})

    async def remove_member(self, name: str, user: str, identity: Identity) -> None:
        """Remove a member: a leader removes anybody, a member itself.

        Parameters
        ----------
        name : str
            The project.
        user : str
            The member's user id.
        identity : Identity
            Who does it.

        Raises
        ------
        NotFound, Denied
            As `get`; if there is no such member.
        Conflict
            If nobody would lead the project any more.
        """
        leaves = identity.user == user
        project = await self.get(name, identity, Action.READ if leaves else Action.CHANGE)
        if user not in project.members:
            raise absent("member", user)
        theirs = (project_members.c.project == name, project_members.c.user == user)
        async with self._database.write() as connection:
            project = await self._locked(connection, project)
            others = {member: lead for member, lead in project.members.items() if member != user}
            self._require_leader(project, others)
            await connection.execute(delete(project_members).where(*theirs))

    async def follow(self, user: str, theirs: frozenset[str], decided: frozenset[str]) -> None:
        """Make somebody a member of just those projects that a provider of accounts says.

        Parameters
        ----------
        user : str
            The member's user id.
        theirs : frozenset of str
            Projects that they are in; those that do not exist are left out.
        decided : frozenset of str
            Of which the provider decides; others stay as they are, and so does who leads one.
        """
        if not decided:
            return
        async with self._database.write() as connection:
            mine = (project_members.c.user == user, project_members.c.project.in_(decided))
            gone = project_members.c.project.not_in(theirs)
            await connection.execute(
                delete(project_members).where(*mine, gone, project_members.c.lead.is_(False))
            )
            has = (await connection.execute(select(project_members.c.project).where(*mine))).scalars().all()
            there = select(projects.c.name).where(projects.c.name.in_(theirs - set(has)))
            for name in (await connection.execute(there)).scalars().all():
                row = {"project": name, "user": user, "lead": False}
                await connection.execute(insert(project_members).values(row))

    async def delete(self, name: str, identity: Identity) -> None:
        """Delete a project; what was shared with it is private again. Errors as `get`."""
        await self.get(name, identity, Action.DELETE)
        private = {"visibility": Visibility.PRIVATE, "project": None}
        async with self._database.write() as connection:
            # Else who makes a project of this name later would see it all.
            for key in KEYS.values():
                shared = key.table.c.project == name
                await connection.execute(update(key.table).where(shared).values(private))
            await increment_revision(connection)
            await connection.execute(delete(project_members).where(project_members.c.project == name))
            await connection.execute(delete(projects).where(projects.c.name == name))
        for kind in KEYS:
            await self._changed(kind)

    @staticmethod
    async def _locked(connection: AsyncConnection, project: Project) -> Project:
        """Return a project with its members as they are now: of two who remove each other one waits."""
        await connection.execute(
            select(projects.c.name).where(projects.c.name == project.name).with_for_update()
        )
        query = select(project_members).where(project_members.c.project == project.name)
        rows = (await connection.execute(query)).mappings().all()
        return replace(project, members={row["user"]: bool(row["lead"]) for row in rows})

    @staticmethod
    def _require_leader(project: Project, members: dict[str, bool]) -> None:
        if any(project.members.values()) and not any(members.values()):
            raise Conflict(f"Nobody would lead {project.name} any more: name another leader first.")
