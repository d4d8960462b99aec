"""One's own account: the name that people read, the e-mail address, and the second factor."""

from __future__ import annotations

from aiohttp import web

from dashboard.auth.audit import Deed
from dashboard.auth.policy import Action
from dashboard.auth.second_factor.totp import address, qr_code
from dashboard.base.errors import Conflict
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM, QUERY
from dashboard.web.app.auditing import record
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.app.rendering import Answer, prefers_json
from dashboard.web.app.requests import caller_of
from dashboard.web.pages.people.signed_in import PRIVATE
from dashboard.web.permissions import rows
from dashboard.web.schemas.account.profile import (
    EmailChangeSchema,
    FactorBegunSchema,
    PresentCodeSchema,
    PresentPasswordSchema,
    ProfileSchema,
    RecoveryCodesSchema,
)
from dashboard.web.schemas.account.sign_in import OneTimeLinkQuery, OneTimeLinkSchema
from dashboard.web.schemas.people import PersonAnswerSchema

endpoints = Endpoints("Settings", "settings")


@endpoints.post(
    "/settings/profile",
    "Change the name that people read",
    action=Action.CHANGE,
    body=ProfileSchema,
    answer=PersonAnswerSchema,
    permission=rows.SIGNED_IN,
)
async def change_profile(request: web.Request) -> web.Response:
    """Change the title of the caller's account."""
    identity, changes = request[IDENTITY], {"title": request[BODY]["title"]}
    changed = await request.app[PLATFORM].accounts.change(identity.user, changes, identity)
    return web.json_response({"person": changed.to_json()})


@endpoints.post(
    "/settings/email",
    "Change one's e-mail address: a link is sent there, which confirms it",
    action=Action.CHANGE,
    body=EmailChangeSchema,
    answer=OBJECT,
    status=202,
    permission=rows.SIGNED_IN,
)
async def change_email(request: web.Request) -> web.Response:
    """Send a link to the new address."""
    platform, body = request.app[PLATFORM], request[BODY]
    email = body["email"].strip()
    await platform.email_change.request(request[IDENTITY], email, body["password"], caller_of(request))
    return web.json_response({"pending": email}, status=202)


@endpoints.get(
    "/email-confirmation",
    "Get the form that confirms an e-mail address",
    kind="session",
    query=OneTimeLinkQuery,
    answer=OBJECT,
    public=True,
    permission=rows.OPEN,
)
async def email_confirmation_form(request: web.Request) -> Answer:
    """Show the form: scanners of mail follow links, and press no button."""
    token = request[QUERY]["token"]
    email = await request.app[PLATFORM].email_change.find(token)
    return Answer("email_confirmation.html", {"email": email, "token": token, "error": ""}, headers=PRIVATE)


@endpoints.post(
    "/email-confirmation",
    "Confirm an e-mail address",
    kind="session",
    public=True,
    audit=False,  # recorded with whose it is
    body=OneTimeLinkSchema,
    answer=OBJECT,
    permission=rows.OPEN,
)
async def confirm_email(request: web.Request) -> Answer:
    """Let the address of a link count."""
    try:
        user, email = await request.app[PLATFORM].email_change.confirm(request[BODY]["token"])
    except Conflict as error:
        if prefers_json(request):
            raise
        data = {"email": "", "token": "", "error": error.detail}
        return Answer("email_confirmation.html", data, error.status)
    record(request, Deed.CHANGED, "person", user, detail="e-mail address", user=user)
    sent = f"{email} is now the address of your account {user}."
    return Answer("sent.html", {"title": "The address is confirmed", "sent": sent})


@endpoints.post(
    "/settings/second-factor",
    "Begin to set up a second factor; it counts when a first code was sent",
    action=Action.CHANGE,
    audit=False,  # recorded when it counts
    body=PresentPasswordSchema,
    answer=FactorBegunSchema,
    permission=rows.SIGNED_IN,
)
async def begin_second_factor(request: web.Request) -> web.Response:
    """Make a secret."""
    platform, identity = request.app[PLATFORM], request[IDENTITY]
    await platform.accounts.get(identity.user, identity)
    await platform.sign_in.require_password(identity, request[BODY]["password"], caller_of(request))
    secret = await platform.second_factors.begin(identity.user)
    told = address(secret, identity.user, platform.settings.server.address)
    return _private({"secret": secret, "address": told, "qr": qr_code(told)})


@endpoints.post(
    "/settings/second-factor/confirm",
    "Switch the second factor on with a first code; the answer has recovery codes, once",
    action=Action.CHANGE,
    body=PresentCodeSchema,
    answer=RecoveryCodesSchema,
    permission=rows.SIGNED_IN,
)
async def confirm_second_factor(request: web.Request) -> web.Response:
    """Switch it on."""
    codes = await request.app[PLATFORM].sign_in.confirm_factor(
        request[IDENTITY], request[BODY]["code"], caller_of(request)
    )
    return _private({"recovery_codes": list(codes)})


@endpoints.post(
    "/settings/second-factor/recovery-codes",
    "Make new recovery codes; the earlier ones end",
    action=Action.CHANGE,
    body=PresentCodeSchema,
    answer=RecoveryCodesSchema,
    permission=rows.SIGNED_IN,
)
async def renew_recovery_codes(request: web.Request) -> web.Response:
    """Make new codes."""
    platform, identity = request.app[PLATFORM], request[IDENTITY]
    await platform.sign_in.require_code(identity, request[BODY]["code"], caller_of(request))
    return _private({"recovery_codes": await platform.second_factors.renew_recovery_codes(identity.user)})


@endpoints.post(
    "/settings/second-factor/off",
    "Switch the second factor off",
    action=Action.CHANGE,
    body=PresentCodeSchema,
    status=204,
    permission=rows.SIGNED_IN,
)
async def remove_second_factor(request: web.Request) -> web.Response:
    """Switch it off."""
    platform, identity = request.app[PLATFORM], request[IDENTITY]
    await platform.sign_in.require_code(identity, request[BODY]["code"], caller_of(request))
    await platform.second_factors.remove(identity.user)
    return web.Response(status=204)


def _private(told: dict[str, object]) -> web.Response:
    return web.json_response(told, headers={"Cache-Control": "no-store"})
