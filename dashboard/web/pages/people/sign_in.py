"""Signing in by name and password, and the code of a second factor."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from dashboard.auth.audit import Deed
from dashboard.auth.sign_in import BY_PASSWORD
from dashboard.base.errors import Invalid, ServiceError, TooMany, Unauthenticated
from dashboard.web.app.app_keys import BODY, PLATFORM, QUERY
from dashboard.web.app.auditing import record
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.app.rendering import Answer, prefers_json
from dashboard.web.app.requests import caller_of
from dashboard.web.pages.people.signed_in import answer_to, code_form, own_path
from dashboard.web.permissions import rows
from dashboard.web.schemas.account.sign_in import CodeSchema, NextQuery, SignedInSchema, SignInSchema

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
    return await sign_in_page(request, own_path(request[QUERY]["next"]))


@endpoints.post(
    "/sign-in",
    "Sign in by name and password; where a second factor is needed, the answer has a challenge",
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
        outcome = await platform.sign_in.sign_in(
            body["name"], body["password"], caller_of(request), body["code"]
        )
    except (Unauthenticated, TooMany, Invalid) as error:
        await record_failure(request, body["name"])
        if prefers_json(request):
            raise
        return await sign_in_page(request, to, error, name=body["name"])
    return answer_to(request, outcome, to, BY_PASSWORD)


@endpoints.post(
    "/second-factor",
    "Send the code of the second factor, and sign in",
    public=True,
    audit=False,
    body=CodeSchema,
    answer=SignedInSchema,
    permission=rows.OPEN,
)
async def send_code(request: web.Request) -> Answer | web.StreamResponse:
    """Finish a sign-in; the challenge stays good after a wrong code."""
    platform, body = request.app[PLATFORM], request[BODY]
    to = own_path(body["next"])
    try:
        outcome = await platform.sign_in.finish(body["challenge"], body["code"], caller_of(request))
    except (Unauthenticated, TooMany, Invalid) as error:
        needed = await platform.sign_in.challenged(body["challenge"])
        await record_failure(request, needed.user if needed else "", "second factor")
        if prefers_json(request):
            raise
        if needed is None:
            return await sign_in_page(request, to, error)
        return code_form(request, needed, to, error)
    return answer_to(request, outcome, to, "password and code")


async def record_failure(request: web.Request, typed: str, how: str = "") -> None:
    """Record a sign-in that failed, under the account that was meant, whether there is one or not.

    Parameters
    ----------
    request : web.Request
        From whom.
    typed : str
        User id or e-mail address.
    how : str
        By what it was tried; empty: by a password.
    """
    name = typed.strip().casefold()
    found = await request.app[PLATFORM].accounts.by_email(name) if "@" in name else None
    detail = f"{typed}: {how}" if how else typed
    record(request, Deed.SIGN_IN_FAILED, "session", found.name if found else name, detail=detail, user="")


async def sign_in_page(
    request: web.Request, to: str, error: ServiceError | None = None, *, name: str = ""
) -> Answer:
    """Return the page with all ways to sign in.

    Parameters
    ----------
    request : web.Request
        Of somebody who is not signed in.
    to : str
        Where they go then.
    error : ServiceError, optional
        Why they are not.
    name : str
        As typed.
    """
    platform = request.app[PLATFORM]
    data: dict[str, Any] = {
        "next": to,
        "name": name,
        "error": error.detail if error else "",
        "accounts": await platform.accounts.exist(),
        "providers": platform.providers.listed,
        "registration": platform.settings.people.registration,
        "mail": platform.letters.available,
    }
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(error.retry_s)
    return Answer("sign_in.html", data, error.status if error else 200, headers)
