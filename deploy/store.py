"""Deployments in the database: all SQL of the deploy service stands here."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.deployment import Deployment, NameTaken, UnknownDeployment
from deploy.tables import deployments


class Database(Protocol):
    """What the store needs of the platform's database: a transaction that reads, and one that writes."""

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction that only reads."""

    def write(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a transaction; committed at the end, rolled back on any exception."""


class DeploymentStore:
    """Reads and writes the deployments table.

    Parameters
    ----------
    database
        The platform's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, deployment: Deployment) -> None:
        """Write a new deployment; raises `NameTaken`."""
        row = asdict(deployment)
        row["model_folder"] = None if deployment.model_folder is None else str(deployment.model_folder)
        try:
            async with self._database.write() as connection:
                await connection.execute(sa.insert(deployments).values(**row))
        except IntegrityError as error:
            raise NameTaken(
                f"a deployment named {deployment.name!r} exists: choose another name or delete it"
            ) from error

    async def all(self) -> list[Deployment]:
        """Return every deployment, by name."""
        async with self._database.read() as connection:
            rows = await connection.execute(sa.select(deployments).order_by(deployments.c.name))
            return [_deployment(row) for row in rows.mappings()]

    async def get(self, name: str) -> Deployment:
        """Return one; raises `UnknownDeployment`."""
        async with self._database.read() as connection:
            rows = await connection.execute(sa.select(deployments).where(deployments.c.name == name))
            row = rows.mappings().first()
        if row is None:
            raise UnknownDeployment(f"there is no deployment named {name!r}")
        return _deployment(row)

    async def enable(self, name: str, enabled: bool) -> None:
        """Write the wanted state; raises `UnknownDeployment`."""
        statement = sa.update(deployments).where(deployments.c.name == name).values(enabled=enabled)
        await self._change(name, statement)

    async def delete(self, name: str) -> None:
        """Forget a deployment; raises `UnknownDeployment`."""
        await self._change(name, sa.delete(deployments).where(deployments.c.name == name))

    async def of_model(self, model: str) -> list[str]:
        """Return the names of the deployments that serve a model."""
        async with self._database.read() as connection:
            statement = sa.select(deployments.c.name).where(deployments.c.model == model)
            return list((await connection.execute(statement)).scalars())

    async def _change(self, name: str, statement: sa.Update | sa.Delete) -> None:
        async with self._database.write() as connection:
            if (await connection.execute(statement)).rowcount == 0:
                raise UnknownDeployment(f"there is no deployment named {name!r}")


def _deployment(row: Any) -> Deployment:
    values = dict(row)
    if values["model_folder"] is not None:
        values["model_folder"] = Path(values["model_folder"])
    return Deployment(**values)
