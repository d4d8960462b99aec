"""Deployments in the database: their desired state, and the revision that every change increments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.model.deployment import Access, Deployment, NameTaken, Scaling, UnknownDeployment, Version
from deploy.model.tables import deployment_revision, deployment_tokens, deployment_versions, deployments

OWNERSHIP = ("owner", "visibility", "project")


class Database(Protocol):
    """What the stores need of the platform's database: transactions for reading and for writing."""

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction that only reads."""

    def write(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction; committed at the end, rolled back on any exception."""


#: Called in the transaction of a change with the deployment before (None: a new one) and after.
Allow = Callable[[AsyncConnection, Deployment | None, Deployment], Awaitable[None]]


async def anything(_connection: AsyncConnection, _before: Deployment | None, _after: Deployment) -> None:
    """Allow every change."""


class DeploymentStore:
    """Reads and writes deployments and their versions.

    Parameters
    ----------
    database
        The platform's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def revision(self) -> int:
        """Return the revision, which every change increments."""
        async with self._database.read() as connection:
            return await _revision(connection)

    async def all(self) -> tuple[int, list[Deployment]]:
        """Return the revision and every deployment at that revision or a newer one, by name."""
        async with self._database.read() as connection:
            revision = await _revision(connection)  # first: the rows are at least as new
            rows = await connection.execute(sa.select(deployments).order_by(deployments.c.name))
            found = await connection.execute(
                sa.select(deployment_versions).order_by(deployment_versions.c.number)
            )
            versions: dict[str, list[Version]] = {}
            for version in found.mappings():
                versions.setdefault(version["deployment"], []).append(_version(version))
            return revision, [_deployment(row, versions.get(row["name"], [])) for row in rows.mappings()]

    async def add(self, deployment: Deployment, allow: Allow = anything) -> None:
        """Write a new deployment with its versions.

        Parameters
        ----------
        deployment : Deployment
            The deployment.
        allow : callable
            Called first in the transaction with None and the deployment; raises where it may not be.

        Raises
        ------
        NameTaken
            If a deployment of that name exists.
        """
        try:
            async with self._database.write() as connection:
                await allow(connection, None, deployment)
                await connection.execute(sa.insert(deployments).values(**_row(deployment)))
                for version in deployment.versions:
                    await _insert_version(connection, deployment.name, version)
                await increment_revision(connection)
        except IntegrityError as error:
            raise NameTaken(
                f"a deployment named {deployment.name!r} exists: choose another name or delete it"
            ) from error

    async def change(
        self, name: str, change: Callable[[Deployment], Deployment], allow: Allow = anything
    ) -> Deployment:
        """Read a deployment, change it and write it, in one transaction.

        Parameters
        ----------
        change
            Returns the changed deployment; may add versions, never change or remove one.
        allow
            Called in the transaction with the deployment before and after; raises where it may not be.

        Raises
        ------
        UnknownDeployment
            If there is no such deployment.
        """
        async with self._database.write() as connection:
            # For PostgreSQL: two changes at once wait for each other.
            query = sa.select(deployments).where(deployments.c.name == name).with_for_update()
            row = (await connection.execute(query)).mappings().first()
            if row is None:
                raise UnknownDeployment(f"there is no deployment named {name!r}")
            of_it = sa.select(deployment_versions).where(deployment_versions.c.deployment == name)
            versions = await connection.execute(of_it.order_by(deployment_versions.c.number))
            before = _deployment(row, [_version(version) for version in versions.mappings()])
            after = change(before)
            await allow(connection, before, after)
            await connection.execute(
                sa.update(deployments).where(deployments.c.name == name).values(**_row(after))
            )
            for version in after.versions[len(before.versions) :]:
                await _insert_version(connection, name, version)
            await increment_revision(connection)
        return after

    async def delete(self, name: str) -> None:
        """Delete a deployment, its versions and its tokens.

        Parameters
        ----------
        name : str
            The deployment's name.

        Raises
        ------
        UnknownDeployment
            If there is no deployment of that name.
        """
        async with self._database.write() as connection:
            gone = await connection.execute(sa.delete(deployments).where(deployments.c.name == name))
            if gone.rowcount == 0:
                raise UnknownDeployment(f"there is no deployment named {name!r}")
            for table in (deployment_versions, deployment_tokens):
                await connection.execute(sa.delete(table).where(table.c.deployment == name))
            await increment_revision(connection)

    async def of_model(self, model: str) -> list[str]:
        """Return the names of the deployments that have a version of a model."""
        column = deployment_versions.c.deployment
        async with self._database.read() as connection:
            statement = (
                sa.select(column).where(deployment_versions.c.model == model).distinct().order_by(column)
            )
            return list((await connection.execute(statement)).scalars())


async def increment_revision(connection: AsyncConnection) -> None:
    """Increment the revision, in the transaction of a change."""
    counted = await connection.execute(
        sa.update(deployment_revision).values(number=deployment_revision.c.number + 1)
    )
    if counted.rowcount == 0:
        await connection.execute(sa.insert(deployment_revision).values(id=1, number=1))


async def _revision(connection: AsyncConnection) -> int:
    return (await connection.execute(sa.select(deployment_revision.c.number))).scalar_one_or_none() or 0


async def _insert_version(connection: AsyncConnection, deployment: str, version: Version) -> None:
    row = asdict(version) | {"deployment": deployment, "resources": dict(version.resources)}
    row["model_folder"] = None if version.model_folder is None else str(version.model_folder)
    await connection.execute(sa.insert(deployment_versions).values(**row))


def _row(deployment: Deployment) -> dict[str, Any]:
    names = ("name", "enabled", "created", "stable", "canary", "share", "previous", *OWNERSHIP)
    row = {name: getattr(deployment, name) for name in names}
    return row | {
        "nodes": list(deployment.nodes),
        "scaling": deployment.scaling.to_json(),
        "access": str(deployment.access),
    }


def _version(row: Any) -> Version:
    values = {key: value for key, value in row.items() if key != "deployment"}
    version = Version(**values)
    return (
        version if version.model_folder is None else replace(version, model_folder=Path(version.model_folder))
    )


def _deployment(row: Any, versions: list[Version]) -> Deployment:
    values = dict(row)
    values["nodes"] = tuple(values["nodes"])
    values["scaling"] = Scaling.from_json(values["scaling"])
    values["access"] = Access(values["access"])
    return Deployment(**values, versions=tuple(versions))
