"""Asynchronous predictions: accept, poll, fetch and delete."""

from __future__ import annotations

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.web.app.app_keys import PROXIED
from dashboard.web.app.endpoints import BYTES, Endpoints
from dashboard.web.pages.deployments.calls import denial, prediction_context
from dashboard.web.permissions import rows
from dashboard.web.schemas.predictions import (
    AsynchronousAnswerSchema,
    AsynchronousListSchema,
    SpectraUploadSchema,
    WaitQuery,
)
from deploy.deferred import http as predictions_http

endpoints = Endpoints("Predictions", "deployment")
ALL = "/deployments/{deployment}/predictions"
EACH = ALL + "/{prediction}"


@endpoints.post(
    ALL,
    "Create an asynchronous prediction; access as for the deployment",
    action=Action.CALL,
    public=True,
    cross_origin=True,
    body=SpectraUploadSchema,
    body_type="multipart/form-data",
    answer=AsynchronousAnswerSchema,
    status=202,
    permission=rows.CALL,
)
async def take_prediction(request: web.Request) -> web.StreamResponse:
    """Accept an asynchronous prediction; the same as a call with ``Prefer: respond-async``."""
    return await _respond(request, Action.CALL, predictions_http.accept)


@endpoints.get(
    ALL,
    "List the caller's asynchronous predictions, newest first; the owner sees all",
    public=True,
    cross_origin=True,
    answer=AsynchronousListSchema,
    permission=rows.CALL,
)
async def own_predictions(request: web.Request) -> web.StreamResponse:
    """List the asynchronous predictions of a deployment."""
    return await _respond(request, Action.READ, predictions_http.listing)


@endpoints.get(
    EACH,
    "Get the state of an asynchronous prediction",
    query=WaitQuery,
    public=True,
    cross_origin=True,
    answer=AsynchronousAnswerSchema,
    permission=rows.PREDICTION,
)
async def prediction(request: web.Request) -> web.StreamResponse:
    """Return the state of a prediction."""
    return await _respond(request, Action.READ, predictions_http.show)


@endpoints.get(
    EACH + "/result",
    "Get the answer of the model; 409 until the prediction has ended",
    public=True,
    audit=True,
    cross_origin=True,
    answer=BYTES,
    answer_type="*/*",
    permission=rows.PREDICTION,
)
async def prediction_result(request: web.Request) -> web.StreamResponse:
    """Stream the result of a prediction."""
    request[PROXIED] = True
    return await _respond(request, Action.READ, predictions_http.result)


@endpoints.delete(
    EACH,
    "Cancel and delete an asynchronous prediction",
    public=True,
    cross_origin=True,
    status=204,
    permission=rows.PREDICTION,
)
async def forget_prediction(request: web.Request) -> web.StreamResponse:
    """Cancel and delete a prediction."""
    return await _respond(request, Action.DELETE, predictions_http.delete)


async def _respond(
    request: web.Request, action: Action, handler: predictions_http.PredictionHandler
) -> web.StreamResponse:
    if (denied := denial(request, action)) is not None:
        return denied
    return await prediction_context(request).respond(request, handler)
