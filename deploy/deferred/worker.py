"""The predictions that are being made: each waits for a place, is asked of a replica, and is recorded."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from deploy.access.usage import CallRecord, Usage
from deploy.deferred.record import Outcome, Prediction, PredictionLimits
from deploy.deferred.replica_client import ReplicaClient
from deploy.deferred.store import PredictionStore
from deploy.model.deployment import now

T = TypeVar("T")
log = logging.getLogger(__name__)

AGAIN_AFTER_S = 1.0  # between two tries to write while the database is away
CANCELLED_STATUS = 499  # in the usage: the caller did not want it any more
GONE = (SQLAlchemyError, OSError)  # the database does not answer


class PredictionWorker:
    """Makes predictions, so many at once of each deployment, and forgets them with their files.

    Parameters
    ----------
    client
        Sends predictions to replicas.
    store
        Keeps the states of predictions.
    usage
        Counts every prediction, once it has ended.
    folder
        Where their files are, a folder for each.
    limits
        What bounds them.
    changed
        Called with a deployment's name after every change of one of its predictions.
    """

    def __init__(
        self,
        client: ReplicaClient,
        store: PredictionStore,
        usage: Usage,
        *,
        folder: Path,
        limits: PredictionLimits,
        changed: Callable[[str], None],
    ) -> None:
        self._client = client
        self._store = store
        self._usage = usage
        self._folder = folder
        self._limits = limits
        self._changed = changed
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ended: dict[str, asyncio.Event] = {}
        self._placement: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(limits.at_once))

    def start(self) -> None:
        """Open the connections to replicas."""
        self._client.start()

    async def close(self) -> None:
        """Stop; what is not finished is made after the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.close()

    @property
    def busy(self) -> bool:
        """Whether any is being made or waits for a place."""
        return bool(self._tasks)

    def ended(self, identifier: str) -> asyncio.Event | None:
        """Return what is set once a prediction has ended; None where it is not made here, or not any more."""
        return self._ended.get(identifier)

    def begin(self, prediction: Prediction) -> None:
        """Make one, as soon as there is a place."""
        self._ended[prediction.id] = asyncio.Event()
        task = asyncio.create_task(self._make(prediction), name=f"prediction {prediction.id}")
        self._tasks[prediction.id] = task
        task.add_done_callback(lambda done: self._left(prediction.id, done))

    async def forget(self, predictions: list[Prediction]) -> None:
        """Stop and remove some of this gateway's."""
        tasks = []
        for prediction in predictions:
            task = self._tasks.get(prediction.id)
            if task is not None:
                task.cancel()
                tasks.append(task)
                if prediction.started is not None:
                    self._count(prediction, Outcome(CANCELLED_STATUS), 0.0)
        await asyncio.gather(*tasks, return_exceptions=True)
        for prediction in predictions:
            await asyncio.to_thread(shutil.rmtree, self._folder / prediction.id, ignore_errors=True)
        await self._store.forget([prediction.id for prediction in predictions])

    def _left(self, identifier: str, task: asyncio.Task[None]) -> None:
        self._tasks.pop(identifier, None)
        if (event := self._ended.pop(identifier, None)) is not None:
            event.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("prediction %s failed", identifier, exc_info=error)

    async def _make(self, prediction: Prediction) -> None:
        """Wait for a place, ask, and record the end; the call is counted once, with the end."""
        async with self._placement[prediction.deployment]:
            if not await _surely(lambda: self._store.begin(prediction.id)):
                return
            self._changed(prediction.deployment)
            began = time.perf_counter()
            outcome = await self._client.ask(prediction)
        expires = now(self._limits.keep_hours * 3600)
        if not await _surely(lambda: self._store.finish(prediction.id, outcome, expires)):
            return
        self._count(prediction, outcome, time.perf_counter() - began)
        await asyncio.to_thread(prediction.body.unlink, missing_ok=True)
        self._changed(prediction.deployment)

    def _count(self, prediction: Prediction, outcome: Outcome, seconds: float) -> None:
        kind, _, name = prediction.caller.partition(" ")
        token = name if kind == "token" else ""
        call = CallRecord(
            prediction.deployment, outcome.version, token, outcome.status, seconds, outcome.spectra
        )
        self._usage.count(call)


async def _surely(write: Callable[[], Awaitable[T]]) -> T:
    """Write, retrying while the database is unavailable; a begun transaction ends even when cancelled."""
    while True:
        task = asyncio.ensure_future(write())
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.gather(task, return_exceptions=True)
            raise
        except GONE as error:
            log.warning("the database does not answer, a prediction waits: %s", error)
            await asyncio.sleep(AGAIN_AFTER_S)
