"""Use and leaderboards, counted once a minute and not for each page: they read many jobs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence

from sqlalchemy.exc import SQLAlchemyError

from dashboard.database.engine import Database
from dashboard.market.leaderboard import Leaderboard, leaderboards
from dashboard.market.popularity import Popularity, Use

log = logging.getLogger(__name__)
EVERY_S = 60.0


class Figures:
    """What was counted last.

    Parameters
    ----------
    database : Database
        Open and migrated.
    popularity : Popularity
        Counts use.
    """

    def __init__(self, database: Database, popularity: Popularity) -> None:
        self._database = database
        self._popularity = popularity
        self._task: asyncio.Task[None] | None = None
        #: By name of the module.
        self.use: Mapping[str, Use] = {}
        self.leaderboards: Sequence[Leaderboard] = ()

    @property
    def ranks(self) -> Mapping[str, int]:
        """The best rank of each module that has one."""
        found: dict[str, int] = {}
        for board in self.leaderboards:
            for score in board.scores:
                found[score.module] = min(score.rank, found.get(score.module, score.rank))
        return found

    async def refresh(self) -> None:
        """Count now."""
        self.use = await self._popularity.all()
        self.leaderboards = await leaderboards(self._database)

    async def start(self) -> None:
        """Count in the background."""
        self._task = asyncio.create_task(self._go_on(), name="market figures")

    async def stop(self) -> None:
        """Stop counting."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _go_on(self) -> None:
        while True:
            try:
                await self.refresh()
            except (OSError, SQLAlchemyError) as error:  # the database is away: what was counted stays
                log.warning("the market's figures cannot be counted: %s", type(error).__name__)
            await asyncio.sleep(EVERY_S)
