"""The aiohttp application: routes from the tables of endpoints, and what surrounds every handler."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable
from importlib import metadata
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.typedefs import Handler

from dashboard.auth.policy import Resource, authorize
from dashboard.base.errors import NotFound, ServiceError
from dashboard.web.app import events as live
from dashboard.web.app import signin as entrance
from dashboard.web.app.app_keys import DOCUMENT, IDENTITY, PLATFORM, RENDERER
from dashboard.web.app.assets import Assets
from dashboard.web.app.endpoints import Endpoint, Endpoints
from dashboard.web.app.openapi import document
from dashboard.web.app.rendering import Answer, Renderer
from dashboard.web.app.security import identify, protect
from dashboard.web.pages import (
    data,
    deployments,
    jobs,
    market,
    models,
    nodes,
    preview,
    settings,
    spectra,
    swagger,
    train,
)
from dashboard.web.pages import deferred as predictions
from dashboard.web.pages import report_views as views

if TYPE_CHECKING:
    from dashboard.platform import Platform

FAMILIES = (
    market,
    train,
    data,
    spectra,
    preview,
    jobs,
    views,
    models,
    deployments,
    predictions,
    swagger,
    nodes,
    settings,
    live,
    entrance,
)
LARGEST_BODY = (
    16 * 1024 * 1024
)  # of a JSON body or form; uploads are streamed and limited by the data service
log = logging.getLogger(__name__)


def all_endpoints() -> list[Endpoint]:
    """Return every endpoint of every family of pages."""
    tables: Iterable[Endpoints] = (family.endpoints for family in FAMILIES)
    return [endpoint for table in tables for endpoint in table]


def create_application(platform: Platform) -> web.Application:
    """Return the application over a platform; starting and stopping the platform is the caller's."""
    assets = Assets()
    application = web.Application(middlewares=[answer_errors, identify], client_max_size=LARGEST_BODY)
    application[PLATFORM] = platform
    application[RENDERER] = Renderer(assets)
    application[DOCUMENT] = document(all_endpoints(), metadata.version("huggins"))
    application.on_response_prepare.append(protect)
    application.router.add_get("/assets/{digest}/{name:.+}", assets.answer)
    for endpoint in all_endpoints():
        application.router.add_route(endpoint.method, endpoint.path, _guarded(endpoint))
        if endpoint.method == "GET":
            application.router.add_route("HEAD", endpoint.path, _guarded(endpoint))
    return application


def _guarded(endpoint: Endpoint) -> Handler:
    """Return the handler behind its permission, with its `Answer` made into a response."""

    async def handle(request: web.Request) -> web.StreamResponse:
        if not endpoint.public:
            named = request.match_info.get(endpoint.variable, "") if endpoint.variable else ""
            authorize(request[IDENTITY], endpoint.action, Resource(endpoint.kind, named))
        answer = await endpoint.handler(request)
        if isinstance(answer, Answer):
            return request.app[RENDERER].response(request, answer)
        return answer

    return handle


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every error as a problem or the error page, with an id that is in the log."""
    identifier = secrets.token_hex(4)
    renderer = request.app[RENDERER]
    try:
        return await handler(request)
    except ServiceError as error:
        if error.status >= 500:
            log.warning("%s %s %s: %s", identifier, request.method, request.path, error)
        problem = error.problem()
    except web.HTTPNotFound as error:
        detail = (
            error.text
            if error.text and not error.text.startswith("404")
            else f"Nothing is at {request.path}."
        )
        problem = NotFound(detail).problem()
    except web.HTTPError as error:
        problem = {"type": "about:blank", "title": error.reason, "status": error.status, "errors": []}
        problem["detail"] = (
            error.text if error.text and not error.text.startswith(str(error.status)) else error.reason
        )
    except Exception:
        log.exception("%s %s %s", identifier, request.method, request.path)
        problem = ServiceError(
            f"This is a fault of ours, not of your data. The platform's log says more under {identifier}."
        ).problem()
    return renderer.problem(request, {**problem, "id": identifier})
