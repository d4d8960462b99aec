"""HTTP handlers of asynchronous predictions, shared by the standalone gateway and the platform."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol

import aiohttp
from aiohttp import hdrs, web
from sqlalchemy.exc import SQLAlchemyError

from catalog import local_name
from deploy.access.address import CallerAddresses
from deploy.access.authorization import Authorizer, CallDenied, CallerRole, Operation
from deploy.access.usage import CallRecord, Usage
from deploy.deferred.record import ADDRESS, USER, Prediction, PredictionDenied, prefers_async
from deploy.deferred.service import PredictionService, not_found
from deploy.gateway.errors import problem
from deploy.gateway.headers import REQUEST_ID, bearer, predicts, request_id
from deploy.model.deployment import Deployment, UnknownDeployment
from deploy.model.status import DeploymentStatus
from wire.streamed import StreamedAnswer

CHUNK = 256 * 1024
LONGEST_WAIT_S = 60
PAUSE_S = 120.0  # without data, after which reading the request body fails
RETRY_AFTER = "2"
# Headers forwarded to the replica; the others concern the caller or the connection.
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
    """The caller of a request about predictions of a deployment, and what answers it.

    Parameters
    ----------
    service
        The deploy service.
    deployment
        Name of the deployment.
    caller, user
        Role and name of the caller, as the platform authenticated it; "" without a name.
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
        """Answer by one of the handlers of this module; errors become problem documents.

        Parameters
        ----------
        request
            The call.
        handler
            `accept`, `show`, `result`, `delete` or `listing`.
        """
        try:
            return await handler(self, request)
        except UnknownDeployment as error:
            return problem(404, "No such deployment", str(error))
        except CallDenied as error:
            return problem(error.status, error.title, error.detail, retry_after=error.retry_after)
        except SQLAlchemyError:
            return problem(
                503, "Database unavailable", "the database is unavailable; try again", retry_after=5
            )

    def caller_of(self, request: web.Request, deployment: Deployment) -> str:
        """Return the caller of a request, as in `Prediction`; `CallDenied` if its token is not valid."""
        secret = bearer(request)
        if secret is not None:
            return f"token {self.service.authorizer.identify(deployment.name, secret)}"
        return f"{USER}{self.user}" if self.user else ADDRESS + self.service.authorizer.addresses.of(request)

    async def find(self, request: web.Request, wait_s: float = 0.0) -> Prediction:
        """Return the prediction that a request names, if it belongs to the caller.

        Parameters
        ----------
        request
            The call.
        wait_s
            Seconds to wait for the end of the prediction.

        Raises
        ------
        PredictionDenied
            If there is no such prediction, or it belongs to another caller; the two are not told apart.
        """
        deployment, _ = self.service.get(self.deployment)
        caller = self.caller_of(request, deployment)
        identifier = request.match_info["prediction"]
        predictions = self.service.predictions
        found = await predictions.get(self.deployment, identifier)
        owner = self.caller is CallerRole.OWNER and not caller.startswith("token ")
        if found.deployment_created != deployment.created or not (
            owner or found.caller == caller or found.anonymous
        ):
            raise not_found(identifier)
        return await predictions.get(self.deployment, identifier, wait_s) if wait_s else found


#: One of the handlers below.
PredictionHandler = Callable[[PredictionContext, web.Request], Awaitable[web.StreamResponse]]


def is_asynchronous(request: web.Request, path: str = "") -> bool:
    """Return whether a call asks for an asynchronous prediction (RFC 7240).

    Parameters
    ----------
    request
        The call.
    path
        Path on the replica; "" for the short address, where every call is a prediction.
    """
    if request.method != "POST" or (path and not predicts(path)):
        return False
    return prefers_async(request.headers.getall("Prefer", ()))


def predict_path(service: PredictionServices, name: str) -> str:
    """Return the path of predictions on the replicas of a deployment; raises `UnknownDeployment`."""
    return f"/v2/models/{local_name(service.get(name)[0].version().module)}/predict/"


async def accept(context: PredictionContext, request: web.Request, path: str = "") -> web.StreamResponse:
    """Accept a prediction: 202 with its address.

    Parameters
    ----------
    context
        The caller and the deployment.
    request
        The call.
    path
        Path on the replica, without the query; "": that of the stable version.
    """
    service = context.service
    deployment, _ = service.get(context.deployment)
    path = path or predict_path(service, context.deployment)
    identifier = request_id(request.headers)
    try:
        address = service.authorizer.address_of(request, context.caller)
        token = service.authorizer.authorize(
            deployment, context.caller, Operation.PREDICT, bearer(request), address
        )
        caller = f"token {token}" if token else context.caller_of(request, deployment)
        query = request.rel_url.raw_query_string
        target = f"{path}?{query}" if query else path
        forwarded = {"path": target, "headers": _headers(request, identifier, service.authorizer.addresses)}
        prediction = await service.predictions.accept(
            deployment, caller, forwarded, _body(request), request.content_length
        )
    except CallDenied as error:
        # Counted like any other call that is denied.
        service.usage.count(CallRecord(deployment.name, 0, "", error.status, 0.0, 0))
        raise
    headers = {
        "Location": prediction.address,
        "Preference-Applied": "respond-async",
        "Retry-After": RETRY_AFTER,
        REQUEST_ID: identifier,
    }
    return web.json_response({"prediction": prediction.to_json()}, status=202, headers=headers)


async def show(context: PredictionContext, request: web.Request) -> web.StreamResponse:
    """Show a prediction; ``?wait=`` waits for its end, in seconds."""
    found = await context.find(request, _wait(request))
    reason = await context.service.predictions.reason_of(found)
    headers = {"Cache-Control": "no-store"}
    if not found.finished:
        headers["Retry-After"] = RETRY_AFTER
    return web.json_response({"prediction": replace(found, reason=reason).to_json()}, headers=headers)


async def result(context: PredictionContext, request: web.Request) -> web.StreamResponse:
    """Stream the answer of the replica, with its status and type."""
    found = await context.find(request)
    path = await context.service.predictions.answer(found)
    headers = {
        "Content-Type": found.content_type or "application/octet-stream",
        "Content-Length": str(found.answer_size),
        "Cache-Control": "no-store",
    }
    if found.spectra:
        headers["X-Huggins-Spectra"] = str(found.spectra)
    response = StreamedAnswer(status=found.status or 200, headers=headers)
    with path.open("rb") as file:
        await response.prepare(request)
        if request.method != hdrs.METH_HEAD:
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                await response.write(chunk)
    await response.write_eof()
    return response


async def delete(context: PredictionContext, request: web.Request) -> web.StreamResponse:
    """Cancel a prediction and delete it."""
    await context.service.predictions.cancel(await context.find(request))
    return web.Response(status=204)


async def listing(context: PredictionContext, request: web.Request) -> web.StreamResponse:
    """List the predictions of the caller, newest first; the owner sees those of all callers."""
    deployment, _ = context.service.get(context.deployment)
    caller = context.caller_of(request, deployment)
    everyone = context.caller is CallerRole.OWNER and not caller.startswith("token ")
    if caller.startswith(ADDRESS) and not everyone:
        text = "an anonymous caller has no list: keep the address of each prediction"
        return problem(401, "Anonymous", text)
    found = await context.service.predictions.of(context.deployment, None if everyone else caller)
    rows = [one.to_json() for one in found if one.deployment_created == deployment.created]
    return web.json_response({"predictions": rows}, headers={"Cache-Control": "no-store"})


def _headers(request: web.Request, identifier: str, addresses: CallerAddresses) -> list[list[str]]:
    """Return the headers for the replica, with the id of the request."""
    kept = [[name, request.headers[name]] for name in KEPT if name in request.headers]
    added = {
        REQUEST_ID: identifier,
        "X-Forwarded-For": addresses.client(request) or "unknown",
        "X-Forwarded-Host": addresses.host(request),
        "X-Forwarded-Proto": addresses.scheme(request),
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
            text = f"no data of the request body for {PAUSE_S:.0f} s"
            raise PredictionDenied(408, "Body incomplete", text) from error
        except (web.RequestPayloadError, aiohttp.ClientError, ConnectionError) as error:
            raise PredictionDenied(
                400, "Body interrupted", f"the request body was interrupted: {error}"
            ) from error
        yield chunk


def _wait(request: web.Request) -> float:
    text = request.query.get("wait") or "0"
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_WAIT_S:
        raise PredictionDenied(
            422, "Invalid wait", f"wait={text}: must be from 0 to {LONGEST_WAIT_S} seconds"
        )
    return seconds
