"""Deployments: the list (also as JSON and TXT), one, its settings, log and usage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.base.errors import NotFound
from dashboard.deployments import Deployments
from dashboard.platform import Platform
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM, QUERY
from dashboard.web.app.endpoints import TEXT, Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.pages.deployments.callers import require_page, sees_all
from dashboard.web.pages.train import CHOICES
from dashboard.web.permissions import rows
from dashboard.web.schemas.deployments import (
    DeploymentAnswerSchema,
    DeploymentChangeSchema,
    DeploymentCreateSchema,
    DeploymentListSchema,
    LinesQuery,
    UsageQuery,
    UsageSchema,
)
from dashboard.web.snippets.commands import call_commands
from dashboard.web.snippets.deferred_commands import deferred_commands
from dashboard.web.snippets.origin import origin_of
from dashboard.web.snippets.third_party_commands import argument_commands

endpoints = Endpoints("Deployments", "deployment")


@endpoints.get(
    "/deployments",
    "List deployments",
    visitors=True,
    answer=DeploymentListSchema,
    permission=rows.PUBLIC_LIST,
)
async def deployments(request: web.Request) -> Answer:
    """Show the deployments."""
    if request[IDENTITY].visitor:
        found = [_public(one) for one in service_of(request).list(request[IDENTITY])]
        return Answer("public_deployments.html", {"deployments": found})
    return Answer("deployments.html", {"deployments": await service_of(request).listing(request[IDENTITY])})


@endpoints.get(
    "/deployments.json", "List deployments, always as JSON", answer=DeploymentListSchema, permission=rows.LIST
)
async def deployments_json(request: web.Request) -> web.Response:
    """List the deployments for programs that cannot ask by ``Accept``."""
    return web.json_response({"deployments": await service_of(request).listing(request[IDENTITY])})


@endpoints.get(
    "/deployments.txt",
    "List deployments as text, one per line",
    answer=TEXT,
    answer_type="text/plain",
    permission=rows.LIST,
)
async def deployments_txt(request: web.Request) -> web.Response:
    """List name, state, module and address, separated by tabs."""
    origin = origin_of(request)
    lines = [
        "\t".join((one["name"], one["state"], one["module"], origin + one["predict"]))
        for one in request.app[PLATFORM].deployments.list(request[IDENTITY])
    ]
    return web.Response(text="".join(f"{line}\n" for line in lines))


@endpoints.post(
    "/deployments",
    "Deploy a model",
    body=DeploymentCreateSchema,
    answer=DeploymentAnswerSchema,
    status=201,
    permission=rows.CREATE,
)
async def create_deployment(request: web.Request) -> Answer:
    """Deploy a model."""
    made = await request.app[PLATFORM].deployments.create(request[BODY], request[IDENTITY])
    return Answer("done.html", {"deployment": made}, 201, {"Location": made["address"]})


@endpoints.get(
    "/deployments/{deployment}",
    "Get a deployment; without a session, what callers of a public one need",
    answer=DeploymentAnswerSchema,
    public=True,
    permission=rows.PUBLIC_READ,
)
async def deployment(request: web.Request) -> Answer:
    """Show a deployment, with the end of its log where it failed."""
    platform = request.app[PLATFORM]
    service = platform.deployments
    identity = request[IDENTITY]
    require_page(request)
    if not sees_all(request):
        return _for_anyone(request)
    found = service.get(request.match_info["deployment"], identity)
    origin = origin_of(request)
    offered = await platform.data.store.search(state="ready", size=CHOICES, identity=request[IDENTITY])
    failed, owned = found["state"] == "failed", service.owned_by(found["name"], identity)
    data = {
        "deployment": found,
        "address": origin + found["predict"],
        "call_form": call_form(platform, found["module"]),
        "snippets": snippets_of(platform, found, origin),
        "deferred": deferred_commands(found["name"], origin, token=found["access"] != "public"),
        "predictions": await service.predictions(found["name"], identity),
        "keep_hours": platform.settings.predictions.keep_hours,
        "asked_datasets": offered.items if found["model"] else [],
        "nodes": platform.nodes.usable(request[IDENTITY]),
        "log": await service.log(found["name"], 40, identity) if failed and owned else "",
        "tokens": service.tokens.list(found["name"], identity),
        "usage": await service.usage(found["name"], identity=identity),
        "models": (await platform.models.list(module=found["module"], identity=request[IDENTITY])).items,
    }
    return Answer("deployment.html", data, plots=True)


def call_form(platform: Platform, module: str) -> dict[str, Any] | None:
    """Return the arguments of a third-party module's predict, for a form; None: it takes spectra."""
    description = platform.modules.descriptions.known(module).description or {}
    if description.get("kind") != "deepaas":
        return None
    return {"predict": description["predict"], "answers": description.get("answers", [])}


def snippets_of(platform: Platform, deployment: Mapping[str, Any], origin: str) -> list[dict[str, str]]:
    """Return how a deployment is called from other programs.

    Parameters
    ----------
    platform : Platform
        Knows the module's arguments.
    deployment : mapping
        As JSON.
    origin : str
        Scheme, host and port of the platform.

    Returns
    -------
    list of dict
        ``title``, ``help`` and ``text`` of each.
    """
    token = deployment["access"] != "public"
    if platform.modules.third_party(deployment["module"]):
        description = platform.modules.descriptions.known(deployment["module"]).description
        return argument_commands(deployment["name"], description, origin, token=token)
    return call_commands(deployment["name"], origin, token=token)


def _public(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """Return what those who are not signed in see of a deployment: not where and how it runs."""
    kept = ("name", "module", "module_version", "state", "access", "address", "predict")
    return {key: deployment[key] for key in kept}


def _for_anyone(request: web.Request) -> Answer:
    """Show what callers need of a deployment to those who may not see more of it."""
    platform, name = request.app[PLATFORM], request.match_info["deployment"]
    found = platform.deployments.get(name)
    origin = origin_of(request)
    try:
        module = platform.modules.get(found["module"])
        said = {"title": module.title, "summary": module.summary}
    except NotFound:  # it was removed from the catalog; the deployment goes on
        said = {"title": found["module"], "summary": ""}
    shown = _public(found) | said
    data = {
        "deployment": shown,
        "address": origin + found["predict"],
        "call_form": call_form(platform, found["module"]),
        "snippets": snippets_of(platform, found, origin),
    }
    return Answer("public_deployment.html", data, plots=True)


@endpoints.delete("/deployments/{deployment}", "Delete a deployment", status=204, permission=rows.CHANGE)
async def delete_deployment(request: web.Request) -> web.Response:
    """Delete a deployment; its replicas finish what they have."""
    await request.app[PLATFORM].deployments.delete(request.match_info["deployment"], request[IDENTITY])
    return web.Response(status=204)


@endpoints.post(
    "/deployments/{deployment}/enable",
    "Enable a deployment",
    action=Action.CHANGE,
    answer=DeploymentAnswerSchema,
    permission=rows.CHANGE,
)
async def enable_deployment(request: web.Request) -> Answer:
    """Enable a deployment."""
    return done(await service_of(request).enable(name_of(request), enabled=True, identity=request[IDENTITY]))


@endpoints.post(
    "/deployments/{deployment}/disable",
    "Disable a deployment and stop its replicas",
    action=Action.CHANGE,
    answer=DeploymentAnswerSchema,
    permission=rows.CHANGE,
)
async def disable_deployment(request: web.Request) -> Answer:
    """Disable a deployment."""
    return done(await service_of(request).enable(name_of(request), enabled=False, identity=request[IDENTITY]))


@endpoints.post(
    "/deployments/{deployment}/settings",
    "Change the scaling, nodes and access of a deployment",
    action=Action.CHANGE,
    body=DeploymentChangeSchema,
    answer=DeploymentAnswerSchema,
    permission=rows.CHANGE,
)
async def set_deployment(request: web.Request) -> Answer:
    """Change the settings of a deployment."""
    return done(await service_of(request).set(name_of(request), request[BODY], request[IDENTITY]))


@endpoints.get(
    "/deployments/{deployment}/log",
    "Get the end of a replica's log; of a failed replica, if there is one",
    query=LinesQuery,
    answer=TEXT,
    answer_type="text/plain",
    permission=rows.OWNERS,
)
async def log(request: web.Request) -> web.Response:
    """Return the last lines of a replica's log."""
    lines = request[QUERY]["lines"]
    return web.Response(text=await service_of(request).log(name_of(request), lines, request[IDENTITY]))


@endpoints.get(
    "/deployments/{deployment}/usage",
    "Get the usage over time, by token and by version",
    query=UsageQuery,
    answer=UsageSchema,
    permission=rows.READ,
)
async def usage(request: web.Request) -> web.Response:
    """Return the usage of a deployment."""
    found = await service_of(request).usage(name_of(request), request[QUERY]["hours"], request[IDENTITY])
    return web.json_response(found)


def service_of(request: web.Request) -> Deployments:
    """Return the service of deployments."""
    return request.app[PLATFORM].deployments


def name_of(request: web.Request) -> str:
    """Return the name of the deployment in the path."""
    return request.match_info["deployment"]


def done(found: dict[str, Any]) -> Answer:
    """Return the answer to a change of a deployment."""
    return Answer("done.html", {"deployment": found}, 200, {"Location": found["address"]})
