"""Versions of a deployment: add, canary, promote, roll back."""

from __future__ import annotations

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.web.app.app_keys import BODY, IDENTITY
from dashboard.web.app.endpoints import Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.pages.deployments.deployments import done, name_of, service_of
from dashboard.web.permissions import rows
from dashboard.web.schemas.deployments import (
    CanaryChangeSchema,
    DeploymentAnswerSchema,
    PromotionSchema,
    VersionCreateSchema,
)

endpoints = Endpoints("Deployments", "deployment")


@endpoints.post(
    "/deployments/{deployment}/versions",
    "Add a version, active or as a canary",
    action=Action.CHANGE,
    body=VersionCreateSchema,
    answer=DeploymentAnswerSchema,
    status=201,
    permission=rows.CHANGE,
)
async def add_version(request: web.Request) -> Answer:
    """Add a version."""
    made = await service_of(request).versions.add(name_of(request), request[BODY], request[IDENTITY])
    return Answer("done.html", {"deployment": made}, 201, {"Location": made["address"]})


@endpoints.post(
    "/deployments/{deployment}/canary",
    "Set the canary's share of the requests",
    action=Action.CHANGE,
    body=CanaryChangeSchema,
    answer=DeploymentAnswerSchema,
    permission=rows.CHANGE,
)
async def set_canary(request: web.Request) -> Answer:
    """Set the canary's share."""
    return done(
        await service_of(request).versions.set_canary(name_of(request), request[BODY], request[IDENTITY])
    )


@endpoints.post(
    "/deployments/{deployment}/promote",
    "Make the canary, or the named version, the active one",
    action=Action.CHANGE,
    body=PromotionSchema,
    answer=DeploymentAnswerSchema,
    permission=rows.CHANGE,
)
async def promote_version(request: web.Request) -> Answer:
    """Promote a version."""
    return done(
        await service_of(request).versions.promote(name_of(request), request[BODY], request[IDENTITY])
    )


@endpoints.post(
    "/deployments/{deployment}/rollback",
    "Stop the canary, or roll back to the previous version",
    action=Action.CHANGE,
    answer=DeploymentAnswerSchema,
    permission=rows.CHANGE,
)
async def roll_back(request: web.Request) -> Answer:
    """Return to the previous version."""
    return done(await service_of(request).versions.roll_back(name_of(request), request[IDENTITY]))
