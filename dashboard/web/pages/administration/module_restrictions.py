"""Who may use which module."""

from __future__ import annotations

from aiohttp import web

from dashboard.auth.identity import Role
from dashboard.auth.policy import Action
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.permissions import rows
from dashboard.web.schemas.administration.messages import RestrictionAnswerSchema, RestrictionChangeSchema

endpoints = Endpoints("Administration", "administration")


@endpoints.get(
    "/administration/modules",
    "List modules with who may use them",
    action=Action.CHANGE,
    permission=rows.ADMINISTER,
    answer=OBJECT,
)
async def restricted_modules(request: web.Request) -> Answer:
    """Show who may use which module."""
    platform = request.app[PLATFORM]
    known = await platform.restrictions.all()
    modules = [
        {"name": name, "title": module.title, "restriction": known[name].to_json() if name in known else None}
        for name, module in sorted(platform.modules.catalog.modules.items())
    ]
    projects = [project.name for project in await platform.projects.list(request[IDENTITY])]
    return Answer("restrictions.html", {"modules": modules, "projects": projects, "roles": list(Role)})


@endpoints.post(
    "/administration/modules/{module}",
    "Restrict a module to a role and projects, or open it to everybody",
    action=Action.CHANGE,
    permission=rows.ADMINISTER,
    variable="module",
    body=RestrictionChangeSchema,
    answer=RestrictionAnswerSchema,
)
async def restrict_module(request: web.Request) -> web.Response:
    """Change who may use a module."""
    platform, name = request.app[PLATFORM], request.match_info["module"]
    platform.modules.get(name)
    made = await platform.restrictions.put(name, request[BODY], request[IDENTITY])
    return web.json_response({"restriction": made.to_json()})
