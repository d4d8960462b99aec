"""Who may use a module or a node that is not for everybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select

from dashboard.auth.identity import Identity, Role
from dashboard.auth.policy import Action, Resource, authorize
from dashboard.base import clock
from dashboard.base.errors import FieldError, Invalid
from dashboard.database.engine import Database
from dashboard.database.tables import projects, restrictions

ADMINISTRATION = Resource("administration")
Visible = Callable[[str, Identity], bool]


@dataclass(frozen=True)
class Restriction:
    """Who may use something.

    Attributes
    ----------
    role : str
        The least role; empty: none is enough, unless there are no projects either.
    projects : tuple of str
        Whose members may, whatever their role.
    """

    role: str = ""
    projects: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.role or self.projects)

    def allows(self, identity: Identity) -> bool:
        """Return whether an identity may use it: by role, by project, or as an administrator."""
        if not self or identity.admin:
            return True
        by_role = bool(self.role) and identity.has(Role(self.role))
        return by_role or bool(identity.projects & set(self.projects))

    def words(self) -> str:
        """Return for whom it is; projects are counted, because their names are for their members."""
        parts = [f"the role {self.role} and above"] if self.role else []
        if self.projects:
            many = len(self.projects)
            parts.append("members of a project" if many == 1 else f"members of {many} projects")
        return f"is restricted to {' and '.join(parts)}"

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"role": self.role, "projects": list(self.projects)}


#: The restriction of what is not restricted.
EVERYBODY = Restriction()


class RestrictionStore:
    """Reads and writes the restrictions of modules; those of nodes are settings of the nodes.

    Parameters
    ----------
    database : Database
        Open and migrated.
    visible : callable, optional
        Whether somebody sees a module at all.
    """

    def __init__(self, database: Database, visible: Visible = lambda _module, _identity: True) -> None:
        self._database = database
        self._visible = visible

    async def all(self) -> dict[str, Restriction]:
        """Return the restrictions by the name of the module."""
        async with self._database.read() as connection:
            rows = (await connection.execute(select(restrictions))).mappings().all()
        return {row["module"]: Restriction(row["role"], tuple(row["projects"])) for row in rows}

    async def of(self, module: str) -> Restriction:
        """Return the restriction of a module; an empty one where it is for everybody."""
        query = select(restrictions).where(restrictions.c.module == module)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).mappings().first()
        return Restriction(row["role"], tuple(row["projects"])) if row else Restriction()

    async def error(self, module: str, identity: Identity) -> FieldError | None:
        """Return why somebody may not use a module, or None."""
        if not self._visible(module, identity):
            return FieldError("module", f"There is no module {module}.")
        restriction = await self.of(module)
        if restriction.allows(identity):
            return None
        return FieldError("module", f"{module} {restriction.words()}: ask an administrator.")

    async def require(self, module: str, identity: Identity) -> None:
        """Return if somebody may use a module; else `Invalid`, in words."""
        error = await self.error(module, identity)
        if error is not None:
            raise Invalid(error.message, [error])

    async def put(self, module: str, wanted: Mapping[str, Any], identity: Identity) -> Restriction:
        """Restrict a module, or open it to everybody.

        Parameters
        ----------
        module : str
            Its name.
        wanted : mapping
            ``role`` and ``projects``; both empty: everybody may use it.
        identity : Identity
            An administrator.

        Raises
        ------
        Denied
            If the identity is none.
        Invalid
            If there is no such project.
        """
        authorize(identity, Action.CHANGE, ADMINISTRATION)
        named = tuple(sorted(set(wanted.get("projects") or ())))
        made = Restriction(wanted.get("role") or "", named)
        async with self._database.write() as connection:
            there = set((await connection.execute(select(projects.c.name))).scalars())
            if unknown := set(named) - there:
                text = f"there is no project {', '.join(sorted(unknown))}"
                raise Invalid(f"The module cannot be restricted so: {text}.", [FieldError("projects", text)])
            await connection.execute(delete(restrictions).where(restrictions.c.module == module))
            if made:
                row = {"module": module, "role": made.role, "projects": list(made.projects)}
                row |= {"by": identity.user, "changed": clock.now()}
                await connection.execute(insert(restrictions).values(row))
        return made
