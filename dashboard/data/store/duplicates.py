"""All SQL about files that several datasets have."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from dashboard.auth.identity import Identity
from dashboard.auth.policy import visible
from dashboard.database.engine import Database
from dashboard.database.tables import dataset_files, datasets

MOST = 100


class DuplicateRows:
    """Finds files of the same content.

    Parameters
    ----------
    database : Database
        Open and migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, dataset: str, identity: Identity) -> list[dict[str, Any]]:
        """Return which datasets have files with the content of one of this dataset's.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        identity : Identity
            Who asks; datasets that it may not see are left out.

        Returns
        -------
        list of dict
            ``dataset``, ``name`` and ``files``, how many; the most first. The dataset itself is among them
            with the files that it has more than once.
        """
        mine, other = dataset_files.alias("mine"), dataset_files.alias("other")
        here = (mine.c.dataset == dataset) & mine.c.sha256.is_not(None)
        same = (other.c.sha256 == mine.c.sha256) & ~(
            (other.c.dataset == mine.c.dataset) & (other.c.path == mine.c.path)
        )
        count = func.count(mine.c.path.distinct())
        query = (
            select(datasets.c.id, datasets.c.name, count)
            .select_from(mine)
            .join(other, same)
            .join(datasets, datasets.c.id == other.c.dataset)
            .where(here, visible(identity, datasets.c))
            .group_by(datasets.c.id, datasets.c.name)
            .order_by(count.desc(), datasets.c.id)
            .limit(MOST)
        )
        async with self._database.read() as connection:
            found = (await connection.execute(query)).all()
        return [{"dataset": one, "name": name, "files": files} for one, name, files in found]
