"""All SQL about published modules and their versions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from catalog import Module
from dashboard.auth.identity import Identity, Role
from dashboard.auth.policy import sees
from dashboard.base import clock
from dashboard.base.errors import Conflict, NotFound
from dashboard.base.ownership import Ownership, Visibility
from dashboard.database.engine import Database
from dashboard.database.tables import module_versions, published_modules


class VersionState(StrEnum):
    """Whether a version is offered."""

    REVIEW = "review"
    PUBLISHED = "published"
    DEPRECATED = "deprecated"
    YANKED = "yanked"


OFFERED = frozenset({VersionState.PUBLISHED, VersionState.DEPRECATED})


@dataclass(frozen=True)
class PublishedVersion:
    """A row of `module_versions`; its columns are described there."""

    module: str
    version: str
    state: VersionState
    reason: str
    image: str
    document: Mapping[str, Any]
    changelog: str
    report: Mapping[str, Any]
    sbom: Mapping[str, Any]
    log: str
    source: str
    revision: str
    files: str
    signature: str
    publisher: str
    created: str

    def to_json(self) -> dict[str, Any]:
        """Return everything."""
        return asdict(self)

    def summary(self) -> dict[str, Any]:
        """Return what a list shows."""
        left_out = {"document", "report", "sbom", "log", "files"}
        return {key: value for key, value in self.to_json().items() if key not in left_out}

    @property
    def order(self) -> tuple[Any, ...]:
        """Key by which versions are sorted, as semantic versions: 1.10 after 1.9, 1.0-a before 1.0."""
        core, dash, rest = self.version.partition("-")
        numbers = tuple(int(number) for number in re.findall(r"\d+", core.partition("+")[0])[:3])
        parts = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in rest.split(".")) if dash else ()
        return (*numbers, not dash, parts)


@dataclass(frozen=True)
class PublishedModule:
    """A row of `published_modules`, with its versions, the newest first."""

    module: str
    owner: str
    maintainers: Sequence[str]
    featured: bool
    created: str
    visibility: Visibility = Visibility.PUBLIC
    project: str | None = None
    versions: tuple[PublishedVersion, ...] = ()

    def seen_by(self, identity: Identity) -> bool:
        """Whether somebody sees it: owner, maintainers, managers, and for whom its visibility is."""
        if identity.has(Role.MANAGER) or identity.user in self.maintainers:
            return True
        return sees(identity, Ownership(self.owner, self.visibility, self.project))

    @property
    def current(self) -> PublishedVersion | None:
        """The version that the market offers: the newest that is published, else one that is deprecated."""
        for state in (VersionState.PUBLISHED, VersionState.DEPRECATED):
            for one in self.versions:
                if one.state is state:
                    return one
        return None

    def version(self, version: str) -> PublishedVersion:
        """Return a version.

        Raises
        ------
        NotFound
            If there is none.
        """
        for one in self.versions:
            if one.version == version:
                return one
        there = ", ".join(one.version for one in self.versions) or "none"
        raise NotFound(f"{self.module} has no version {version}; there are: {there}.")


class VersionStore:
    """Published modules in the database.

    Parameters
    ----------
    database : Database
        Open and migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> dict[str, PublishedModule]:
        """Return every published module by its name, with its versions."""
        async with self._database.read() as connection:
            rows = (await connection.execute(select(published_modules))).mappings().all()
            found = (await connection.execute(select(module_versions))).mappings().all()
        versions = [PublishedVersion(**{**row, "state": VersionState(row["state"])}) for row in found]
        modules = {}
        for row in rows:
            own = sorted((one for one in versions if one.module == row["module"]), key=lambda v: v.order)
            told = {**row, "visibility": Visibility(row["visibility"])}
            modules[row["module"]] = PublishedModule(**told, versions=tuple(reversed(own)))
        return modules

    async def marks(self) -> frozenset[tuple[str, str, str]]:
        """Return what tells whether anything changed, and is cheap to read.

        Returns
        -------
        frozenset of (str, str, str)
            Module, version and state of every version; module, nothing and `mark` of every module.
        """
        table, of_all = module_versions.c, published_modules
        async with self._database.read() as connection:
            rows = (await connection.execute(select(table.module, table.version, table.state))).all()
            modules = (await connection.execute(select(of_all))).mappings().all()
        versions = {(row.module, row.version, row.state) for row in rows}
        return frozenset(versions | {(row["module"], "", mark(dict(row))) for row in modules})

    async def add(self, version: PublishedVersion, owner: str) -> None:
        """Record a version, and its module where it is the first.

        Raises
        ------
        Conflict
            If the version is there already.
        """
        row = {**version.to_json(), "state": str(version.state)}
        known = select(published_modules.c.module).where(published_modules.c.module == version.module)
        try:
            async with self._database.write() as connection:
                if (await connection.execute(known)).scalar_one_or_none() is None:
                    first = {"module": version.module, "owner": owner, "maintainers": [], "featured": False}
                    await connection.execute(insert(published_modules).values(**first, created=clock.now()))
                await connection.execute(insert(module_versions).values(row))
        except IntegrityError as error:
            raise Conflict(exists(version.module, version.version)) from error

    async def set_state(self, module: str, version: str, state: VersionState, reason: str) -> None:
        """Change whether a version is offered, and why.

        Parameters
        ----------
        module, version : str
            Which.
        state : VersionState
            The new state.
        reason : str
            For people.
        """
        table = module_versions.c
        change = update(module_versions).where(table.module == module, table.version == version)
        async with self._database.write() as connection:
            await connection.execute(change.values(state=str(state), reason=reason))

    async def set_module(self, module: str, values: Mapping[str, Any]) -> None:
        """Change what is said of a module as a whole.

        Parameters
        ----------
        module : str
            Which.
        values : mapping
            New values of ``featured``, ``maintainers``, ``visibility``, ``project`` and ``owner``.
        """
        change = update(published_modules).where(published_modules.c.module == module)
        async with self._database.write() as connection:
            await connection.execute(change.values(values))


def mark(row: Mapping[str, Any]) -> str:
    """Return what is said of a module as a whole, as one text.

    Parameters
    ----------
    row : mapping
        Of `published_modules`.
    """
    maintainers = " ".join(row["maintainers"])
    return f"{row['visibility']} {row['project'] or ''} {row['featured']} {maintainers}"


def exists(module: str, version: str) -> str:
    """Return the sentence about a version that is published already."""
    return (
        f"{module} {version} is published already, and a version never changes: raise huggins.version in "
        "module.yaml."
    )


def as_module(version: PublishedVersion, folder: Any) -> Module:
    """Return a published version as a module of the catalog, under its name with namespace."""
    name = version.module.rpartition("/")[2]
    return replace(Module.from_document(version.document, name), name=version.module, folder=folder)
