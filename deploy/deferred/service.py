"""The service of asynchronous predictions: accepts, makes, lists and deletes them.

The record of a prediction is in the database, so that every gateway can show it. Its files are with the
gateway that accepted it, which makes it, also after a restart: a prediction may be repeated without harm.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from deploy.access.usage import Usage
from deploy.control.controllers import DeploymentControllers
from deploy.deferred.intake import PredictionIntake
from deploy.deferred.record import Prediction, PredictionDenied, PredictionLimits, PredictionState
from deploy.deferred.replica_client import ReplicaClient
from deploy.deferred.store import PredictionStore
from deploy.deferred.worker import UNAVAILABLE, PredictionWorker
from deploy.model.deployment import Deployment, now
from deploy.model.store import Database

QUERY_EVERY_S = 1.0
BEAT_EVERY = 5  # of those queries: this gateway records that it is alive
SWEEP_EVERY = 60  # of those queries: expired predictions are removed
SILENT_S = 30.0  # after which a gateway is reported as silent
LISTED = 200


class PredictionService:
    """Accepts, makes, lists and deletes asynchronous predictions.

    Parameters
    ----------
    controllers
        The deployments and their replicas.
    usage
        Counts every prediction, once it has ended.
    database
        The database of the platform.
    folder
        Parent of the folders of predictions.
    gateway
        Name of this gateway, unique on the database, the same after a restart.
    limits
        Limits of number, size and time.
    changed
        Called with the name of a deployment after every change of one of its predictions.
    """

    def __init__(
        self,
        controllers: DeploymentControllers,
        usage: Usage,
        database: Database,
        *,
        folder: Path,
        gateway: str,
        limits: PredictionLimits,
        changed: Callable[[str], None],
    ) -> None:
        self.limits = limits
        self._controllers = controllers
        self._store = PredictionStore(database, gateway)
        self._worker = PredictionWorker(
            ReplicaClient(controllers, limits),
            self._store,
            usage,
            folder=folder,
            limits=limits,
            changed=changed,
        )
        self._folder = folder
        self._gateway = gateway
        self._changed = changed
        self._intake = PredictionIntake(self._store, folder, gateway, limits, self._worker.forget)
        self._following: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Continue unfinished predictions, and remove files without a record."""
        self._worker.start()
        await asyncio.to_thread(self._folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        held = await self._store.held()
        known = {prediction.id for prediction in held}
        for path in await asyncio.to_thread(lambda: list(self._folder.iterdir())):
            if path.name not in known:
                await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)
        await self._store.beat()
        for prediction in held:
            if not prediction.finished:
                self._worker.begin(prediction)
        await self._sweep()
        self._following = asyncio.create_task(self._follow(), name="predictions")

    async def close(self) -> None:
        """Stop; unfinished predictions are made after the next start."""
        self._stopping.set()
        await self._worker.close()
        if self._following is not None:
            await asyncio.gather(self._following, return_exceptions=True)

    async def accept(
        self,
        deployment: Deployment,
        caller: str,
        request: dict[str, Any],
        body: AsyncIterator[bytes],
        length: int | None,
    ) -> Prediction:
        """Accept a prediction and start it; on return it survives a restart.

        Parameters
        ----------
        deployment, caller, request, body, length
            See `PredictionIntake.accept`.

        Raises
        ------
        PredictionDenied
            If it cannot be accepted.
        """
        prediction = await self._intake.accept(deployment, caller, request, body, length)
        self._worker.begin(prediction)
        self._changed(deployment.name)
        return prediction

    async def get(self, deployment: str, identifier: str, wait_s: float = 0.0) -> Prediction:
        """Return a prediction, once it has ended or `wait_s` have passed.

        Parameters
        ----------
        deployment, identifier
            Name of the deployment, and id of the prediction.
        wait_s
            Seconds to wait for its end.

        Raises
        ------
        PredictionDenied
            If there is no such prediction.
        """
        deadline = time.monotonic() + wait_s
        while True:
            found = await self._store.get(identifier)
            if found is None or found.deployment != deployment:
                raise not_found(identifier)
            left = deadline - time.monotonic()
            if found.finished or left <= 0:
                return found
            event = self._worker.ended(identifier)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left, QUERY_EVERY_S) if event is None else left):
                    await (event.wait() if event is not None else asyncio.sleep(QUERY_EVERY_S))

    async def of(self, deployment: str, caller: str | None) -> list[Prediction]:
        """Return the newest predictions of a deployment, of one caller or (None) of all."""
        return await self._store.of(deployment, caller, LISTED)

    async def reason_of(self, prediction: Prediction) -> str:
        """Return why an unfinished prediction does not proceed, if its gateway is silent; else its reason."""
        if prediction.finished or prediction.gateway == self._gateway:
            return prediction.reason
        seen = await self._store.seen(prediction.gateway)
        if seen is not None and seen >= now(-SILENT_S):
            return prediction.reason
        since = f"since {seen}" if seen else "yet"
        return (
            f"the gateway {prediction.gateway}, which has the request, has not been alive {since}; "
            "the prediction continues when the gateway is back; or delete it and send it again"
        )

    async def answer(self, prediction: Prediction) -> Path:
        """Return the file of the answer.

        Raises
        ------
        PredictionDenied
            If there is no answer yet, if another gateway has it, or if the prediction failed.
        """
        if not prediction.finished:
            text = f"{prediction.id} is {prediction.state}: poll {prediction.address} until it has ended"
            raise PredictionDenied(409, "Not finished", text, 2)
        if prediction.state is PredictionState.CANCELLED:
            raise PredictionDenied(404, "Cancelled", f"{prediction.id} was cancelled")
        if prediction.answer_size is None:
            raise PredictionDenied(prediction.status or 500, "No prediction", prediction.reason)
        if not await asyncio.to_thread(prediction.answer.is_file):
            text = f"the gateway {prediction.gateway} has the result, which is not available here: ask there"
            raise PredictionDenied(404 if prediction.gateway == self._gateway else 421, "Not here", text)
        return prediction.answer

    async def cancel(self, prediction: Prediction) -> None:
        """Stop a prediction if it runs, and delete it with its files."""
        await self._store.cancel(prediction.id)
        if prediction.gateway == self._gateway:
            await self._worker.forget([prediction])
        self._changed(prediction.deployment)

    async def _follow(self) -> None:
        """Follow the records until `close`; never cancelled, which would leave a transaction open."""
        query = 0
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(QUERY_EVERY_S):
                    await self._stopping.wait()
            query += 1
            with contextlib.suppress(*UNAVAILABLE):
                if self._worker.busy and (names := set(await self._store.cancelled())):
                    await self._worker.forget([one for one in await self._store.held() if one.id in names])
                if query % BEAT_EVERY == 0:
                    await self._store.beat()
                if query % SWEEP_EVERY == 0:
                    await self._sweep()

    async def _sweep(self) -> None:
        """Delete predictions that expired or were cancelled, and those of deleted deployments."""
        deployments = [controller.deployment for controller in self._controllers.all()]
        created = {deployment.name: deployment.created for deployment in deployments}
        moment = now()
        gone = [
            one
            for one in await self._store.held()
            if one.state is PredictionState.CANCELLED
            or (one.expires is not None and one.expires <= moment)
            or created.get(one.deployment) != one.deployment_created
        ]
        if gone:
            await self._worker.forget(gone)
        await self._store.purge(now(-max(self.limits.keep_hours, 1.0) * 3600))


def not_found(identifier: str) -> PredictionDenied:
    """Return the error for a prediction that does not exist, or belongs to another caller."""
    text = f"there is no prediction {identifier}: it was deleted, has expired, or belongs to another caller"
    return PredictionDenied(404, "No such prediction", text)
