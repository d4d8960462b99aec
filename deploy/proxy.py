"""Hands calls on to replicas: lets them in, chooses who answers, streams both ways, counts and logs."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from deploy.body import Body, HeldBodies
from deploy.connection import Broken, CallerLeft, Connection, Late, ReplicaError, Unreachable
from deploy.connections import Connections
from deploy.deployment import Condition, UnknownDeployment
from deploy.gate import Caller, Refused, Use
from deploy.headers import REQUEST_ID, SPECTRA, handed_on, head_of, request_id
from deploy.keeper import Chosen, Crowded, Keeper
from deploy.problem import problem
from deploy.tokens import PREFIX
from deploy.usage import Call
from deploy.websocket import asks_for_websocket, pass_websocket

if TYPE_CHECKING:
    from deploy.service import DeployService

access_log = logging.getLogger("huggins.access")

WAIT_S = 60.0  # a caller's patience with a replica that is starting
ANSWER_WITHIN_S = (
    600.0  # upstream's server hangs for ever when its worker dies: nobody waits longer than this
)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(slots=True)
class Passage:
    """What becomes known of a call on its way."""

    deployment: str
    id: str
    began: float
    token: str = ""
    version: int = 0
    replica: str = ""
    spectra: int = 0
    retried: bool = False


class Proxy:
    """A reverse proxy before the replicas.

    Parameters
    ----------
    service
        Knows the deployments, their replicas and tokens.
    """

    def __init__(self, service: DeployService) -> None:
        self._service = service
        self._held = HeldBodies()
        self._connections = Connections()
        self._session: aiohttp.ClientSession | None = None  # for websockets

    @property
    def held(self) -> int:
        """Bytes of bodies that are held just now, to be sent once more if need be."""
        return self._held.size

    async def start(self) -> None:
        """Get ready for websockets."""
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent",),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._connections.close()
        if self._session is not None:
            await self._session.close()

    async def handle(
        self, request: web.Request, name: str, path: str, caller: Caller = Caller.ANYONE
    ) -> web.StreamResponse:
        """Hand `request` on to a replica of deployment `name`.

        Parameters
        ----------
        path
            Of the replica, beginning with "/", quoted as it came; the query is the request's.
        caller
            Who asks, where that is known; a token of a deployment is read from the request itself.
        """
        passage = Passage(name, request_id(request.headers), time.perf_counter())
        try:
            keeper = self._service.keeper(name)
        except UnknownDeployment as error:
            return problem(404, "No such deployment", str(error))
        status = 500
        try:
            response = await self._answer(request, path, keeper, caller, passage)
            status = response.status
        finally:
            self._note(request, passage, status)
        if not response.prepared:
            response.headers[REQUEST_ID] = passage.id
        return response

    async def predict(self, request: web.Request, name: str, caller: Caller) -> web.StreamResponse:
        """Hand a question on to the model behind a deployment's short address."""
        try:
            module = self._service.keeper(name).deployment.version().module
        except UnknownDeployment as error:
            return problem(404, "No such deployment", str(error))
        return await self.handle(request, name, f"/v2/models/{module}/predict/", caller)

    async def _answer(
        self, request: web.Request, path: str, keeper: Keeper, caller: Caller, passage: Passage
    ) -> web.StreamResponse:
        use = Use.PREDICT if predicts(path) or request.method in SAFE else Use.ALL
        try:
            passage.token = self._service.gate.admit(keeper.deployment, caller, use, bearer(request))
            async with Body(request, self._held) as body:
                return await self._pass(request, path, keeper, body, passage)
        except Refused as error:
            return problem(error.status, error.title, error.detail, retry_after=error.retry_after)
        except Crowded:
            text = f"too many requests wait for {passage.deployment!r} to start"
            return problem(503, "Too many wait", text, retry_after=5)
        except Late as error:
            return problem(504, "No answer in time", str(error))
        except CallerLeft as error:
            return problem(400, "Nobody waits", str(error))
        except (ReplicaError, aiohttp.ClientError) as error:
            text = f"the replica of {passage.deployment!r} broke off ({error}); try once more"
            return problem(502, "The replica broke off", text, retry_after=2)

    async def _pass(
        self, request: web.Request, path: str, keeper: Keeper, body: Body, passage: Passage
    ) -> web.StreamResponse:
        """Let a replica answer; once more another one, where the first did not take the request."""
        chosen = keeper.choose() or await keeper.wait_for(WAIT_S)
        if chosen is None:
            return self._not_ready(keeper)
        repeatable = request.method in SAFE or predicts(path)
        without = {chosen[1]}
        try:
            response = await self._by(
                chosen,
                request,
                path,
                body,
                passage,
                spare=lambda: repeatable and body.again and keeper.choose(without),
            )
        except (Unreachable, Broken) as error:
            chosen[1].doubt(f"a request could not be handed to it ({error})")
            if not body.again or not (repeatable or isinstance(error, Unreachable)):
                raise
            response = None
        if response is not None:
            return response
        passage.retried = True
        # No other one: the same again, which is left out until it answers.
        chosen = keeper.choose(without) or await keeper.wait_for(WAIT_S)
        if chosen is None:
            return self._not_ready(keeper)
        response = await self._by(chosen, request, path, body, passage, spare=lambda: None)
        if response is None:
            raise RuntimeError("a last try always has a response")
        return response

    async def _by(
        self,
        chosen: Chosen,
        request: web.Request,
        path: str,
        body: Body,
        passage: Passage,
        *,
        spare: Callable[[], object],
    ) -> web.StreamResponse | None:
        """Let the chosen replica answer; None where it cannot just now and another is to be asked."""
        fleet, replica = chosen
        passage.version, passage.replica = replica.version.number, replica.name
        query = request.rel_url.raw_query_string
        target = f"{path}?{query}" if query else path
        fleet.begin(replica)
        try:
            if asks_for_websocket(request):
                return await self._join(request, replica.address + target, passage)
            headers = handed_on(request.raw_headers)
            headers += (*body.headers, *_forwarded(request, passage))
            host = replica.address.removeprefix("http://")
            connection = await self._connections.ask(
                replica.address,
                head_of(request.method, target, host, headers),
                body.data(),
                method=request.method,
                repeatable=request.method in SAFE or predicts(path),
                patience_s=ANSWER_WITHIN_S,
                wanted=lambda: request.transport is not None and not request.transport.is_closing(),
            )
            try:
                if connection.status == 503 and spare():
                    return None
                return await self._hand_back(request, connection, path, passage)
            finally:
                self._connections.give_back(connection)
        finally:
            fleet.end(replica)

    async def _join(self, request: web.Request, url: str, passage: Passage) -> web.StreamResponse:
        if self._session is None:
            raise RuntimeError("the proxy has not been started")
        headers: CIMultiDict[str] = CIMultiDict()
        for name, value in (*handed_on(request.raw_headers), *_forwarded(request, passage)):
            headers.add(name.decode(), value.decode("utf-8", "replace"))
        return await pass_websocket(request, self._session, url, headers)

    async def _hand_back(
        self, request: web.Request, answer: Connection, path: str, passage: Passage
    ) -> web.StreamResponse:
        headers: CIMultiDict[str] = CIMultiDict()
        for name, value in handed_on(answer.headers):
            headers.add(name.decode(), value.decode("utf-8", "replace"))
        headers[REQUEST_ID] = passage.id
        said = headers.get(SPECTRA, "")
        if said.isascii() and said.isdigit():
            passage.spectra = int(said[:9])
        elif answer.status == 200 and request.method == "POST" and predicts(path):
            passage.spectra = 1  # a server that does not say so: one spectrum a call is the common case
        if answer.complete:
            return web.Response(status=answer.status, headers=headers, body=answer.content())
        response = web.StreamResponse(status=answer.status, headers=headers)
        try:
            await response.prepare(request)
            async for part in answer.parts():
                await response.write(part)
            await response.write_eof()
        except (ReplicaError, CallerLeft, ConnectionError):
            # The status line is out: only a broken connection can still say that the answer is not whole.
            if request.transport is not None:
                request.transport.abort()
        return response

    def _not_ready(self, keeper: Keeper) -> web.Response:
        situation = keeper.situation
        name = keeper.deployment.name
        if situation.condition is Condition.STOPPED:
            return problem(503, "Deployment disabled", f"{name!r} is disabled; enable it on its page")
        text = f"{name!r} is {situation.condition}: {situation.reason or 'not ready yet'}"
        return problem(503, "Deployment not ready", text, retry_after=5)

    def _note(self, request: web.Request, passage: Passage, status: int) -> None:
        """Count a call and write its line into the access log."""
        seconds = time.perf_counter() - passage.began
        self._service.usage.count(
            Call(passage.deployment, passage.version, passage.token, status, seconds, passage.spectra)
        )
        if access_log.isEnabledFor(logging.INFO):
            line = {
                "id": passage.id,
                "deployment": passage.deployment,
                "version": passage.version,
                "replica": passage.replica,
                "token": passage.token,
                "remote": request.remote,
                "method": request.method,
                "path": request.path,
                "status": status,
                "milliseconds": round(1000 * seconds, 2),
                "spectra": passage.spectra,
                "retried": passage.retried,
            }
            access_log.info("%s", json.dumps(line))


def _forwarded(request: web.Request, passage: Passage) -> tuple[tuple[bytes, bytes], ...]:
    """Return what a gateway says of a request's way."""
    return (
        (REQUEST_ID.encode(), passage.id.encode()),
        (b"X-Forwarded-For", (request.remote or "unknown").encode()),
        (b"X-Forwarded-Host", request.host.encode()),
        (b"X-Forwarded-Proto", request.scheme.encode()),
    )


def predicts(path: str) -> bool:
    """Return whether a path is that of a prediction, which may be asked for again without harm."""
    return path.rstrip("/").endswith("/predict")


def bearer(request: web.BaseRequest) -> str | None:
    """Return the token of a deployment that came with a request, if one did."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    value = value.strip()
    return value if scheme.lower() == "bearer" and value.startswith(PREFIX) else None
