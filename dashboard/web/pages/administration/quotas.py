"""Quotas and use of people, projects and roles: managers see them, administrators change them."""

from __future__ import annotations

from aiohttp import web

from dashboard.auth.policy import Action, absent
from dashboard.quotas.measure import COUNTED, month_start
from dashboard.quotas.overview import USE
from dashboard.quotas.quota import Quota, Subject, described
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM, QUERY
from dashboard.web.app.endpoints import Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.app.requests import pages_in
from dashboard.web.permissions import rows
from dashboard.web.schemas.administration.quotas import (
    AccountUseAnswerSchema,
    QuotaChangeSchema,
    UseListSchema,
    UseQuery,
)

endpoints = Endpoints("Administration", USE)


@endpoints.get(
    "/administration/quotas",
    "List what people, projects and roles may have and have; for managers",
    permission=rows.MANAGE,
    query=UseQuery,
    answer=UseListSchema,
)
async def quota_use(request: web.Request) -> Answer:
    """Show quotas and use."""
    overview, identity, query = request.app[PLATFORM].quota_overview, request[IDENTITY], request[QUERY]
    found = await overview.people(
        identity, search=query["q"], sort=query["sort"], page=query["page"], size=query["size"]
    )
    data = {
        "month": month_start(),
        "people": [one.to_json() for one in found.items],
        "projects": [one.to_json() for one in await overview.projects(identity)],
        "roles": [one.to_json() for one in await overview.roles(identity)],
        "total": found.total,
        "page": found.page,
        "pages": pages_in(found.total, found.size),
        "sort": query["sort"],
        "quotas": described(),
        "counted": [str(quota) for quota in COUNTED],
    }
    return Answer("quotas.html", data)


@endpoints.post(
    "/administration/quotas/{subject}/{name}",
    "Change limits of a role, person or project; those left out stay, null removes one",
    action=Action.CHANGE,
    variable="name",
    permission=rows.ADMINISTER,
    body=QuotaChangeSchema,
    answer=AccountUseAnswerSchema,
)
async def change_quotas(request: web.Request) -> web.Response:
    """Set limits.

    Raises
    ------
    NotFound
        If there is no such role, person or project.
    """
    named = request.match_info
    if named["subject"] not in set(Subject):
        raise absent("kind of quota", named["subject"])
    amounts = {Quota(name): amount for name, amount in request[BODY]["limits"].items()}
    changed = await request.app[PLATFORM].quota_overview.change(
        Subject(named["subject"]), named["name"], amounts, request[IDENTITY]
    )
    return web.json_response({"account": changed.to_json(), "notes": changed.over()})
