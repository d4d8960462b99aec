"""Deployments: the list (also as JSON and TXT), one, its switch, and the way to its replica."""

from __future__ import annotations

from aiohttp import web

from dashboard.identity import Action
from dashboard.web.asked import json_body
from dashboard.web.commands import call_commands
from dashboard.web.endpoints import OBJECT, Endpoints, listing, reference
from dashboard.web.keys import PLATFORM, PROXIED
from dashboard.web.rendering import Answer

endpoints = Endpoints("Deployments", "deployment")
ONE = {"type": "object", "required": ["deployment"], "properties": {"deployment": reference("Deployment")}}
LIST = listing("deployments", "Deployment")
ANYTHING = {"type": "string", "format": "binary"}


@endpoints.get("/deployments", "What is on the air", answer=LIST)
async def deployments(request: web.Request) -> Answer:
    """Show the deployments."""
    return Answer("deployments.html", {"deployments": request.app[PLATFORM].deployments.list()})


@endpoints.get("/deployments.json", "What is on the air, always as JSON", answer=LIST)
async def deployments_json(request: web.Request) -> web.Response:
    """List the deployments for programs that cannot ask by ``Accept``."""
    return web.json_response({"deployments": request.app[PLATFORM].deployments.list()})


@endpoints.get(
    "/deployments.txt",
    "What is on the air, one line each",
    answer={"type": "string"},
    answer_type="text/plain",
)
async def deployments_txt(request: web.Request) -> web.Response:
    """List name, condition, module and address, separated by tabs."""
    origin = f"{request.scheme}://{request.host}"
    lines = [
        "\t".join((one["name"], one["condition"], one["module"], origin + one["predict"]))
        for one in request.app[PLATFORM].deployments.list()
    ]
    return web.Response(text="".join(f"{line}\n" for line in lines))


@endpoints.post(
    "/deployments", "Put a model on the air", body=reference("DeploymentWish"), answer=ONE, status=201
)
async def create_deployment(request: web.Request) -> Answer:
    """Deploy."""
    made = await request.app[PLATFORM].deployments.create(await json_body(request))
    return Answer("done.html", {"deployment": made}, 201, {"Location": made["address"]})


@endpoints.get("/deployments/{deployment}", "One deployment", answer=ONE)
async def deployment(request: web.Request) -> Answer:
    """Show a deployment, with the end of its log where it failed."""
    service = request.app[PLATFORM].deployments
    found = service.get(request.match_info["deployment"])
    origin = f"{request.scheme}://{request.host}"
    data = {
        "deployment": found,
        "address": origin + found["predict"],
        "snippets": call_commands(found["name"], origin),
        "log": await service.log(found["name"], 40) if found["condition"] == "failed" else "",
    }
    return Answer("deployment.html", data, plots=True)


@endpoints.delete("/deployments/{deployment}", "Take a deployment off the air and forget it", status=204)
async def delete_deployment(request: web.Request) -> web.Response:
    """Delete a deployment."""
    await request.app[PLATFORM].deployments.delete(request.match_info["deployment"])
    return web.Response(status=204)


@endpoints.post("/deployments/{deployment}/enable", "Put it on the air", action=Action.CHANGE, answer=ONE)
async def enable_deployment(request: web.Request) -> Answer:
    """Switch it on."""
    return await _switch(request, enabled=True)


@endpoints.post("/deployments/{deployment}/disable", "Take it off the air", action=Action.CHANGE, answer=ONE)
async def disable_deployment(request: web.Request) -> Answer:
    """Switch it off."""
    return await _switch(request, enabled=False)


@endpoints.add(
    "*",
    "/deployments/{deployment}/v2/{tail:.*}",
    "The replica's own DEEPaaS V2 API",
    answer=ANYTHING,
    answer_type="*/*",
)
async def proxy(request: web.Request) -> web.StreamResponse:
    """Hand a call on, streamed both ways."""
    return await _hand_on(request, f"/v2/{request.match_info['tail']}")


@endpoints.get("/deployments/{deployment}/swagger.json", "The replica's own Swagger document", answer=OBJECT)
async def proxy_swagger(request: web.Request) -> web.StreamResponse:
    """Hand a call on."""
    return await _hand_on(request, "/swagger.json")


@endpoints.post(
    "/predict/{deployment}",
    "Ask a deployed model about one or many spectra",
    action=Action.CALL,
    public=True,
    body=reference("Question"),
    body_type="multipart/form-data",
    answer=reference("Prediction"),
)
async def predict(request: web.Request) -> web.StreamResponse:
    """Hand spectra to the model behind a stable address."""
    found = request.app[PLATFORM].deployments.get(request.match_info["deployment"])
    return await _hand_on(request, f"/v2/models/{found['module']}/predict/")


async def _hand_on(request: web.Request, path: str) -> web.StreamResponse:
    request[PROXIED] = True
    return await request.app[PLATFORM].deployments.proxy.handle(
        request, request.match_info["deployment"], path
    )


async def _switch(request: web.Request, *, enabled: bool) -> Answer:
    found = await request.app[PLATFORM].deployments.enable(request.match_info["deployment"], enabled=enabled)
    return Answer("done.html", {"deployment": found}, 200, {"Location": found["address"]})
