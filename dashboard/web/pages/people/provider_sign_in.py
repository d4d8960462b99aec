"""Signing in by a provider of accounts; linking one to one's own account, and unlinking it."""

from __future__ import annotations

from html import escape
from typing import Any

from aiohttp import web

from dashboard.auth.audit import Deed
from dashboard.auth.oidc.errors import ProviderAway, ProviderDenied, reason_of
from dashboard.auth.oidc.service import HOW, Joined, Returned
from dashboard.auth.policy import Action
from dashboard.auth.sessions import token_id
from dashboard.base.errors import Conflict, ServiceError, TooMany
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM, QUERY, SESSION_COOKIE, TOKEN
from dashboard.web.app.auditing import record
from dashboard.web.app.endpoints import OBJECT, TEXT, Endpoints
from dashboard.web.app.rendering import RENDERER, Answer, prefers_json
from dashboard.web.app.requests import caller_of
from dashboard.web.pages.people.sign_in import sign_in_page
from dashboard.web.pages.people.signed_in import PRIVATE, own_path
from dashboard.web.permissions import rows
from dashboard.web.schemas.account.sign_in import (
    AddressSchema,
    LogoutTokenSchema,
    NextQuery,
    ProviderQuery,
    ReturnedQuery,
)

endpoints = Endpoints("People", "session")


@endpoints.get(
    "/sign-in/{provider}",
    "Go to a provider of accounts, for signing in",
    query=NextQuery,
    public=True,
    status=303,
    permission=rows.OPEN,
)
async def go_to_provider(request: web.Request) -> Answer | web.StreamResponse:
    """Send a browser to the provider."""
    name, to = request.match_info["provider"], own_path(request[QUERY]["next"])
    providers = request.app[PLATFORM].providers
    providers.get(name)
    if request.method == "HEAD":  # of previews of links: nothing is begun
        return web.Response(status=200, content_type="text/html", headers={"Cache-Control": "no-store"})
    try:
        address, flow = await providers.begin(
            name, _callback(request, name), to=to, caller=caller_of(request)
        )
    except (ProviderAway, TooMany) as error:
        record(request, Deed.SIGN_IN_FAILED, "session", detail=f"{HOW}{name}: {reason_of(error)}", user="")
        return await _failed(request, error, to)
    response = web.Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})
    request.app[SESSION_COOKIE].remember_away(response, flow.browser)
    return response


@endpoints.get(
    "/sign-in/{provider}/callback",
    "Come back from a provider of accounts",
    query=ReturnedQuery,
    public=True,
    answer=TEXT,
    answer_type="text/html",
    permission=rows.OPEN,
)
async def return_from_provider(request: web.Request) -> Answer | web.StreamResponse:
    """Sign a browser in with what the provider says, or link the provider."""
    name, query = request.match_info["provider"], request[QUERY]
    platform, cookie = request.app[PLATFORM], request.app[SESSION_COOKIE]
    platform.providers.get(name)
    if request.method == "HEAD":
        return web.Response(status=200, content_type="text/html", headers=PRIVATE)
    browser = next(iter(cookie.away_tokens(request)), "")
    came = Returned(query["code"], query["state"], query["error"], query["iss"], browser)
    try:
        joined = await platform.providers.finish(name, _callback(request, name), came, caller_of(request))
    except (ProviderDenied, ProviderAway, Conflict) as error:
        record(request, Deed.SIGN_IN_FAILED, "session", detail=f"{HOW}{name}: {reason_of(error)}", user="")
        return await _failed(request, error, "/")
    _record(request, name, joined)
    # A page, not a redirect: a browser that comes from elsewhere sends no strict cookie along it.
    to = escape(joined.next, quote=True)
    text = f'{PAGE}<p>You are signed in. <a href="{to}">Go on</a></p></html>'
    response = web.Response(status=200, content_type="text/html", text=text)
    response.headers.update({"Refresh": f"0; url={joined.next}", **PRIVATE})
    cookie.forget_away(response)
    if joined.token:
        cookie.remember(response, joined.token, platform.sessions.session_s)
    return response


PAGE = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Huggins</title>'


@endpoints.post(
    "/settings/providers/{provider}",
    "Begin to link a provider of accounts to one's own; the answer has the address to go to",
    kind="settings",
    action=Action.CHANGE,
    audit=False,  # recorded when it is linked
    answer=AddressSchema,
    permission=rows.SIGNED_IN,
)
async def link_provider(request: web.Request) -> web.Response:
    """Begin at the provider, for the session of the request."""
    providers, name = request.app[PLATFORM].providers, request.match_info["provider"]
    await providers.require_linkable(request[IDENTITY])
    address, flow = await providers.begin(
        name,
        _callback(request, name),
        to="/settings#ways",
        session=request.get(TOKEN, ""),
        caller=caller_of(request),
    )
    response = web.json_response({"url": address}, headers={"Cache-Control": "no-store"})
    request.app[SESSION_COOKIE].remember_away(response, flow.browser)
    return response


@endpoints.delete(
    "/settings/ways/{way}",
    "Unlink a provider of accounts; the last way to sign in stays",
    kind="settings",
    status=204,
    permission=rows.PERSONAL,
)
async def unlink_provider(request: web.Request) -> web.Response:
    """Unlink a provider from the account of the caller."""
    await request.app[PLATFORM].providers.unlink(request[IDENTITY].user, request.match_info["way"])
    return web.Response(status=204)


@endpoints.post(
    "/sign-in/{provider}/logout",
    "End the sessions that ended at a provider of accounts: its own call (back-channel logout)",
    public=True,
    audit=False,  # recorded with whose sessions they were
    body=LogoutTokenSchema,
    answer=OBJECT,
    permission=rows.OPEN,
)
async def end_by_provider(request: web.Request) -> web.Response:
    """End sessions; what the token says is believed because the provider signed it."""
    name, providers = request.match_info["provider"], request.app[PLATFORM].providers
    try:
        ended = await providers.log_out(name, request[BODY]["logout_token"], caller_of(request))
    except ProviderDenied as error:  # section 2.8
        told = {"error": "invalid_request", "error_description": error.detail}
        return web.json_response(told, status=400, headers={"Cache-Control": "no-store"})
    for session in ended.sessions:
        record(request, Deed.SIGNED_OUT, "session", session, detail=f"{HOW}{name}", user=ended.user)
    return web.json_response({"ended": len(ended.sessions)}, headers={"Cache-Control": "no-store"})


@endpoints.get(
    "/signed-out",
    "Get the page that says how to sign out of a provider of accounts, too",
    query=ProviderQuery,
    answer=OBJECT,
    public=True,
    permission=rows.OPEN,
)
async def signed_out(request: web.Request) -> Answer:
    """Say that the session ended, and where that of the provider ends."""
    name = request[QUERY]["provider"]
    title, address = await request.app[PLATFORM].providers.end_session_address(f"{HOW}{name}")
    return Answer("signed_out.html", {"provider": title, "address": address})


def _callback(request: web.Request, name: str) -> str:
    """Return where a browser comes back: at the public address, or at the one that it used.

    The Host of a request was checked before (`HostCheck`), and the provider knows which addresses are ours.
    """
    public = request.app[PLATFORM].settings.server.public_url.rstrip("/")
    return f"{public or f'{request.scheme}://{request.host}'}/sign-in/{name}/callback"


def _record(request: web.Request, name: str, joined: Joined) -> None:
    how = f"{HOW}{name}"
    if joined.created:
        record(request, Deed.CREATED, "person", joined.user, detail=how, user=joined.user)
    if joined.token:
        record(request, Deed.SIGNED_IN, "session", token_id(joined.token), detail=how, user=joined.user)
    else:
        record(request, Deed.CHANGED, "person", joined.user, detail=f"linked {how}", user=joined.user)


async def _failed(request: web.Request, error: ServiceError, to: str) -> web.StreamResponse:
    """Return the page of signing in with the reason: other ways may still work."""
    if prefers_json(request):
        raise error
    answer: Any = await sign_in_page(request, to, error)
    response = request.app[RENDERER].response(request, answer)
    response.headers.update(PRIVATE)
    request.app[SESSION_COOKIE].forget_away(response)
    return response
