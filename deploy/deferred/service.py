"""Asynchronous predictions: taken to disk, made in turn, kept for some hours.

The record lies in the database, so that every gateway can tell of it; the files lie with the gateway that
took them, which does the work, also after a restart: a prediction may be asked for again without harm.
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
from deploy.deferred.worker import GONE, PredictionWorker
from deploy.model.deployment import Deployment, now
from deploy.model.store import Database

LOOK_EVERY_S = 1.0
BEAT_EVERY = 5  # of those looks: this gateway says that it is alive
SWEEP_EVERY = 60  # of those looks: what has expired is removed
SILENT_S = 30.0  # after which a gateway is said to be gone
LISTED = 200


class PredictionService:
    """Takes, makes, shows and forgets predictions.

    Parameters
    ----------
    controllers
        The deployments and their replicas.
    usage
        Counts every prediction, once it has ended.
    database
        The platform's.
    folder
        Where bodies and answers go.
    gateway
        Who this is, of all gateways on the database; the same after a restart.
    limits
        What bounds them.
    changed
        Called with a deployment's name after every change of one of its predictions.
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
        self._work = PredictionWorker(
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
        self._intake = PredictionIntake(self._store, folder, gateway, limits)
        self._following: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    async def start(self) -> None:
        """Go on with what was not finished, and remove files that belong to nothing."""
        self._work.start()
        await asyncio.to_thread(self._folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        held = await self._store.held()
        known = {prediction.id for prediction in held}
        for path in await asyncio.to_thread(lambda: list(self._folder.iterdir())):
            if path.name not in known:
                await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)
        await self._store.beat()
        for prediction in held:
            if not prediction.finished:
                self._work.begin(prediction)
        await self._sweep()
        self._following = asyncio.create_task(self._follow(), name="predictions")

    async def close(self) -> None:
        """Stop; what is not finished is made after the next start."""
        self._stopping.set()
        await self._work.close()
        if self._following is not None:
            await asyncio.gather(self._following, return_exceptions=True)

    async def take(
        self,
        deployment: Deployment,
        caller: str,
        request: dict[str, Any],
        body: AsyncIterator[bytes],
        length: int | None,
    ) -> Prediction:
        """Take one on (see `PredictionIntake.take`); on return it survives a restart. `PredictionDenied`."""
        prediction = await self._intake.take(deployment, caller, request, body, length)
        self._work.begin(prediction)
        self._changed(deployment.name)
        return prediction

    async def get(self, deployment: str, identifier: str, wait_s: float = 0.0) -> Prediction:
        """Return one, waiting at most so long for its end; `PredictionDenied` where there is none."""
        deadline = time.monotonic() + wait_s
        while True:
            found = await self._store.get(identifier)
            if found is None or found.deployment != deployment:
                raise PredictionDenied(404, "No such prediction", _none(identifier))
            left = deadline - time.monotonic()
            if found.finished or left <= 0:
                return found
            event = self._work.ended(identifier)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left, LOOK_EVERY_S) if event is None else left):
                    await (event.wait() if event is not None else asyncio.sleep(LOOK_EVERY_S))

    async def of(self, deployment: str, caller: str | None) -> list[Prediction]:
        """Return the newest of a deployment, of one caller or (None) of all."""
        return await self._store.of(deployment, caller, LISTED)

    async def reason_of(self, prediction: Prediction) -> str:
        """Return why an unfinished one does not go on, where that is so; else its reason."""
        if prediction.finished or prediction.gateway == self._gateway:
            return prediction.reason
        seen = await self._store.seen(prediction.gateway)
        if seen is not None and seen >= now(-SILENT_S):
            return prediction.reason
        since = f"since {seen}" if seen else "yet"
        return (
            f"the gateway {prediction.gateway}, which has what was sent, has not been heard of {since}; "
            "it goes on when that one is back, or delete it and send it again"
        )

    async def answer(self, prediction: Prediction) -> Path:
        """Return the file with what the replica answered.

        Raises
        ------
        PredictionDenied
            It is not there (yet), lies with another gateway, or there is none: then how the prediction ended.
        """
        if not prediction.finished:
            text = f"{prediction.id} is {prediction.state}: ask for {prediction.address} until it has ended"
            raise PredictionDenied(409, "Not finished", text, 2)
        if prediction.state is PredictionState.CANCELLED:
            raise PredictionDenied(404, "Cancelled", f"{prediction.id} was cancelled")
        if prediction.answer_size is None:
            raise PredictionDenied(prediction.status or 500, "No prediction", prediction.reason)
        if not await asyncio.to_thread(prediction.answer.is_file):
            text = f"the result lies with the gateway {prediction.gateway}, out of reach from here: ask there"
            raise PredictionDenied(404 if prediction.gateway == self._gateway else 421, "Not here", text)
        return prediction.answer

    async def cancel(self, prediction: Prediction) -> None:
        """Stop it if it runs, and forget it with its files."""
        await self._store.cancel(prediction.id)
        if prediction.gateway == self._gateway:
            await self._work.forget([prediction])
        self._changed(prediction.deployment)

    async def _follow(self) -> None:
        """Look at the rows until the end; never cancelled, which would leave a transaction open."""
        look = 0
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._stopping.wait()
            look += 1
            with contextlib.suppress(*GONE):
                if self._work.busy and (names := set(await self._store.cancelled())):
                    await self._work.forget([one for one in await self._store.held() if one.id in names])
                if look % BEAT_EVERY == 0:
                    await self._store.beat()
                if look % SWEEP_EVERY == 0:
                    await self._sweep()

    async def _sweep(self) -> None:
        """Forget what has expired, what was cancelled, and what asked deployments that are gone."""
        deployments = [controller.deployment for controller in self._controllers.all()]
        there = {deployment.name: deployment.created for deployment in deployments}
        moment = now()
        gone = [
            one
            for one in await self._store.held()
            if one.state is PredictionState.CANCELLED
            or (one.expires is not None and one.expires <= moment)
            or there.get(one.deployment) != one.deployment_created
        ]
        if gone:
            await self._work.forget(gone)
        await self._store.purge(now(-max(self.limits.keep_hours, 1.0) * 3600))


def _none(identifier: str) -> str:
    return f"there is no prediction {identifier}: it was deleted, has expired, or is somebody else's"
