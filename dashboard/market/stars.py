"""Stars: who likes which module."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, func, insert, select

from dashboard.base import clock
from dashboard.database.engine import Database
from dashboard.database.tables import module_stars


class Stars:
    """Stars in the database.

    Parameters
    ----------
    database : Database
        Open and migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Mapping[str, int]:
        """Return how many stars each module has that has some."""
        query = select(module_stars.c.module, func.count()).group_by(module_stars.c.module)
        async with self._database.read() as connection:
            return {row[0]: int(row[1]) for row in await connection.execute(query)}

    async def given(self, module: str, user: str) -> bool:
        """Return whether somebody gave a module a star."""
        own = module_stars.c
        query = select(own.user).where(own.module == module, own.user == user)
        async with self._database.read() as connection:
            return (await connection.execute(query)).first() is not None

    async def give(self, module: str, user: str, *, starred: bool) -> int:
        """Give a module a star, or take it back.

        Parameters
        ----------
        module, user : str
            Which module, and who.
        starred : bool
            Whether it has the star afterwards.

        Returns
        -------
        int
            How many stars it has now.
        """
        own = module_stars.c
        async with self._database.write() as connection:
            await connection.execute(delete(module_stars).where(own.module == module, own.user == user))
            if starred:
                row = {"module": module, "user": user, "created": clock.now()}
                await connection.execute(insert(module_stars).values(row))
            counted = select(func.count()).where(own.module == module)
            return int((await connection.execute(counted)).scalar_one())
