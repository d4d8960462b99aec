"""The administration of accounts, and one's own account."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from dashboard.auth.identity import Identity, Role
from dashboard.auth.policy import Action
from dashboard.platform.departure import Departure, Owned
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM, QUERY
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.app.requests import pages_in
from dashboard.web.permissions import rows
from dashboard.web.schemas.people import (
    InvitationSchema,
    PeopleQuery,
    PersonAnswerSchema,
    PersonChangeSchema,
    PersonCreateSchema,
    PersonDeleteQuery,
    PersonDetailSchema,
    PersonListSchema,
)

endpoints = Endpoints("People", "person")


@endpoints.get(
    "/people",
    "List accounts",
    query=PeopleQuery,
    answer=PersonListSchema,
    action=Action.CHANGE,
    permission=rows.ADMINISTER,
)
async def people(request: web.Request) -> Answer:
    """Show the accounts to an administrator."""
    query = request[QUERY]
    accounts = request.app[PLATFORM].accounts
    found, total = await accounts.list(
        request[IDENTITY], search=query["q"], page=query["page"], size=query["size"]
    )
    data = {
        "people": [account.to_json() for account in found],
        "total": total,
        "page": query["page"],
        "pages": pages_in(total, query["size"]),
        "roles": list(Role),
    }
    return Answer("people.html", data)


@endpoints.post(
    "/people",
    "Create an account, and make its invitation",
    body=PersonCreateSchema,
    answer=OBJECT,
    status=201,
    permission=rows.ADMINISTER,
)
async def add_person(request: web.Request) -> Answer:
    """Create an account; the answer has the link by which its user chooses a password."""
    platform, body = request.app[PLATFORM], request[BODY]
    account = await platform.accounts.create(
        body["name"],
        request[IDENTITY],
        title=body.get("title") or "",
        email=body.get("email") or "",
        roles=body["roles"],
    )
    link = await _invitation(request, account.name)
    address = f"/people/{account.name}"
    return Answer("done.html", {"person": account.to_json(), "invitation": link}, 201, {"Location": address})


@endpoints.get(
    "/people/{person}",
    "Get an account",
    answer=PersonDetailSchema,
    action=Action.CHANGE,
    permission=rows.ADMINISTER,
)
async def person(request: web.Request) -> Answer:
    """Show an account to an administrator."""
    platform = request.app[PLATFORM]
    found = await platform.accounts.get(request.match_info["person"], request[IDENTITY])
    sessions = await platform.sessions.list(Identity(found.name))
    data = {
        "person": found.to_json(),
        "belongings": await request.app[PLATFORM].departures.owned(found.name),
        "roles": list(Role),
        "sessions": [session.to_json() for session in sessions],
        "ways": await platform.providers.ways(found.name),
        "has_password": bool(await platform.accounts.password_hash(found.name)),
        "second_factor": (await platform.second_factors.state(found.name)).to_json(),
        "sign_ins": await platform.audit.sign_ins(found.name),
    }
    return Answer("person.html", data)


@endpoints.post(
    "/people/{person}",
    "Change an account; fields left out stay",
    action=Action.CHANGE,
    body=PersonChangeSchema,
    answer=PersonAnswerSchema,
    permission=rows.ADMINISTER,
)
async def change_person(request: web.Request) -> Answer:
    """Change an account; sessions and tokens of one that is disabled end."""
    platform, name = request.app[PLATFORM], request.match_info["person"]
    changed = await platform.accounts.change(name, request[BODY], request[IDENTITY])
    if request[BODY].get("disabled"):
        await platform.sessions.end_all(name)
        await platform.api_tokens.revoke_all(name)
    return Answer("done.html", {"person": changed.to_json()})


@endpoints.post(
    "/people/{person}/invitation",
    "Make a new link by which a user chooses a password; earlier ones end",
    action=Action.CHANGE,
    answer=InvitationSchema,
    permission=rows.ADMINISTER,
)
async def invite_person(request: web.Request) -> web.Response:
    """Make an invitation, also for somebody who forgot the password."""
    response = web.json_response(await _invitation(request, request.match_info["person"]))
    response.headers["Cache-Control"] = "no-store"
    return response


@endpoints.post(
    "/people/{person}/end-sessions",
    "End all sessions of a user",
    action=Action.CHANGE,
    answer=OBJECT,
    permission=rows.ADMINISTER,
)
async def end_sessions(request: web.Request) -> web.Response:
    """End the sessions of a user."""
    platform, name = request.app[PLATFORM], request.match_info["person"]
    await platform.accounts.get(name, request[IDENTITY])
    return web.json_response({"ended": await platform.sessions.end_all(name)})


@endpoints.post(
    "/people/{person}/reset-second-factor",
    "Switch the second factor of a user off, who lost the phone and the recovery codes",
    action=Action.CHANGE,
    answer=OBJECT,
    permission=rows.ADMINISTER,
)
async def reset_second_factor(request: web.Request) -> web.Response:
    """Switch the second factor of a user off."""
    platform, name = request.app[PLATFORM], request.match_info["person"]
    await platform.accounts.get(name, request[IDENTITY])
    return web.json_response({"removed": await platform.second_factors.remove(name)})


@endpoints.delete(
    "/people/{person}/ways/{way}",
    "Unlink a provider of accounts from that of a user",
    status=204,
    permission=rows.ADMINISTER,
)
async def unlink_persons_provider(request: web.Request) -> web.Response:
    """Unlink a provider, also the last way of a user to sign in."""
    platform, name = request.app[PLATFORM], request.match_info["person"]
    await platform.accounts.get(name, request[IDENTITY])
    await platform.providers.unlink(name, request.match_info["way"], keep_one=False)
    return web.Response(status=204)


@endpoints.delete(
    "/people/{person}",
    "Delete an account; its name stays taken",
    query=PersonDeleteQuery,
    status=204,
    permission=rows.ADMINISTER,
)
async def remove_person(request: web.Request) -> web.Response:
    """Delete an account, its sessions and tokens; the query says what becomes of what the user owns."""
    query = request[QUERY]
    choice = Departure(Owned(query["owned"]), query["to"].strip(), query["project"], query["jobs"] == "abort")
    departures = request.app[PLATFORM].departures
    await departures.delete(request.match_info["person"], choice, request[IDENTITY])
    return web.Response(status=204)


async def _invitation(request: web.Request, name: str) -> dict[str, Any]:
    platform = request.app[PLATFORM]
    path = f"/invitation?token={await platform.sign_in.invitation(name, request[IDENTITY])}"
    public = platform.settings.server.public_url.rstrip("/")
    return {"path": path, **({"url": f"{public}{path}"} if public else {})}
