"""Tokens of a deployment."""

from __future__ import annotations

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.web.app.app_keys import BODY, IDENTITY
from dashboard.web.app.endpoints import Endpoints
from dashboard.web.pages.deployments.deployments import name_of, service_of
from dashboard.web.permissions import rows
from dashboard.web.schemas.deployments import (
    TokenAnswerSchema,
    TokenCreateSchema,
    TokenListSchema,
)

endpoints = Endpoints("Deployments", "deployment")


@endpoints.get(
    "/deployments/{deployment}/tokens",
    "List the tokens of a deployment, without their secrets",
    answer=TokenListSchema,
    permission=rows.READ,
)
async def tokens(request: web.Request) -> web.Response:
    """List tokens."""
    return web.json_response({"tokens": service_of(request).tokens.list(name_of(request), request[IDENTITY])})


@endpoints.post(
    "/deployments/{deployment}/tokens",
    "Create a token; the answer has its secret, once",
    action=Action.CHANGE,
    body=TokenCreateSchema,
    answer=TokenAnswerSchema,
    status=201,
    permission=rows.CHANGE,
)
async def make_token(request: web.Request) -> web.Response:
    """Make a token; it is answered as JSON only, so that it stays in no browser's history."""
    made = await service_of(request).tokens.make(name_of(request), request[BODY], request[IDENTITY])
    return web.json_response({"token": made}, status=201, headers={"Cache-Control": "no-store"})


@endpoints.delete(
    "/deployments/{deployment}/tokens/{token}",
    "Revoke a token",
    action=Action.CHANGE,
    status=204,
    permission=rows.CHANGE,
)
async def delete_token(request: web.Request) -> web.Response:
    """Revoke a token."""
    await service_of(request).tokens.delete(name_of(request), request.match_info["token"], request[IDENTITY])
    return web.Response(status=204)
