"""Projects and their members."""

from __future__ import annotations

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM
from dashboard.web.app.endpoints import Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.permissions import rows
from dashboard.web.schemas.people import (
    MemberSchema,
    ProjectAnswerSchema,
    ProjectCreateSchema,
    ProjectListSchema,
)

endpoints = Endpoints("Projects", "project")


@endpoints.get("/projects", "List one's projects", answer=ProjectListSchema, permission=rows.PROJECT_LIST)
async def projects(request: web.Request) -> Answer:
    """Show the projects of the caller."""
    found = await request.app[PLATFORM].projects.list(request[IDENTITY])
    return Answer("projects.html", {"projects": [project.to_json() for project in found]})


@endpoints.post(
    "/projects",
    "Create a project",
    body=ProjectCreateSchema,
    answer=ProjectAnswerSchema,
    status=201,
    permission=rows.CREATE,
)
async def add_project(request: web.Request) -> Answer:
    """Create a project, which the caller leads."""
    body = request[BODY]
    made = await request.app[PLATFORM].projects.create(
        body["name"], body.get("title") or "", request[IDENTITY]
    )
    return Answer("done.html", {"project": made.to_json()}, 201, {"Location": f"/projects/{made.name}"})


@endpoints.get(
    "/projects/{project}",
    "Get a project with its members",
    answer=ProjectAnswerSchema,
    permission=rows.PROJECT_READ,
)
async def project(request: web.Request) -> Answer:
    """Show a project to its members."""
    found = await request.app[PLATFORM].projects.get(request.match_info["project"], request[IDENTITY])
    return Answer("project.html", {"project": found.to_json(), "leads": found.led_by(request[IDENTITY])})


@endpoints.post(
    "/projects/{project}/members",
    "Add a member, or change whether a member leads the project",
    action=Action.CHANGE,
    body=MemberSchema,
    answer=ProjectAnswerSchema,
    permission=rows.PROJECT_CHANGE,
)
async def put_member(request: web.Request) -> Answer:
    """Add or change a member."""
    body = request[BODY]
    changed = await request.app[PLATFORM].projects.put_member(
        request.match_info["project"], body["user"].strip(), lead=body["lead"], identity=request[IDENTITY]
    )
    return Answer("done.html", {"project": changed.to_json()})


@endpoints.delete(
    "/projects/{project}/members/{person}", "Remove a member", status=204, permission=rows.PROJECT_CHANGE
)
async def remove_member(request: web.Request) -> web.Response:
    """Remove a member, or leave."""
    named = request.match_info
    await request.app[PLATFORM].projects.remove_member(named["project"], named["person"], request[IDENTITY])
    return web.Response(status=204)


@endpoints.delete(
    "/projects/{project}",
    "Delete a project; what was shared with it is private",
    status=204,
    permission=rows.PROJECT_CHANGE,
)
async def remove_project(request: web.Request) -> web.Response:
    """Delete a project."""
    await request.app[PLATFORM].projects.delete(request.match_info["project"], request[IDENTITY])
    return web.Response(status=204)
