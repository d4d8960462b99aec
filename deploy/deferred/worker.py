"""The worker of asynchronous predictions: makes a few at a time, and records how they end."""

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

RETRY_AFTER_S = 1.0  # between two attempts to write while the database is unavailable
CANCELLED_STATUS = 499  # counted in usage for a prediction that its caller cancelled
UNAVAILABLE = (SQLAlchemyError, OSError)  # the database is unavailable


class PredictionWorker:
    """Makes predictions, a limited number per deployment at a time, and deletes them with their files.

    Parameters
    ----------
    client
        Sends predictions to replicas.
    store
        Keeps the states of predictions.
    usage
        Counts every prediction, once it has ended.
    folder
        Parent of the folders of predictions.
    limits
        Limits of number and time.
    changed
        Called with the name of a deployment after every change of one of its predictions.
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
        self._slots: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(limits.at_once))

    def start(self) -> None:
        """Open the connections to replicas."""
        self._client.start()

    async def close(self) -> None:
        """Stop; unfinished predictions are made after the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.close()

    @property
    def busy(self) -> bool:
        """Whether a prediction is being made or waits for its turn."""
        return bool(self._tasks)

    def ended(self, identifier: str) -> asyncio.Event | None:
        """Return the event of the end of a prediction; None if it is not made here, or has ended."""
        return self._ended.get(identifier)

    def begin(self, prediction: Prediction) -> None:
        """Make a prediction as soon as there is a free slot."""
        self._ended[prediction.id] = asyncio.Event()
        task = asyncio.create_task(self._make(prediction), name=f"prediction {prediction.id}")
        self._tasks[prediction.id] = task
        task.add_done_callback(lambda done: self._finished(prediction.id, done))

    async def forget(self, predictions: list[Prediction]) -> None:
        """Stop and delete predictions of this gateway, with their files."""
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

    def _finished(self, identifier: str, task: asyncio.Task[None]) -> None:
        self._tasks.pop(identifier, None)
        if (event := self._ended.pop(identifier, None)) is not None:
            event.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("prediction %s failed", identifier, exc_info=error)

    async def _make(self, prediction: Prediction) -> None:
        """Wait for a slot, make the prediction, and record its end; the call is counted once, at its end."""
        async with self._slots[prediction.deployment]:
            if not await _write_durably(lambda: self._store.begin(prediction.id)):
                return
            self._changed(prediction.deployment)
            began = time.perf_counter()
            outcome = await self._client.predict(prediction)
        expires = now(self._limits.keep_hours * 3600)
        if not await _write_durably(lambda: self._store.finish(prediction.id, outcome, expires)):
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


async def _write_durably(write: Callable[[], Awaitable[T]]) -> T:
    """Write, retrying while the database is unavailable; a transaction ends even when cancelled."""
    while True:
        task = asyncio.ensure_future(write())
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.gather(task, return_exceptions=True)
            raise
        except UNAVAILABLE as error:
            log.warning("the database is unavailable, a prediction waits: %s", error)
            await asyncio.sleep(RETRY_AFTER_S)
