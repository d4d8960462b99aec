"""Choosing a password: by an invitation, by a link that is sent by e-mail, or in place of the present one."""

from __future__ import annotations

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.base.errors import Conflict, Invalid, ServiceError, TooMany
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM, QUERY, TOKEN
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.app.rendering import Answer, prefers_json
from dashboard.web.app.requests import caller_of
from dashboard.web.pages.people.signed_in import PRIVATE, answer_to
from dashboard.web.permissions import rows
from dashboard.web.schemas.account.sign_in import (
    ChangePasswordSchema,
    ChoosePasswordSchema,
    ForgottenPasswordSchema,
    OneTimeLinkQuery,
    SentSchema,
    SignedInSchema,
)
from dashboard.web.schemas.people import PersonAnswerSchema

endpoints = Endpoints("People", "session")
SENT = (
    "If there is such an account and it has an e-mail address, a link was sent there. It works for an hour."
)


@endpoints.get(
    "/invitation",
    "Get the form for choosing a password by a link",
    query=OneTimeLinkQuery,
    answer=PersonAnswerSchema,
    public=True,
    permission=rows.OPEN,
)
async def invitation_form(request: web.Request) -> Answer:
    """Show the form of a link that is still good."""
    token = request[QUERY]["token"]
    account = await request.app[PLATFORM].sign_in.invited(token)
    data = {"person": account.to_json(), "token": token, "error": "", "errors": []}
    return Answer("invitation.html", data, headers=PRIVATE)


@endpoints.post(
    "/invitation",
    "Choose a password by a link, and sign in",
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
        outcome = await platform.sign_in.choose_password(body["token"], body["password"], caller_of(request))
    except Invalid as error:
        if prefers_json(request):
            raise
        account = await platform.sign_in.invited(body["token"])
        data = {"person": account.to_json(), "token": body["token"], "error": error.detail, "errors": []}
        return Answer("invitation.html", data, 422, PRIVATE)
    return answer_to(request, outcome, "/", "invitation")


@endpoints.get(
    "/forgotten-password",
    "Get the form for a forgotten password",
    answer=OBJECT,
    public=True,
    permission=rows.OPEN,
)
async def forgotten_password_form(request: web.Request) -> Answer:
    """Show the form, or why no link can be sent."""
    return _forgotten(request)


@endpoints.post(
    "/forgotten-password",
    "Send a link for choosing a password; the answer is the same whether there is such an account or not",
    public=True,
    audit=False,  # it changes nothing, and the name that was typed may be a password
    body=ForgottenPasswordSchema,
    answer=SentSchema,
    status=202,
    permission=rows.OPEN,
)
async def send_password_link(request: web.Request) -> Answer:
    """Send a link in the background."""
    try:
        request.app[PLATFORM].forgotten_password.request(request[BODY]["name"], caller_of(request))
    except (Conflict, TooMany) as error:
        if prefers_json(request):
            raise
        return _forgotten(request, error)
    return Answer("sent.html", {"sent": SENT, "title": "Look into your mail"}, 202)


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


def _forgotten(request: web.Request, error: ServiceError | None = None) -> Answer:
    data = {
        "unavailable": request.app[PLATFORM].forgotten_password.unavailable,
        "error": error.detail if error else "",
    }
    return Answer("forgotten_password.html", data, error.status if error else 200)
