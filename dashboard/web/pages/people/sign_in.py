"""Signing in by name and password, and choosing a password by an invitation."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from dashboard.auth.audit import Deed
from dashboard.auth.policy import Action
from dashboard.auth.sessions import token_id
from dashboard.base.errors import Invalid, ServiceError, TooMany, Unauthenticated
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM, QUERY, SESSION_COOKIE, TOKEN
from dashboard.web.app.auditing import record
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.app.rendering import Answer, json_answer, prefers_json
from dashboard.web.permissions import rows
from dashboard.web.schemas.people import (
    ChangePasswordSchema,
    ChoosePasswordSchema,
    InvitationQuery,
    NextQuery,
    PersonAnswerSchema,
    SignedInSchema,
    SignInSchema,
)

endpoints = Endpoints("People", "session")


@endpoints.get(
    "/sign-in",
    "Get the form for signing in",
    query=NextQuery,
    answer=OBJECT,
    public=True,
    permission=rows.OPEN,
)
async def sign_in_form(request: web.Request) -> Answer:
    """Show the form."""
    return await _form(request, own_path(request[QUERY]["next"]))


@endpoints.post(
    "/sign-in",
    "Sign in by name and password",
    public=True,
    audit=False,  # recorded with whose session it is
    body=SignInSchema,
    answer=SignedInSchema,
    permission=rows.OPEN,
)
async def sign_in(request: web.Request) -> Answer | web.StreamResponse:
    """Open a session; a browser gets a cookie and goes on, a program gets the token."""
    platform, body = request.app[PLATFORM], request[BODY]
    to = own_path(body["next"])
    try:
        token = await platform.sign_in.sign_in(
            body["name"], body["password"], platform.caller_addresses.of(request)
        )
    except (Unauthenticated, TooMany) as error:
        record(request, Deed.SIGN_IN_FAILED, "session", detail=body["name"])
        if prefers_json(request):
            raise
        return await _form(request, to, error, name=body["name"])
    await _record_sign_in(request, token, "password")
    return signed_in(request, token, to)


@endpoints.get(
    "/invitation",
    "Get the form for choosing a password by an invitation",
    query=InvitationQuery,
    answer=PersonAnswerSchema,
    public=True,
    permission=rows.OPEN,
)
async def invitation_form(request: web.Request) -> Answer:
    """Show the form of a link that is still good."""
    token = request[QUERY]["token"]
    account = await request.app[PLATFORM].sign_in.invited(token)
    data = {"person": account.to_json(), "token": token, "error": "", "errors": []}
    return Answer(
        "invitation.html", data, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    )


@endpoints.post(
    "/invitation",
    "Choose a password by an invitation, and sign in",
    public=True,
    audit=False,
    body=ChoosePasswordSchema,
    answer=SignedInSchema,
    permission=rows.OPEN,
)
async def choose_password(request: web.Request) -> Answer | web.StreamResponse:
    """Set the password, end the sessions of the account, and open one."""
    body, platform = request[BODY], request.app[PLATFORM]
    try:
        token = await platform.sign_in.choose_password(body["token"], body["password"])
    except Invalid as error:
        if prefers_json(request):
            raise
        account = await platform.sign_in.invited(body["token"])
        data = {"person": account.to_json(), "token": body["token"], "error": error.detail, "errors": []}
        return Answer("invitation.html", data, 422)
    await _record_sign_in(request, token, "invitation")
    return signed_in(request, token, "/")


@endpoints.post(
    "/settings/password",
    "Change one's own password, and end one's other sessions",
    kind="settings",
    action=Action.CHANGE,
    body=ChangePasswordSchema,
    status=204,
    permission=rows.SIGNED_IN,
)
async def change_password(request: web.Request) -> web.Response:
    """Change the password of the caller."""
    platform, body = request.app[PLATFORM], request[BODY]
    await platform.sign_in.change_password(
        request[IDENTITY],
        body["old"],
        body["password"],
        current=request.get(TOKEN, ""),
        address=platform.caller_addresses.of(request),
    )
    return web.Response(status=204)


def own_path(text: str) -> str:
    """Return a path of this platform from what somebody sent as one; anything else is the market's.

    Parameters
    ----------
    text : str
        Such as ``/jobs?page=2``. A browser takes two slashes, or a backslash for one, for another site.
    """
    is_own = text.startswith("/") and not text.startswith("//") and "\\" not in text
    return text if is_own and text.isprintable() and text.isascii() else "/"


def signed_in(request: web.Request, token: str, to: str) -> web.StreamResponse:
    """Return the answer to somebody who signed in: a cookie and the way on, or the token.

    Parameters
    ----------
    request : web.Request
        Decides which.
    token : str
        Of the new session.
    to : str
        Where a browser goes.
    """
    seconds = request.app[PLATFORM].sessions.session_s
    if prefers_json(request):
        response = json_answer({"token": token, "seconds": seconds})
        response.headers["Cache-Control"] = "no-store"
        return response
    redirect = web.Response(status=303, headers={"Location": to, "Cache-Control": "no-store"})
    request.app[SESSION_COOKIE].remember(redirect, token, seconds)
    return redirect


async def _record_sign_in(request: web.Request, token: str, how: str) -> None:
    identity = await request.app[PLATFORM].identify(token)
    record(request, Deed.SIGNED_IN, "session", token_id(token), detail=how, user=identity.user)


async def _form(
    request: web.Request, to: str, error: ServiceError | None = None, *, name: str = ""
) -> Answer:
    platform = request.app[PLATFORM]
    data: dict[str, Any] = {
        "next": to,
        "name": name,
        "error": error.detail if error else "",
        "accounts": await platform.accounts.exist(),
    }
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.retry_s)
    return Answer("sign_in.html", data, error.status if error else 200, headers)
