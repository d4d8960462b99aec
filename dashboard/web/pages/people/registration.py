"""Registering oneself, where the settings allow it."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from dashboard.auth.audit import Deed
from dashboard.base.errors import Conflict, Invalid, ServiceError, TooMany
from dashboard.web.app.app_keys import BODY, PLATFORM, QUERY
from dashboard.web.app.auditing import record
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.app.rendering import Answer, prefers_json
from dashboard.web.app.requests import caller_of
from dashboard.web.pages.people.signed_in import PRIVATE, answer_to
from dashboard.web.permissions import rows
from dashboard.web.schemas.account.sign_in import (
    CompleteRegistrationSchema,
    OneTimeLinkQuery,
    RegisterSchema,
    SentSchema,
    SignedInSchema,
)

endpoints = Endpoints("People", "session")
SENT = "A link was sent to this address. It works once, for a day; there you choose a name and a password."


@endpoints.get(
    "/register",
    "Get the form for registering",
    answer=OBJECT,
    public=True,
    permission=rows.OPEN,
)
async def register_form(request: web.Request) -> Answer:
    """Show the form, or why nobody registers."""
    return _form(request)


@endpoints.post(
    "/register",
    "Send a link for making an account; the answer is the same whether the address is known or not",
    public=True,
    audit=False,
    body=RegisterSchema,
    answer=SentSchema,
    status=202,
    permission=rows.OPEN,
)
async def register(request: web.Request) -> Answer:
    """Send a link in the background."""
    email = request[BODY]["email"]
    try:
        request.app[PLATFORM].registration.request(email, caller_of(request))
    except (Conflict, Invalid, TooMany) as error:
        if prefers_json(request):
            raise
        return _form(request, error, email=email)
    return Answer("sent.html", {"sent": SENT, "title": "Look into your mail"}, 202)


@endpoints.get(
    "/register/confirm",
    "Get the form for making the account of a confirmed address",
    query=OneTimeLinkQuery,
    answer=OBJECT,
    public=True,
    permission=rows.OPEN,
)
async def complete_registration_form(request: web.Request) -> Answer:
    """Show the form of a link that is still good."""
    token = request[QUERY]["token"]
    return _last_form(await request.app[PLATFORM].registration.email(token), {"token": token})


@endpoints.post(
    "/register/confirm",
    "Make the account of a confirmed address, and sign in",
    public=True,
    audit=False,  # recorded with whose account it is
    body=CompleteRegistrationSchema,
    answer=SignedInSchema,
    permission=rows.OPEN,
)
async def complete_registration(request: web.Request) -> Answer | web.StreamResponse:
    """Create the account."""
    registration, body = request.app[PLATFORM].registration, request[BODY]
    try:
        outcome = await registration.complete(
            body["token"], body["name"], body["password"], title=body["title"], caller=caller_of(request)
        )
    except (Invalid, Conflict) as error:
        if prefers_json(request):
            raise
        return _last_form(await registration.email(body["token"]), body, error)
    record(request, Deed.CREATED, "person", outcome.user, detail="registration", user=outcome.user)
    return answer_to(request, outcome, "/", "registration")


def _form(request: web.Request, error: ServiceError | None = None, *, email: str = "") -> Answer:
    platform = request.app[PLATFORM]
    data = {
        "closed": platform.registration.closed,
        "domains": list(platform.settings.people.email_domains),
        "email": email,
        **_told(error),
    }
    return Answer("register.html", data, error.status if error else 200)


def _last_form(email: str, body: dict[str, Any], error: ServiceError | None = None) -> Answer:
    data = {
        "email": email,
        "token": body["token"],
        "name": body.get("name", ""),
        "title": body.get("title", ""),
        **_told(error),
    }
    return Answer("register_confirm.html", data, error.status if error else 200, PRIVATE)


def _told(error: ServiceError | None) -> dict[str, Any]:
    if error is None:
        return {"error": "", "errors": []}
    return {"error": error.detail, "errors": [one.to_json() for one in error.errors]}
