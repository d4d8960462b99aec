"""The nodes in the database: those made on the page, and drains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select, union, update

from dashboard.auth.account import AccountState
from dashboard.auth.identity import OWNER
from dashboard.base import clock
from dashboard.base.ownership import Ownership, Visibility
from dashboard.database.engine import Database
from dashboard.database.tables import nodes, tokens, users
from dashboard.settings import NodeSettings


@dataclass(frozen=True)
class NodeRow:
    """A row of `nodes`; `settings` is None for a node of ``huggins.toml``."""

    name: str
    settings: NodeSettings | None
    drained: str | None
    by: str
    ownership: Ownership


class NodeStore:
    """Reads and writes the rows of `nodes`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[NodeRow]:
        """Return all rows, by name."""
        async with self._database.read() as connection:
            rows = (await connection.execute(select(nodes).order_by(nodes.c.name))).mappings().all()
        return [
            NodeRow(
                row["name"],
                _settings(row["settings"]),
                row["drained"],
                row["by"],
                Ownership(row["owner"], Visibility(row["visibility"]), row["project"]),
            )
            for row in rows
        ]

    async def accounts(self) -> int:
        """Return how many users can act on the platform: the local owner, and those who can sign in."""
        theirs = (tokens.c.identity != OWNER.user, tokens.c.expires > clock.now())
        signed_in = select(tokens.c.identity.label("name")).where(*theirs)
        active = select(users.c.name).where(users.c.state == AccountState.ACTIVE)
        query = select(func.count()).select_from(union(signed_in, active).subquery())
        async with self._database.read() as connection:
            return 1 + int((await connection.execute(query)).scalar_one())

    async def put(self, name: str, settings: NodeSettings, by: str) -> None:
        """Write the settings of a node that is configured on the page; a drain stays.

        Parameters
        ----------
        name : str
            The node.
        settings : NodeSettings
            All its settings.
        by : str
            The user who changes them, and owns a new node.
        """
        await self._write(name, {"settings": {**asdict(settings)}}, by)

    async def drain(self, name: str, by: str, *, drained: bool) -> None:
        """Record the time of a drain, or its end.

        Parameters
        ----------
        name : str
            The node.
        by : str
            The user who drains it.
        drained : bool
            False: the drain ends.
        """
        await self._write(name, {"drained": clock.now() if drained else None}, by)

    async def remove(self, name: str) -> None:
        """Delete the row of a node."""
        async with self._database.write() as connection:
            await connection.execute(delete(nodes).where(nodes.c.name == name))

    async def _write(self, name: str, values: Mapping[str, Any], by: str) -> None:
        row = {**values, "by": by, "changed": clock.now()}
        async with self._database.write() as connection:
            done = await connection.execute(update(nodes).where(nodes.c.name == name).values(row))
            if not done.rowcount:
                await connection.execute(insert(nodes).values(name=name, owner=by, **row))


def _settings(kept: Mapping[str, Any] | None) -> NodeSettings | None:
    """Return the settings of a row; unknown keys are ignored."""
    if kept is None:
        return None
    values: dict[str, Any] = {
        key: tuple(kept[key]) if isinstance(kept[key], list) else kept[key]
        for key in NodeSettings.__dataclass_fields__
        if key in kept
    }
    return NodeSettings(**values)
