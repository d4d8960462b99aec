"""Hands calls on to replicas: lets them in, chooses who answers, streams both ways, counts and logs."""

from __future__ import annotations

import time

import aiohttp
from aiohttp import web

from deploy.access.authorization import Authorizer, CallDenied, Caller, Use
from deploy.access.usage import Usage
from deploy.control.controller import Crowded, DeploymentController
from deploy.control.controllers import DeploymentControllers
from deploy.gateway.call_log import CallLog
from deploy.gateway.errors import Broken, CallerLeft, Late, ReplicaError, Unreachable
from deploy.gateway.headers import REQUEST_ID, request_id
from deploy.gateway.problem import problem
from deploy.gateway.question import SAFE, bearer, predicts
from deploy.gateway.request_body import Body, HeldBodies
from deploy.gateway.upstream import UpstreamClient
from deploy.model.deployment import UnknownDeployment
from deploy.model.status import Condition

WAIT_S = 60.0  # a caller's patience with a replica that is starting


class Proxy:
    """A reverse proxy before the replicas.

    Parameters
    ----------
    controllers
        The deployments and their replicas.
    authorizer
        Decides whether a call is allowed.
    usage
        Counts every call.
    """

    def __init__(self, controllers: DeploymentControllers, authorizer: Authorizer, usage: Usage) -> None:
        self._controllers = controllers
        self._authorizer = authorizer
        self._usage = usage
        self._held = HeldBodies()
        self._exchange = UpstreamClient()

    @property
    def held(self) -> int:
        """Bytes of bodies that are held just now, to be sent once more if need be."""
        return self._held.size

    async def start(self) -> None:
        """Get ready."""
        await self._exchange.start()

    async def close(self) -> None:
        """Close all connections."""
        await self._exchange.close()

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
        passage = CallLog(name, request_id(request.headers), time.perf_counter())
        try:
            controller = self._controllers.get(name)
        except UnknownDeployment as error:
            return problem(404, "No such deployment", str(error))
        status = 500
        try:
            response = await self._answer(request, path, controller, caller, passage)
            status = response.status
        finally:
            self._usage.count(passage.end(request, status))
        if not response.prepared:
            response.headers[REQUEST_ID] = passage.id
        return response

    async def predict(self, request: web.Request, name: str, caller: Caller) -> web.StreamResponse:
        """Hand a question on to the model behind a deployment's short address."""
        try:
            module = self._controllers.get(name).deployment.version().module
        except UnknownDeployment as error:
            return problem(404, "No such deployment", str(error))
        return await self.handle(request, name, f"/v2/models/{module}/predict/", caller)

    async def _answer(
        self,
        request: web.Request,
        path: str,
        controller: DeploymentController,
        caller: Caller,
        passage: CallLog,
    ) -> web.StreamResponse:
        use = Use.PREDICT if predicts(path) or request.method in SAFE else Use.ALL
        try:
            passage.token = self._authorizer.admit(controller.deployment, caller, use, bearer(request))
            async with Body(request, self._held) as body:
                return await self._pass(request, path, controller, body, passage)
        except CallDenied as error:
            return problem(error.status, error.title, error.detail, retry_after=error.retry_after)
        except Crowded:
            text = f"too many requests wait for {passage.deployment!r} to start"
            return problem(503, "Too many wait", text, retry_after=5)
        except Late as error:
            return problem(504, "No answer in time", str(error))
        except (CallerLeft, aiohttp.ClientPayloadError, ConnectionError) as error:
            return problem(400, "The request broke off", str(error))
        except (ReplicaError, aiohttp.ClientError) as error:
            text = f"the replica of {passage.deployment!r} broke off ({error}); try once more"
            return problem(502, "The replica broke off", text, retry_after=2)

    async def _pass(
        self, request: web.Request, path: str, controller: DeploymentController, body: Body, passage: CallLog
    ) -> web.StreamResponse:
        """Let a replica answer; once more another one, where the first did not take the request."""
        chosen = controller.choose() or await controller.wait_for(WAIT_S)
        if chosen is None:
            return self._not_ready(controller)
        repeatable = request.method in SAFE or predicts(path)
        without = {chosen[1]}
        try:
            response = await self._exchange.by(
                chosen,
                request,
                path,
                body,
                passage,
                spare=lambda: repeatable and body.again and controller.choose(without),
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
        chosen = controller.choose(without) or await controller.wait_for(WAIT_S)
        if chosen is None:
            return self._not_ready(controller)
        response = await self._exchange.by(chosen, request, path, body, passage, spare=lambda: None)
        if response is None:
            raise RuntimeError("a last try always has a response")
        return response

    def _not_ready(self, controller: DeploymentController) -> web.Response:
        situation = controller.situation
        name = controller.deployment.name
        if situation.condition is Condition.STOPPED:
            return problem(503, "Deployment disabled", f"{name!r} is disabled; enable it on its page")
        text = f"{name!r} is {situation.condition}: {situation.reason or 'not ready yet'}"
        return problem(503, "Deployment not ready", text, retry_after=5)
