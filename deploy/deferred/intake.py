"""The intake of asynchronous predictions: writes requests to disk, within the limits."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from deploy.deferred.record import (
    ADDRESS,
    MEGABYTE,
    USER,
    Prediction,
    PredictionDenied,
    PredictionLimits,
    PredictionState,
    open_for_writing,
)
from deploy.deferred.store import PredictionStore
from deploy.model.deployment import Deployment, now


class PredictionIntake:
    """Accepts asynchronous predictions.

    Parameters
    ----------
    store, folder
        Where records and files are stored.
    gateway
        Name of this gateway.
    limits
        Limits of number and size.
    forget
        Deletes predictions of this gateway.
    """

    def __init__(
        self,
        store: PredictionStore,
        folder: Path,
        gateway: str,
        limits: PredictionLimits,
        forget: Callable[[list[Prediction]], Awaitable[None]],
    ) -> None:
        self._store = store
        self._forget = forget
        self._folder = folder
        self._gateway = gateway
        self._limits = limits
        self._receiving: Counter[tuple[str, str]] = Counter()

    async def accept(
        self,
        deployment: Deployment,
        caller: str,
        request: dict[str, Any],
        body: AsyncIterator[bytes],
        length: int | None,
    ) -> Prediction:
        """Write a request to disk and record it; on return it survives a restart.

        Parameters
        ----------
        deployment, caller
            See `Prediction`.
        request
            ``{"path", "headers"}``.
        body, length
            The request body, and its declared length, if there is one.

        Raises
        ------
        PredictionDenied
            If it is too large, there are too many predictions, or it cannot be stored now.
        """
        if length is not None and length > self._limits.body_bytes:
            raise self._too_large()
        key = (deployment.name, caller)
        self._receiving[key] += 1
        try:
            await self._require_room(deployment.name, caller, length or 0)
            identifier = secrets.token_hex(16)
            folder = self._folder / identifier
            try:
                size = await self._receive(folder, body)
                headers = [pair for pair in request["headers"] if pair[0].lower() != "content-length"]
                request = {**request, "headers": [*headers, ["Content-Length", str(size)]]}
                prediction = Prediction(
                    id=identifier,
                    deployment=deployment.name,
                    deployment_created=deployment.created,
                    gateway=self._gateway,
                    folder=str(folder),
                    caller=caller,
                    state=PredictionState.QUEUED,
                    reason="",
                    request=request,
                    size=size,
                    created=now(),
                    owner=caller.removeprefix(USER) if caller.startswith(USER) else deployment.owner,
                )
                await self._store.add(prediction)
            except BaseException:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
                raise
        except OSError as error:
            text = f"the request cannot be stored: {error.strerror or error}"
            raise PredictionDenied(507, "No room", text) from error
        except SQLAlchemyError as error:
            text = "the database is unavailable; synchronous predictions work"
            raise PredictionDenied(503, "Cannot be recorded", text, 5) from error
        finally:
            self._receiving[key] -= 1
            if not self._receiving[key]:
                del self._receiving[key]
        return prediction

    async def _require_room(self, deployment: str, caller: str, length: int) -> None:
        limits = self._limits
        if caller.startswith(ADDRESS):
            await self._make_room(deployment, caller)
        kept, own, anonymous = await self._store.counts(deployment, caller)
        receiving = self._receiving.total() - 1
        if own + self._receiving[deployment, caller] > limits.per_caller:
            text = f"you have {limits.per_caller} predictions, the limit: delete those whose results you have"
            raise PredictionDenied(429, "Too many predictions", text, 60)
        if caller.startswith(ADDRESS) and anonymous + self._strangers > limits.for_anonymous:
            most = limits.for_anonymous
            text = f"callers without a token have {most} predictions of {deployment!r}, the limit"
            raise PredictionDenied(429, "Too many predictions", text, 60)
        if kept + receiving >= limits.per_deployment:
            text = f"{deployment!r} has {limits.per_deployment} predictions, the limit"
            raise PredictionDenied(503, "Too many predictions", text, 60)
        if await self._store.bytes_held() + length > limits.disk_limit_mb * MEGABYTE:
            text = f"predictions use all of their {limits.disk_limit_mb} MB; try again later"
            raise PredictionDenied(503, "No room", text, 300)

    async def _make_room(self, deployment: str, caller: str) -> None:
        """Delete the oldest result of an anonymous caller where there is no room for another prediction.

        Such a caller has no list, so cannot delete what is forgotten; and many results of one address
        must not keep others out.
        """
        _, own, anonymous = await self._store.counts(deployment, caller)
        own += self._receiving[deployment, caller]
        if own > self._limits.per_caller:
            oldest = await self._store.oldest_anonymous(deployment, caller)
        elif anonymous + self._strangers > self._limits.for_anonymous:
            oldest = await self._store.oldest_anonymous(deployment, None)
        else:
            return
        if oldest is not None:
            await self._forget([oldest])

    @property
    def _strangers(self) -> int:
        """Requests of anonymous callers that are being received."""
        return sum(number for (_, caller), number in self._receiving.items() if caller.startswith(ADDRESS))

    async def _receive(self, folder: Path, body: AsyncIterator[bytes]) -> int:
        """Write a request body; return its size in bytes."""
        await asyncio.to_thread(folder.mkdir, mode=0o700)
        size = 0
        with open_for_writing(folder / "body") as file:
            async for chunk in body:
                size += len(chunk)
                if size > self._limits.body_bytes:
                    raise self._too_large()
                await asyncio.to_thread(file.write, chunk)
            await asyncio.to_thread(file.flush)
            await asyncio.to_thread(os.fsync, file.fileno())
        return size

    def _too_large(self) -> PredictionDenied:
        text = f"at most {self._limits.body_limit_mb} MB: use several requests, or predict a dataset"
        return PredictionDenied(413, "Too large", text)
