"""The reverse proxy: authorizes a call, chooses a replica, forwards the call, counts and logs it."""

from __future__ import annotations

import time

import aiohttp
from aiohttp import web

from catalog import local_name
from deploy.access.authorization import Authorizer, CallDenied, CallerRole, Operation
from deploy.access.usage import Usage
from deploy.control.controller import DeploymentController, Overloaded
from deploy.control.controllers import DeploymentControllers
from deploy.gateway.call_log import CallLog
from deploy.gateway.errors import (
    ClientDisconnected,
    ClientPaused,
    UpstreamConnectionError,
    UpstreamError,
    UpstreamTimeout,
    UpstreamUnreachable,
    cause,
    problem,
)
from deploy.gateway.headers import REQUEST_ID, SAFE, bearer, describes, predicts, request_id
from deploy.gateway.request_body import WITHIN_S, BufferBudget, RequestBody
from deploy.gateway.upstream import UpstreamClient
from deploy.model.deployment import UnknownDeployment
from deploy.model.status import DeploymentState

WAIT_S = 60.0  # for a replica that is starting


class Proxy:
    """Forwards calls to the replicas of deployments.

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
        self._budget = BufferBudget()
        self._upstream = UpstreamClient()

    @property
    def buffered(self) -> int:
        """Bytes of request bodies that are buffered now, for a possible repetition."""
        return self._budget.size

    async def start(self) -> None:
        """Open the connections to replicas."""
        await self._upstream.start()

    async def close(self) -> None:
        """Close all connections."""
        await self._upstream.close()

    async def handle(
        self, request: web.Request, name: str, path: str, caller: CallerRole = CallerRole.ANYONE
    ) -> web.StreamResponse:
        """Forward a request to a replica and return its answer, or a problem document.

        Parameters
        ----------
        request
            The call; a deployment token is read from its headers.
        name
            The deployment.
        path
            Path on the replica, beginning with "/", still quoted; the query is that of the request.
        caller
            The role of the caller.
        """
        call = CallLog(name, request_id(request.headers), time.perf_counter(), self._authorizer.addresses)
        try:
            controller = self._controllers.get(name)
        except UnknownDeployment as error:
            return problem(404, "No such deployment", str(error))
        status = 500
        try:
            response = await self._answer(request, path, controller, caller, call)
            status = response.status
        finally:
            self._usage.count(call.end(request, status))
        if not response.prepared:
            response.headers[REQUEST_ID] = call.id
        return response

    async def predict(self, request: web.Request, name: str, caller: CallerRole) -> web.StreamResponse:
        """Forward a prediction that was sent to the short address of a deployment.

        Parameters
        ----------
        request : web.Request
            The request; its body is streamed.
        name : str
            The deployment.
        caller : CallerRole
            Who calls, for the authorization.

        Returns
        -------
        web.StreamResponse
            The replica's answer, or a problem document, as `handle` gives it.
        """
        try:
            module = self._controllers.get(name).deployment.version().module
        except UnknownDeployment as error:
            return problem(404, "No such deployment", str(error))
        return await self.handle(request, name, f"/v2/models/{local_name(module)}/predict/", caller)

    async def _answer(
        self,
        request: web.Request,
        path: str,
        controller: DeploymentController,
        caller: CallerRole,
        call: CallLog,
    ) -> web.StreamResponse:
        reads = request.method in SAFE and describes(path)
        operation = Operation.PREDICT if predicts(path) or reads else Operation.ALL
        try:
            address = self._authorizer.address_of(request, caller)
            call.token = self._authorizer.authorize(
                controller.deployment, caller, operation, bearer(request), address
            )
            async with RequestBody(request, self._budget) as body:
                return await self._forward(request, path, controller, body, call)
        except CallDenied as error:
            return problem(error.status, error.title, error.detail, retry_after=error.retry_after)
        except Overloaded:
            text = f"too many requests wait for {call.deployment!r} to start"
            return problem(503, "Too many wait", text, retry_after=5)
        except UpstreamTimeout as error:
            return problem(504, "No answer in time", str(error))
        except (ClientDisconnected, aiohttp.ClientPayloadError, ConnectionError, TimeoutError) as error:
            late = isinstance(error, TimeoutError | ClientPaused)
            text = f"it did not arrive within {WITHIN_S:.0f} s" if late and not str(error) else str(error)
            return problem(408 if late else 400, "The request was interrupted", text)
        except (UpstreamError, aiohttp.ClientError) as error:
            why = error if isinstance(error, UpstreamError) else cause(error)
            text = f"the replica of {call.deployment!r} broke off ({why}); try again"
            return problem(502, "The replica broke off", text, retry_after=2)

    async def _forward(
        self,
        request: web.Request,
        path: str,
        controller: DeploymentController,
        body: RequestBody,
        call: CallLog,
    ) -> web.StreamResponse:
        """Forward a request to a replica, and to another one if the first did not accept it."""
        chosen = controller.choose() or await controller.wait_for(WAIT_S)
        if chosen is None:
            return self._not_ready(controller)
        repeatable = request.method in SAFE or predicts(path)
        failed = {chosen[1]}
        try:
            response = await self._upstream.forward(
                chosen,
                request,
                path,
                body,
                call,
                spare=lambda: repeatable and body.replayable and controller.choose(failed),
            )
        except (UpstreamUnreachable, UpstreamConnectionError) as error:
            chosen[1].suspect(f"a request could not be sent to it ({error})")
            if not body.replayable or not (repeatable or isinstance(error, UpstreamUnreachable)):
                raise
            response = None
        if response is not None:
            return response
        call.retried = True
        # If there is no other replica, the same one, after it has become ready again.
        chosen = controller.choose(failed) or await controller.wait_for(WAIT_S)
        if chosen is None:
            return self._not_ready(controller)
        response = await self._upstream.forward(chosen, request, path, body, call, spare=lambda: None)
        if response is None:
            raise RuntimeError("the last attempt always has a response")
        return response

    def _not_ready(self, controller: DeploymentController) -> web.Response:
        status = controller.status
        name = controller.deployment.name
        if status.state is DeploymentState.STOPPED:
            return problem(503, "Deployment disabled", f"{name!r} is disabled; enable it on its page")
        # The reason may quote logs, paths and addresses: the deployment's page shows it to its owner.
        text = f"{name!r} is {status.state}; its page shows the reason to its owner"
        return problem(503, "Deployment not ready", text, retry_after=5)
