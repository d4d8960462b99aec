"""Deployments: the list (also as JSON and TXT), one, its versions, tokens and usage, and the way in."""

from __future__ import annotations

from functools import partial
from typing import Any

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.deployments import Deployments
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM, PROXIED, QUERY
from dashboard.web.app.endpoints import BYTES, OBJECT, TEXT, Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.pages.train import CHOICES
from dashboard.web.schemas.deployments import (
    CanaryChangeSchema,
    DeploymentAnswerSchema,
    DeploymentChangeSchema,
    DeploymentCreateSchema,
    DeploymentListSchema,
    LinesQuery,
    PromotionSchema,
    TokenAnswerSchema,
    TokenCreateSchema,
    TokenListSchema,
    UsageQuery,
    UsageSchema,
    VersionCreateSchema,
)
from dashboard.web.schemas.predictions import PredictionSchema, SpectraUploadSchema, WrongArgumentsSchema
from dashboard.web.snippets.commands import call_commands
from dashboard.web.snippets.deferred_commands import deferred_commands
from deploy.access.authorization import CallerRole
from deploy.application import raw_path
from deploy.deferred import http as predictions_http

endpoints = Endpoints("Deployments", "deployment")


@endpoints.get("/deployments", "What is on the air", answer=DeploymentListSchema)
async def deployments(request: web.Request) -> Answer:
    """Show the deployments."""
    return Answer("deployments.html", {"deployments": await _service(request).listing()})


@endpoints.get("/deployments.json", "What is on the air, always as JSON", answer=DeploymentListSchema)
async def deployments_json(request: web.Request) -> web.Response:
    """List the deployments for programs that cannot ask by ``Accept``."""
    return web.json_response({"deployments": await _service(request).listing()})


@endpoints.get(
    "/deployments.txt",
    "What is on the air, one line each",
    answer=TEXT,
    answer_type="text/plain",
)
async def deployments_txt(request: web.Request) -> web.Response:
    """List name, state, module and address, separated by tabs."""
    origin = f"{request.scheme}://{request.host}"
    lines = [
        "\t".join((one["name"], one["state"], one["module"], origin + one["predict"]))
        for one in request.app[PLATFORM].deployments.list()
    ]
    return web.Response(text="".join(f"{line}\n" for line in lines))


@endpoints.post(
    "/deployments",
    "Deploy a model",
    body=DeploymentCreateSchema,
    answer=DeploymentAnswerSchema,
    status=201,
)
async def create_deployment(request: web.Request) -> Answer:
    """Deploy."""
    made = await request.app[PLATFORM].deployments.create(request[BODY])
    return Answer("done.html", {"deployment": made}, 201, {"Location": made["address"]})


@endpoints.get("/deployments/{deployment}", "One deployment", answer=DeploymentAnswerSchema)
async def deployment(request: web.Request) -> Answer:
    """Show a deployment, with the end of its log where it failed."""
    platform = request.app[PLATFORM]
    service = platform.deployments
    found = service.get(request.match_info["deployment"])
    origin = f"{request.scheme}://{request.host}"
    data = {
        "deployment": found,
        "address": origin + found["predict"],
        "snippets": call_commands(found["name"], origin, token=found["access"] != "public"),
        "deferred": deferred_commands(found["name"], origin, token=found["access"] != "public"),
        "predictions": [one.to_json() for one in await service.service.predictions.of(found["name"], None)],
        "keep_hours": platform.settings.predictions.keep_hours,
        "asked_datasets": (await platform.data.store.search(state="ready", size=CHOICES)).items
        if found["model"]
        else [],
        "nodes": platform.nodes.list(),
        "log": await service.log(found["name"], 40) if found["state"] == "failed" else "",
        "tokens": service.tokens(found["name"]),
        "usage": await service.usage(found["name"]),
        "models": (await platform.models.list(module=found["module"])).items,
    }
    return Answer("deployment.html", data, plots=True)


@endpoints.delete("/deployments/{deployment}", "Delete a deployment", status=204)
async def delete_deployment(request: web.Request) -> web.Response:
    """Delete a deployment; its replicas finish what they have."""
    await request.app[PLATFORM].deployments.delete(request.match_info["deployment"])
    return web.Response(status=204)


@endpoints.post(
    "/deployments/{deployment}/enable",
    "Enable a deployment",
    action=Action.CHANGE,
    answer=DeploymentAnswerSchema,
)
async def enable_deployment(request: web.Request) -> Answer:
    """Switch it on."""
    return _done(await _service(request).enable(_name(request), enabled=True))


@endpoints.post(
    "/deployments/{deployment}/disable",
    "Disable a deployment: its replicas stop",
    action=Action.CHANGE,
    answer=DeploymentAnswerSchema,
)
async def disable_deployment(request: web.Request) -> Answer:
    """Switch it off."""
    return _done(await _service(request).enable(_name(request), enabled=False))


@endpoints.post(
    "/deployments/{deployment}/settings",
    "Change its scaling, its nodes and who may call it",
    action=Action.CHANGE,
    body=DeploymentChangeSchema,
    answer=DeploymentAnswerSchema,
)
async def set_deployment(request: web.Request) -> Answer:
    """Change settings."""
    return _done(await _service(request).set(_name(request), request[BODY]))


@endpoints.post(
    "/deployments/{deployment}/versions",
    "Let another model answer, at once or on trial",
    action=Action.CHANGE,
    body=VersionCreateSchema,
    answer=DeploymentAnswerSchema,
    status=201,
)
async def add_version(request: web.Request) -> Answer:
    """Add a version."""
    made = await _service(request).add_version(_name(request), request[BODY])
    return Answer("done.html", {"deployment": made}, 201, {"Location": made["address"]})


@endpoints.post(
    "/deployments/{deployment}/canary",
    "Give a version on trial a share of the requests",
    action=Action.CHANGE,
    body=CanaryChangeSchema,
    answer=DeploymentAnswerSchema,
)
async def set_canary(request: web.Request) -> Answer:
    """Move the share."""
    return _done(await _service(request).set_canary(_name(request), request[BODY]))


@endpoints.post(
    "/deployments/{deployment}/promote",
    "Make the version on trial, or the one named, the one that answers",
    action=Action.CHANGE,
    body=PromotionSchema,
    answer=DeploymentAnswerSchema,
)
async def promote_version(request: web.Request) -> Answer:
    """Promote."""
    return _done(await _service(request).promote(_name(request), request[BODY]))


@endpoints.post(
    "/deployments/{deployment}/rollback",
    "End the trial, or go back to the version before",
    action=Action.CHANGE,
    answer=DeploymentAnswerSchema,
)
async def roll_back(request: web.Request) -> Answer:
    """Roll back."""
    return _done(await _service(request).roll_back(_name(request)))


@endpoints.get(
    "/deployments/{deployment}/log",
    "The end of what a replica wrote: of one that failed, where there is one",
    query=LinesQuery,
    answer=TEXT,
    answer_type="text/plain",
)
async def log(request: web.Request) -> web.Response:
    """Return the last lines of a replica's log."""
    lines = request[QUERY]["lines"]
    return web.Response(text=await _service(request).log(_name(request), lines))


@endpoints.get(
    "/deployments/{deployment}/usage",
    "What was asked of it, over time and by token and version",
    query=UsageQuery,
    answer=UsageSchema,
)
async def usage(request: web.Request) -> web.Response:
    """Count."""
    found = await _service(request).usage(_name(request), request[QUERY]["hours"])
    return web.json_response(found)


@endpoints.get(
    "/deployments/{deployment}/tokens", "Its tokens, without their secrets", answer=TokenListSchema
)
async def tokens(request: web.Request) -> web.Response:
    """List tokens."""
    return web.json_response({"tokens": _service(request).tokens(_name(request))})


@endpoints.post(
    "/deployments/{deployment}/tokens",
    "Make a token; its secret is shown this once",
    action=Action.CHANGE,
    body=TokenCreateSchema,
    answer=TokenAnswerSchema,
    status=201,
)
async def make_token(request: web.Request) -> web.Response:
    """Make a token; it is answered as JSON only, so that it stays in no browser's history."""
    made = await _service(request).make_token(_name(request), request[BODY])
    return web.json_response({"token": made}, status=201, headers={"Cache-Control": "no-store"})


@endpoints.delete(
    "/deployments/{deployment}/tokens/{token}", "Revoke a token", action=Action.CHANGE, status=204
)
async def delete_token(request: web.Request) -> web.Response:
    """Revoke."""
    await _service(request).delete_token(_name(request), request.match_info["token"])
    return web.Response(status=204)


@endpoints.add(
    "*",
    "/deployments/{deployment}/v2/{tail:.*}",
    "The replica's own DEEPaaS V2 API; who may call it is set in the deployment",
    answer=BYTES,
    answer_type="*/*",
    public=True,
)
async def proxy(request: web.Request) -> web.StreamResponse:
    """Hand a call on, streamed both ways."""
    return await _hand_on(request)


@endpoints.get(
    "/deployments/{deployment}/swagger.json", "The replica's own Swagger document", answer=OBJECT, public=True
)
async def proxy_swagger(request: web.Request) -> web.StreamResponse:
    """Hand a call on."""
    return await _hand_on(request)


@endpoints.post(
    "/predict/{deployment}",
    "Ask a deployed model about one or many spectra",
    action=Action.CALL,
    public=True,
    body=SpectraUploadSchema,
    body_type="multipart/form-data",
    answer=PredictionSchema,
    errors={422: WrongArgumentsSchema},
)
async def predict(request: web.Request) -> web.StreamResponse:
    """Hand spectra to the model behind a stable address."""
    request[PROXIED] = True
    if predictions_http.is_asynchronous(request):
        return await prediction_context(request).respond(request, predictions_http.accept)
    return await _service(request).proxy.predict(request, _name(request), _caller(request))


async def _hand_on(request: web.Request) -> web.StreamResponse:
    request[PROXIED] = True
    name = _name(request)
    if predictions_http.is_asynchronous(request, raw_path(request)):
        accept = partial(predictions_http.accept, path=raw_path(request))
        return await prediction_context(request).respond(request, accept)
    return await _service(request).proxy.handle(request, name, raw_path(request), _caller(request))


def prediction_context(request: web.Request) -> predictions_http.PredictionContext:
    """Return who asks about predictions that need not be waited for."""
    identity = request[IDENTITY]
    return predictions_http.PredictionContext(
        _service(request).service, _name(request), _caller(request), identity.user
    )


def _caller(request: web.Request) -> CallerRole:
    identity = request[IDENTITY]
    if identity.anonymous:
        return CallerRole.ANYONE
    return CallerRole.OWNER if identity.admin else CallerRole.USER


def _service(request: web.Request) -> Deployments:
    return request.app[PLATFORM].deployments


def _name(request: web.Request) -> str:
    return request.match_info["deployment"]


def _done(found: dict[str, Any]) -> Answer:
    return Answer("done.html", {"deployment": found}, 200, {"Location": found["address"]})
