"""HTTP handlers of asynchronous predictions, shared by the standalone gateway and the platform."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol

import aiohttp
from aiohttp import hdrs, web
from sqlalchemy.exc import SQLAlchemyError

from deploy.access.authorization import Authorizer, CallDenied, CallerRole, Operation
from deploy.access.usage import CallRecord, Usage
from deploy.deferred.record import NOBODY, Prediction, PredictionDenied, prefers_async
from deploy.deferred.service import PredictionService
from deploy.gateway.errors import problem
from deploy.gateway.headers import REQUEST_ID, bearer, predicts, request_id
from deploy.model.deployment import Deployment, UnknownDeployment
from deploy.model.status import DeploymentStatus

CHUNK = 256 * 1024
LONGEST_WAIT_S = 60
PAUSE_S = 120.0  # a body that stops coming for so long is given up
RETRY_AFTER = "2"
# What a replica is told later; the rest is about the caller, or about this connection.
KEPT = ("Content-Type", "Content-Encoding", "Accept", "Accept-Language", "Traceparent", "Tracestate")


class PredictionServices(Protocol):
    """What the handlers need of the deploy service."""

    authorizer: Authorizer
    usage: Usage
    predictions: PredictionService

    def get(self, name: str) -> tuple[Deployment, DeploymentStatus]:
        """Return a deployment and its status; raises `UnknownDeployment`."""


@dataclass(frozen=True)
class PredictionContext:
    """Who asks about predictions of a deployment.

    Parameters
    ----------
    service
        The deploy service.
    deployment
        Its name.
    caller, user
        Who the platform says it is; `user` is a name, "" where none is known.
    """

    service: PredictionServices
    deployment: str
    caller: CallerRole = CallerRole.ANYONE
    user: str = ""

    async def respond(
        self,
        request: web.Request,
        handler: PredictionHandler,
    ) -> web.StreamResponse:
        """Let one of this file's handlers answer; what goes wrong is answered as a problem."""
        try:
            return await handler(self, request)
        except UnknownDeployment as error:
            return problem(404, "No such deployment", str(error))
        except CallDenied as error:
            return problem(error.status, error.title, error.detail, retry_after=error.retry_after)
        except SQLAlchemyError:
            return problem(503, "Not known now", "the database does not answer just now", retry_after=5)

    def who(self, request: web.Request, deployment: Deployment) -> str:
        """Return under which name a request asks; raises `CallDenied` for a token that is none."""
        secret = bearer(request)
        if secret is not None:
            return f"token {self.service.authorizer.identify(deployment, secret)}"
        return f"user {self.user}" if self.user else NOBODY

    async def find(self, request: web.Request, wait_s: float = 0.0) -> Prediction:
        """Return the prediction that a request names, if it is the caller's.

        Raises
        ------
        PredictionDenied
            It is not there, or somebody else's: which of the two is nobody's business.
        """
        deployment, _ = self.service.get(self.deployment)
        who = self.who(request, deployment)
        identifier = request.match_info["prediction"]
        predictions = self.service.predictions
        found = await predictions.get(self.deployment, identifier)
        owner = self.caller is CallerRole.OWNER and not who.startswith("token ")
        if found.deployment_created != deployment.created or not (owner or found.caller in (who, NOBODY)):
            text = f"there is no prediction {identifier}: it was deleted, has expired, or is somebody else's"
            raise PredictionDenied(404, "No such prediction", text)
        return await predictions.get(self.deployment, identifier, wait_s) if wait_s else found


#: One of the handlers below.
PredictionHandler = Callable[[PredictionContext, web.Request], Awaitable[web.StreamResponse]]


def is_asynchronous(request: web.Request, path: str = "") -> bool:
    """Return whether a call is a prediction that need not be waited for (RFC 7240).

    Parameters
    ----------
    path
        Of the replica; "" for the short address, where every call is a prediction.
    """
    if request.method != "POST" or (path and not predicts(path)):
        return False
    return prefers_async(request.headers.getall("Prefer", ()))


def predict_path(service: PredictionServices, name: str) -> str:
    """Return where a deployment's replicas predict; raises `UnknownDeployment`."""
    return f"/v2/models/{service.get(name)[0].version().module}/predict/"


async def take(context: PredictionContext, request: web.Request, path: str = "") -> web.StreamResponse:
    """Take a prediction on: 202 with where to ask about it.

    Parameters
    ----------
    path
        Of the replica, without the query; that of the stable version where it is "".
    """
    service = context.service
    deployment, _ = service.get(context.deployment)
    path = path or predict_path(service, context.deployment)
    identifier = request_id(request.headers)
    try:
        token = service.authorizer.authorize(deployment, context.caller, Operation.PREDICT, bearer(request))
        who = f"token {token}" if token else context.who(request, deployment)
        query = request.rel_url.raw_query_string
        headers = _headers(request, identifier)
        wish = {"path": f"{path}?{query}" if query else path, "headers": headers}
        prediction = await service.predictions.take(
            deployment, who, wish, _body(request), request.content_length
        )
    except CallDenied as error:
        # Refused at the door: counted like any other call that was.
        service.usage.count(CallRecord(deployment.name, 0, "", error.status, 0.0, 0))
        raise
    said = {
        "Location": prediction.address,
        "Preference-Applied": "respond-async",
        "Retry-After": RETRY_AFTER,
        REQUEST_ID: identifier,
    }
    return web.json_response({"prediction": prediction.to_json()}, status=202, headers=said)


async def show(context: PredictionContext, request: web.Request) -> web.StreamResponse:
    """Tell how far one is; ``?wait=`` seconds for its end."""
    found = await context.find(request, _wait(request))
    reason = await context.service.predictions.reason_of(found)
    headers = {"Cache-Control": "no-store"}
    if not found.finished:
        headers["Retry-After"] = RETRY_AFTER
    return web.json_response({"prediction": replace(found, reason=reason).to_json()}, headers=headers)


async def result(context: PredictionContext, request: web.Request) -> web.StreamResponse:
    """Stream what the replica answered, with its status and type."""
    found = await context.find(request)
    path = await context.service.predictions.answer(found)
    headers = {
        "Content-Type": found.content_type or "application/octet-stream",
        "Content-Length": str(found.answer_size),
        "Cache-Control": "no-store",
    }
    if found.spectra:
        headers["X-Huggins-Spectra"] = str(found.spectra)
    response = web.StreamResponse(status=found.status or 200, headers=headers)
    with await asyncio.to_thread(path.open, "rb") as file:
        await response.prepare(request)
        if request.method != hdrs.METH_HEAD:
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                await response.write(chunk)
    await response.write_eof()
    return response


async def forget(context: PredictionContext, request: web.Request) -> web.StreamResponse:
    """Cancel one and forget it."""
    await context.service.predictions.cancel(await context.find(request))
    return web.Response(status=204)


async def listing(context: PredictionContext, request: web.Request) -> web.StreamResponse:
    """List the caller's own, newest first; the owner sees everybody's."""
    deployment, _ = context.service.get(context.deployment)
    who = context.who(request, deployment)
    everybody = context.caller is CallerRole.OWNER and not who.startswith("token ")
    if who == NOBODY and not everybody:
        text = "those who are not known have no list: keep the address that you were given"
        return problem(401, "Nobody known", text)
    found = await context.service.predictions.of(context.deployment, None if everybody else who)
    rows = [one.to_json() for one in found if one.deployment_created == deployment.created]
    return web.json_response({"predictions": rows}, headers={"Cache-Control": "no-store"})


def _headers(request: web.Request, identifier: str) -> list[list[str]]:
    """Return what is said to the replica later, with the request's id."""
    kept = [[name, request.headers[name]] for name in KEPT if name in request.headers]
    added = {
        REQUEST_ID: identifier,
        "X-Forwarded-For": request.remote or "unknown",
        "X-Forwarded-Host": request.host,
        "X-Forwarded-Proto": request.scheme,
    }
    return [*kept, *([name, value] for name, value in added.items())]


async def _body(request: web.Request) -> AsyncIterator[bytes]:
    chunks = request.content.iter_chunked(CHUNK)
    while True:
        try:
            async with asyncio.timeout(PAUSE_S):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            text = f"nothing of the body came for {PAUSE_S:.0f} s"
            raise PredictionDenied(408, "Body stopped coming", text) from error
        except (web.RequestPayloadError, aiohttp.ClientError, ConnectionError) as error:
            raise PredictionDenied(400, "Body broke off", f"the body broke off: {error}") from error
        yield chunk


def _wait(request: web.Request) -> float:
    text = request.query.get("wait") or "0"
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_WAIT_S:
        raise PredictionDenied(
            422, "Cannot wait so", f"wait={text}: must be from 0 to {LONGEST_WAIT_S} seconds"
        )
    return seconds
