"""Calls of deployed models: the replica's own API and the stable address for predictions."""

from __future__ import annotations

from functools import partial

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.web.app.app_keys import IDENTITY, PROXIED
from dashboard.web.app.endpoints import BYTES, OBJECT, Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.pages.deployments.callers import caller_role, require_call, require_page
from dashboard.web.pages.deployments.deployments import name_of, service_of
from dashboard.web.permissions import rows
from dashboard.web.schemas.predictions import PredictionSchema, SpectraUploadSchema, WrongArgumentsSchema
from dashboard.web.snippets.commands import call_commands
from dashboard.web.snippets.origin import origin_of
from deploy.access.authorization import CallDenied
from deploy.application import raw_path
from deploy.deferred import http as predictions_http
from deploy.gateway.errors import problem
from deploy.model.deployment import UnknownDeployment

endpoints = Endpoints("Deployments", "deployment")


@endpoints.add(
    "*",
    "/deployments/{deployment}/v2/{tail:.*}",
    "The replica's own DEEPaaS V2 API; who may call it is set in the deployment",
    answer=BYTES,
    answer_type="*/*",
    public=True,
    cross_origin=True,
    aliases=("/deployments/{deployment}/v2",),
    permission=rows.CALL,
)
async def proxy(request: web.Request) -> web.StreamResponse:
    """Forward a call; both bodies are streamed."""
    return await _hand_on(request)


@endpoints.get(
    "/deployments/{deployment}/swagger.json",
    "Get the Swagger document of a replica",
    answer=OBJECT,
    public=True,
    cross_origin=True,
    permission=rows.CALL,
)
async def proxy_swagger(request: web.Request) -> web.StreamResponse:
    """Forward a call."""
    return await _hand_on(request, Action.READ)


@endpoints.get(
    "/predict/{deployment}",
    "Say how predictions are requested",
    public=True,
    answer=OBJECT,
    aliases=("/predict/{deployment}/",),
    permission=rows.PUBLIC_READ,
)
async def predict_address(request: web.Request) -> Answer:
    """Explain the address to those who may see the deployment's page, and link it."""
    name = name_of(request)
    require_page(request)
    data = {
        "deployment": name,
        "detail": f"Send spectra by POST; /deployments/{name} says how.",
        "snippets": call_commands(name, origin_of(request)),
    }
    return Answer("predict_address.html", data)


@endpoints.post(
    "/predict/{deployment}",
    "Predict on one or many spectra",
    action=Action.CALL,
    public=True,
    cross_origin=True,
    body=SpectraUploadSchema,
    body_type="multipart/form-data",
    answer=PredictionSchema,
    errors={422: WrongArgumentsSchema},
    aliases=("/predict/{deployment}/",),
    permission=rows.CALL,
)
async def predict(request: web.Request) -> web.StreamResponse:
    """Forward a prediction from the stable address of a deployment."""
    if (denied := denial(request, Action.CALL)) is not None:
        return denied
    request[PROXIED] = True
    if predictions_http.is_asynchronous(request):
        return await prediction_context(request).respond(request, predictions_http.accept)
    return await service_of(request).proxy.predict(request, name_of(request), caller_role(request))


async def _hand_on(request: web.Request, action: Action = Action.CALL) -> web.StreamResponse:
    if (denied := denial(request, action)) is not None:
        return denied
    request[PROXIED] = True
    name = name_of(request)
    if predictions_http.is_asynchronous(request, raw_path(request)):
        accept = partial(predictions_http.accept, path=raw_path(request))
        return await prediction_context(request).respond(request, accept)
    return await service_of(request).proxy.handle(request, name, raw_path(request), caller_role(request))


def denial(request: web.Request, action: Action) -> web.Response | None:
    """Return the answer to a caller who may not know that the deployment is there; None: they may.

    Parameters
    ----------
    request : web.Request
        The call.
    action : Action
        What is done, for the scopes of an API token.

    Returns
    -------
    web.Response or None
        A problem document.

    Raises
    ------
    Denied
        If the caller's API token has not the scope.
    """
    try:
        require_call(request, action)
    except UnknownDeployment as error:
        return problem(404, "No such deployment", str(error))
    except CallDenied as error:
        return problem(error.status, error.title, error.detail)
    return None


def prediction_context(request: web.Request) -> predictions_http.PredictionContext:
    """Return the context of a request about asynchronous predictions."""
    identity = request[IDENTITY]
    return predictions_http.PredictionContext(
        service_of(request).service, name_of(request), caller_role(request), identity.user
    )
