"""Storage of asynchronous predictions: all their SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from deploy.deferred.record import ADDRESS, UNFINISHED, Outcome, Prediction, PredictionState
from deploy.model.deployment import now
from deploy.model.store import Database
from deploy.model.tables import deployment_gateways, deployment_predictions

COLUMNS = deployment_predictions.c
OF_ADDRESSES = COLUMNS.caller.startswith(ADDRESS) | (COLUMNS.caller == "")
UNFINISHED_ONES = COLUMNS.state.in_(UNFINISHED)


class PredictionStore:
    """Reads and writes predictions; each change of a state is guarded by the state before.

    Parameters
    ----------
    database
        The database of the platform.
    gateway
        Name of this gateway.
    """

    def __init__(self, database: Database, gateway: str) -> None:
        self._database = database
        self._gateway = gateway

    async def add(self, prediction: Prediction) -> None:
        """Insert a prediction."""
        await self._write(sa.insert(deployment_predictions).values(**asdict(prediction)))

    async def get(self, identifier: str) -> Prediction | None:
        """Return a prediction by its id, or None."""
        found = await self._read(sa.select(deployment_predictions).where(COLUMNS.id == identifier))
        return found[0] if found else None

    async def of(self, deployment: str, caller: str | None, limit: int) -> list[Prediction]:
        """Return predictions of a deployment, newest first.

        Parameters
        ----------
        deployment
            Name of the deployment.
        caller
            Only those of this caller; None: of all callers.
        limit
            Number of predictions at most.
        """
        mine = [COLUMNS.deployment == deployment, COLUMNS.state != PredictionState.CANCELLED]
        if caller is not None:
            mine.append(COLUMNS.caller == caller)
        query = sa.select(deployment_predictions).where(*mine)
        return await self._read(query.order_by(COLUMNS.created.desc(), COLUMNS.id).limit(limit))

    async def held(self) -> list[Prediction]:
        """Return the predictions whose files this gateway has, oldest first."""
        query = sa.select(deployment_predictions).where(COLUMNS.gateway == self._gateway)
        return await self._read(query.order_by(COLUMNS.created, COLUMNS.id))

    async def counts(self, deployment: str, caller: str) -> tuple[int, int, int]:
        """Return the predictions of a deployment, of a caller among them, and of all anonymous callers."""
        own = sa.func.count().filter(COLUMNS.caller == caller)
        anonymous = sa.func.count().filter(OF_ADDRESSES)
        query = sa.select(sa.func.count(), own, anonymous).where(COLUMNS.deployment == deployment)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one()
        return int(row[0]), int(row[1]), int(row[2])

    async def oldest_anonymous(self, deployment: str, caller: str | None) -> Prediction | None:
        """Return the oldest prediction with an end of an anonymous caller, whose files this gateway has.

        Parameters
        ----------
        deployment
            Name of the deployment.
        caller
            The caller; None: the one of all who has most.
        """
        mine = (
            COLUMNS.deployment == deployment,
            COLUMNS.gateway == self._gateway,
            COLUMNS.state.not_in(UNFINISHED),
        )
        if caller is None:
            each = sa.select(COLUMNS.caller).where(*mine, OF_ADDRESSES).group_by(COLUMNS.caller)
            query = each.order_by(sa.func.count().desc(), COLUMNS.caller).limit(1)
            async with self._database.read() as connection:
                caller = (await connection.execute(query)).scalar_one_or_none()
        theirs = sa.select(deployment_predictions).where(*mine, COLUMNS.caller == caller)
        found = await self._read(theirs.order_by(COLUMNS.ended, COLUMNS.id).limit(1))
        return found[0] if found else None

    async def bytes_held(self) -> int:
        """Return the bytes of all files of this gateway."""
        # A request body is deleted when its prediction has ended.
        each = sa.case((UNFINISHED_ONES, COLUMNS.size), else_=sa.func.coalesce(COLUMNS.answer_size, 0))
        size = sa.func.sum(each)
        async with self._database.read() as connection:
            found = await connection.execute(sa.select(size).where(COLUMNS.gateway == self._gateway))
            return int(found.scalar() or 0)

    async def begin(self, identifier: str) -> bool:
        """Record that a prediction runs; False if it was cancelled or deleted."""
        values = {"state": PredictionState.RUNNING, "started": now()}
        return await self._change(identifier, UNFINISHED_ONES, values)

    async def finish(self, identifier: str, outcome: Outcome, expires: str) -> bool:
        """Record how a prediction ended.

        Parameters
        ----------
        identifier
            Id of the prediction.
        outcome
            How it ended.
        expires
            When it is deleted, ISO 8601, UTC.

        Returns
        -------
        bool
            False if it was cancelled or deleted.
        """
        values = {
            "state": outcome.state,
            "reason": outcome.reason,
            "ended": now(),
            "expires": expires,
            "version": outcome.version,
            "status": outcome.status,
            "content_type": outcome.content_type,
            "answer_size": outcome.answer_size,
            "spectra": outcome.spectra,
        }
        return await self._change(identifier, UNFINISHED_ONES, values)

    async def cancel(self, identifier: str) -> None:
        """Record that a prediction is cancelled; the gateway that has its files deletes it."""
        values = {"state": PredictionState.CANCELLED, "ended": now()}
        await self._change(identifier, sa.true(), values)

    async def forget(self, identifiers: Sequence[str]) -> None:
        """Delete records."""
        await self._write(sa.delete(deployment_predictions).where(COLUMNS.id.in_(identifiers)))

    async def cancelled(self) -> list[str]:
        """Return the ids of the predictions of this gateway that were cancelled at any gateway."""
        query = sa.select(COLUMNS.id).where(
            COLUMNS.gateway == self._gateway, COLUMNS.state == PredictionState.CANCELLED
        )
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def beat(self) -> None:
        """Record that this gateway is alive."""
        mine = deployment_gateways.c.gateway == self._gateway
        async with self._database.write() as connection:
            done = await connection.execute(sa.update(deployment_gateways).where(mine).values(seen=now()))
            if done.rowcount == 0:
                values = {"gateway": self._gateway, "seen": now()}
                await connection.execute(sa.insert(deployment_gateways).values(**values))

    async def seen(self, gateway: str) -> str | None:
        """Return when a gateway was last alive; None if it is not known."""
        query = sa.select(deployment_gateways.c.seen).where(deployment_gateways.c.gateway == gateway)
        async with self._database.read() as connection:
            found: str | None = (await connection.execute(query)).scalar_one_or_none()
        return found

    async def purge(self, silent_since: str) -> None:
        """Delete the gateways that were last alive before `silent_since`, and their predictions."""
        gone = sa.select(deployment_gateways.c.gateway).where(deployment_gateways.c.seen < silent_since)
        async with self._database.write() as connection:
            await connection.execute(sa.delete(deployment_predictions).where(COLUMNS.gateway.in_(gone)))
            await connection.execute(
                sa.delete(deployment_gateways).where(deployment_gateways.c.seen < silent_since)
            )

    async def _change(self, identifier: str, guard: sa.ColumnElement[bool], values: dict[str, Any]) -> bool:
        mine = COLUMNS.id == identifier
        return await self._write(sa.update(deployment_predictions).where(mine, guard).values(**values)) > 0

    async def _read(self, query: sa.Select[Any]) -> list[Prediction]:
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [Prediction(**{**row, "state": PredictionState(row["state"])}) for row in rows]

    async def _write(self, statement: sa.Executable) -> int:
        async with self._database.write() as connection:
            done: Any = await connection.execute(statement)
            return int(done.rowcount)
