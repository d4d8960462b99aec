"""The client that sends asynchronous predictions to replicas, from a file and into a file."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import aiohttp
from yarl import URL

from deploy.control.controller import ChosenReplica, DeploymentController, Overloaded
from deploy.control.controllers import DeploymentControllers
from deploy.control.replica_spec import GATEWAY_HEADER
from deploy.deferred.record import Outcome, Prediction, PredictionLimits, open_for_reading, open_for_writing
from deploy.gateway.errors import cause
from deploy.gateway.headers import SPECTRA
from deploy.model.deployment import UnknownDeployment
from deploy.model.status import DeploymentState

CHUNK = 256 * 1024
ATTEMPTS = 8  # a prediction may be repeated without harm
FIRST_PAUSE_S = 0.5  # between two attempts, doubled each time up to the longest
LONGEST_PAUSE_S = 30.0
START_WITHIN_S = 1800.0  # for a replica to start, including its image; no caller holds a connection
REASON_LENGTH = 500
REASON_BYTES = 65_536


class ReplicaClient:
    """Sends predictions to replicas, with repetitions.

    Parameters
    ----------
    controllers
        The deployments and their replicas.
    limits
        Limits of time, and of the size of answers.
    """

    def __init__(self, controllers: DeploymentControllers, limits: PredictionLimits) -> None:
        self._controllers = controllers
        self._limits = limits
        self._session: aiohttp.ClientSession | None = None

    def start(self) -> None:
        """Open the pool of connections; needs a running event loop."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=None),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Content-Type", "Accept", "Accept-Encoding"),
        )

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def predict(self, prediction: Prediction) -> Outcome:
        """Make a prediction; its answer is in its file then. Every error is part of the outcome."""
        try:
            async with asyncio.timeout(self._limits.time_limit_s):
                return await self._with_retries(prediction)
        except TimeoutError:
            text = f"the prediction took longer than the limit of {self._limits.time_limit_s:.0f} s"
            return Outcome(504, text)
        except OSError as error:
            return Outcome(
                507, f"the files of the prediction cannot be read or written: {error.strerror or error}"
            )

    async def _with_retries(self, prediction: Prediction) -> Outcome:
        outcome = Outcome(503, "no replica could answer")
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(min(FIRST_PAUSE_S * 2 ** (attempt - 1), LONGEST_PAUSE_S))
            try:
                controller = self._controllers.get(prediction.deployment)
                chosen = controller.choose() or await controller.wait_for(START_WITHIN_S)
            except UnknownDeployment:
                return Outcome(404, f"the deployment {prediction.deployment!r} was deleted")
            except Overloaded:
                continue
            if chosen is None:
                return _not_ready(controller)
            outcome = await self._send(chosen, prediction)
            if outcome.status not in (502, 503):
                break
        return outcome

    async def _send(self, chosen: ChosenReplica, prediction: Prediction) -> Outcome:
        if self._session is None:
            raise RuntimeError("the replica client has not been started")
        replica_set, replica = chosen
        headers = [(str(name), str(value)) for name, value in prediction.request["headers"]]
        headers = [one for one in headers if one[0].lower() != GATEWAY_HEADER.lower()]
        headers.append((GATEWAY_HEADER, replica.secret))
        url = URL(f"{replica.address}{prediction.request['path']}", encoded=True)
        body = open_for_reading(prediction.body)
        replica_set.begin(replica)
        try:
            async with self._session.post(url, headers=headers, data=body, allow_redirects=False) as answer:
                return await self._store(answer, prediction, replica.version.number)
        except (aiohttp.ClientError, aiohttp.ServerTimeoutError) as error:
            why = cause(error)
            replica.suspect(f"a request could not be sent to it ({why})")
            return Outcome(502, f"the replica broke off ({why})", replica.version.number)
        finally:
            replica_set.end(replica)
            body.close()

    async def _store(self, answer: aiohttp.ClientResponse, prediction: Prediction, version: int) -> Outcome:
        """Write the answer to its file, atomically."""
        new = prediction.answer.with_suffix(".new")
        size = 0
        with open_for_writing(new) as file:
            async for chunk in answer.content.iter_chunked(CHUNK):
                size += len(chunk)
                if size > self._limits.body_bytes:
                    new.unlink()
                    text = f"the answer is larger than {self._limits.body_limit_mb} MB: send fewer spectra"
                    return Outcome(507, text, version)
                await asyncio.to_thread(file.write, chunk)
            await asyncio.to_thread(file.flush)
            await asyncio.to_thread(os.fsync, file.fileno())
        await asyncio.to_thread(new.replace, prediction.answer)
        said = answer.headers.get(SPECTRA, "")
        spectra = int(said[:9]) if said.isascii() and said.isdigit() else int(answer.status == 200)
        kind = answer.headers.get("Content-Type", "application/octet-stream")[:200]
        reason = await asyncio.to_thread(_reason, prediction.answer, answer.status)
        return Outcome(answer.status, reason, version, kind, size, spectra)


def _reason(answer: Path, status: int) -> str:
    """Return why a replica did not predict, as its answer says; "" for a status below 400."""
    if status < 400:
        return ""
    with answer.open("rb") as file:
        text = file.read(REASON_BYTES).decode("utf-8", "replace")
    try:
        said = json.loads(text)
    except ValueError:
        said = text.strip()
    if isinstance(said, dict):
        said = said.get("detail") or said.get("message") or said.get("title") or json.dumps(said)
    return f"the model answered {status}: {str(said)[:REASON_LENGTH]}"


def _not_ready(controller: DeploymentController) -> Outcome:
    status = controller.status
    if status.state is DeploymentState.STOPPED:
        return Outcome(503, f"{controller.deployment.name!r} was disabled before it could answer")
    # The reason may quote logs, paths and addresses: the deployment's page shows it to its owner.
    return Outcome(503, f"{controller.deployment.name!r} is {status.state}")
