"""The aiohttp application: routes from the tables of endpoints, and the middleware of every handler."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Iterable
from importlib import metadata
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.typedefs import Handler

from dashboard.administration.maintenance import InMaintenance
from dashboard.auth.access import KEYS
from dashboard.auth.identity import ANONYMOUS, CALLER, Identity
from dashboard.auth.policy import Action, Resource, authorize
from dashboard.base.errors import TooMany
from dashboard.web.app import events
from dashboard.web.app.app_keys import CROSS_ORIGIN, DOCUMENT, IDENTITY, PLATFORM, REQUESTS, SESSION_COOKIE
from dashboard.web.app.assets import Assets
from dashboard.web.app.auditing import record_outcome
from dashboard.web.app.disconnect import caller_left, unread_answer
from dashboard.web.app.endpoints import Endpoint, Endpoints
from dashboard.web.app.openapi import document
from dashboard.web.app.problem import problem_of
from dashboard.web.app.rendering import RENDERER, Answer, Renderer
from dashboard.web.app.requests import load_request
from dashboard.web.app.security import HostCheck, identify, protect
from dashboard.web.app.session_cookie import SessionCookie
from dashboard.web.monitoring.request_id import name_request, tell_request_id
from dashboard.web.monitoring.requests import RequestMetrics
from dashboard.web.pages import (
    data,
    market,
    model_cards,
    models,
    nodes,
    preview,
    publishing,
    sessions,
    settings,
    spectra,
    train,
)
from dashboard.web.pages import (
    platform as platform_pages,
)
from dashboard.web.pages.administration import (
    announcements,
    maintenance,
    module_restrictions,
    quotas,
    running,
    storage,
)
from dashboard.web.pages.deployments import calls, deferred, deployments, swagger, tokens, versions
from dashboard.web.pages.derived import datasets as derived
from dashboard.web.pages.derived import references
from dashboard.web.pages.finding import find, guides
from dashboard.web.pages.jobs import comparison, jobs, report_views, results, sweeps
from dashboard.web.pages.labels import label_sets, log, queues, tables
from dashboard.web.pages.learning import rounds as learning_rounds
from dashboard.web.pages.learning import sessions as learning_sessions
from dashboard.web.pages.modules import addresses as module_addresses
from dashboard.web.pages.modules import catalog as module_catalog
from dashboard.web.pages.modules import standing
from dashboard.web.pages.people import (
    accounts,
    api_tokens,
    audit,
    passwords,
    profile,
    projects,
    provider_sign_in,
    registration,
    sharing,
    sign_in,
)
from dashboard.web.pages.sources import acquisitions, sources
from dashboard.web.uws import control as uws_control
from dashboard.web.uws import jobs as uws_jobs
from dashboard.web.uws.waiting import WAITING
from dashboard.web.vo import datalink as vo_links
from dashboard.web.vo import signed as vo_signed
from dashboard.web.vo import soda as vo_soda
from dashboard.web.vo import ssa as vo_ssa
from dashboard.web.vo import vosi
from dashboard.web.vo.signed import signer_of
from deploy.gateway.cross_origin import CrossOrigin
from wire.json_records import REQUEST

if TYPE_CHECKING:
    from dashboard.platform import Platform

FAMILIES = (
    market,
    module_catalog,
    standing,
    publishing,
    train,
    data,
    derived,
    references,
    spectra,
    sources,
    acquisitions,
    preview,
    label_sets,
    log,
    queues,
    tables,
    jobs,
    results,
    report_views,
    comparison,
    sweeps,
    learning_sessions,
    learning_rounds,
    models,
    model_cards,
    deployments,
    versions,
    tokens,
    calls,
    deferred,
    swagger,
    nodes,
    settings,
    sessions,
    sign_in,
    passwords,
    provider_sign_in,
    registration,
    profile,
    api_tokens,
    accounts,
    projects,
    sharing,
    audit,
    quotas,
    running,
    storage,
    module_restrictions,
    announcements,
    maintenance,
    events,
    find,
    guides,
    platform_pages,
    uws_jobs,
    uws_control,
    vosi,
    vo_ssa,
    vo_links,
    vo_soda,
    vo_signed,
    module_addresses,  # last: its path is also that of others
)
LARGEST_BODY = (
    16 * 1024 * 1024
)  # of a JSON body or form; uploads are streamed and limited by the data service


def all_endpoints() -> list[Endpoint]:
    """Return every endpoint of every family of pages."""
    tables: Iterable[Endpoints] = (family.endpoints for family in FAMILIES)
    return [endpoint for table in tables for endpoint in table]


def create_application(platform: Platform) -> web.Application:
    """Return the application over a platform; starting and stopping the platform is the caller's."""
    renderer = _renderer()
    checked = HostCheck(platform.settings.server).check
    measured = RequestMetrics()
    application = web.Application(
        middlewares=[name_request, measured.measure, checked, answer_errors, identify],
        client_max_size=LARGEST_BODY,
    )
    application[REQUESTS] = measured
    application[PLATFORM] = platform
    application[RENDERER] = renderer
    application[SESSION_COOKIE] = SessionCookie(platform.settings.server)
    application[DOCUMENT] = _document()
    application[WAITING] = [0]
    application.on_response_prepare.append(protect)
    application.on_response_prepare.append(tell_request_id)
    application.router.add_get("/assets/{digest}/{name:.+}", renderer.assets.answer)
    cross_origin = CrossOrigin(
        platform.settings.server.allowed_origins,
        [path for one in all_endpoints() if one.cross_origin for path in (one.path, *one.aliases)],
    )
    application[CROSS_ORIGIN] = cross_origin
    application.on_response_prepare.append(cross_origin.set_headers)
    for path in cross_origin.paths:
        application.router.add_route("OPTIONS", path, cross_origin.preflight)
    for endpoint in all_endpoints():
        for path in (endpoint.path, *endpoint.aliases):
            application.router.add_route(endpoint.method, path, _guarded(endpoint))
            if endpoint.method == "GET":
                application.router.add_route("HEAD", path, _guarded(endpoint))
    return application


@functools.cache
def _renderer() -> Renderer:
    """Return the renderer of all applications of this process: it compiles each template once."""
    return Renderer(Assets())


@functools.cache
def _document() -> dict[str, Any]:
    """Return the OpenAPI document, which is the same for all applications of this process."""
    return document(all_endpoints(), metadata.version("huggins"))


def _guarded(endpoint: Endpoint) -> Handler:
    """Return the handler behind its permission, with its `Answer` made into a response."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            response = await _answer(request, endpoint)
        except Exception as error:
            redirect = error if isinstance(error, web.HTTPRedirection) else None
            record_outcome(request, endpoint, redirect, error)
            raise
        record_outcome(request, endpoint, response, None)
        return response

    return handle


async def _answer(request: web.Request, endpoint: Endpoint) -> web.StreamResponse:
    if endpoint.nameless and request[IDENTITY].anonymous:
        request[IDENTITY] = await _nameless(request)
    if not endpoint.public:
        await _authorize(request, endpoint)
    if endpoint.takes_new:
        await request.app[PLATFORM].maintenance.require_open()
    await load_request(request, endpoint)
    answer = await endpoint.handler(request)
    if isinstance(answer, Answer):
        return request.app[RENDERER].response(request, answer)
    return answer


async def _nameless(request: web.Request) -> Identity:
    """Return who a request without a token is for: who signed its address, all such callers, or nobody."""
    signer = await signer_of(request)
    if not signer.anonymous:
        return signer
    return CALLER if request.app[PLATFORM].settings.vo.anonymous else request[IDENTITY]


async def _authorize(request: web.Request, endpoint: Endpoint) -> None:
    """Return if the identity may call an endpoint on the objects that its path names.

    Every path variable that is a kind of stored object is checked, so that no handler can forget it. To
    create something from an object (a job again, a prediction of a model) is to read the object.
    """
    identity, named = request[IDENTITY], request.match_info
    if identity.visitor and not endpoint.visitors:
        identity = ANONYMOUS
    authorize(identity, endpoint.action, Resource(endpoint.kind))
    action = Action.READ if endpoint.action is Action.CREATE else endpoint.action
    for kind in KEYS.keys() & named.keys():
        await request.app[PLATFORM].access.require(identity, action, kind, named[kind])


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every error as a problem or the error page, with an id that is in the log."""
    try:
        return await handler(request)
    except (web.HTTPSuccessful, web.HTTPRedirection):
        raise
    except Exception as error:  # noqa: BLE001 (whatever it is, it is answered and logged)
        if caller_left(request, error):
            return unread_answer(request)
        problem = problem_of(error, request, REQUEST.get() or secrets.token_hex(4))
        headers = _headers_of(error)
    response = request.app[RENDERER].problem(request, problem)
    response.headers.update(headers)
    return response


def _headers_of(error: Exception) -> dict[str, str]:
    """Return what an answer says in its headers of an error."""
    if isinstance(error, web.HTTPMethodNotAllowed):
        return {"Allow": error.headers.get("Allow", "")}
    if isinstance(error, TooMany | InMaintenance):
        return {"Retry-After": str(error.retry_s)}
    return {}
