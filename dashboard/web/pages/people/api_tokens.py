"""One's own API tokens."""

from __future__ import annotations

from aiohttp import web

from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM
from dashboard.web.app.endpoints import Endpoints
from dashboard.web.permissions import rows
from dashboard.web.schemas.people import (
    ApiTokenCreatedSchema,
    ApiTokenCreateSchema,
    ApiTokenListSchema,
)

endpoints = Endpoints("Settings", "settings")


@endpoints.get(
    "/settings/tokens",
    "List one's API tokens, without their secrets",
    answer=ApiTokenListSchema,
    permission=rows.SIGNED_IN,
)
async def list_api_tokens(request: web.Request) -> web.Response:
    """List the tokens of the caller, the newest first."""
    found = await request.app[PLATFORM].api_tokens.list(request[IDENTITY].user)
    return web.json_response({"tokens": [token.to_json() for token in found]})


@endpoints.post(
    "/settings/tokens",
    "Create an API token; the answer has its secret, once",
    body=ApiTokenCreateSchema,
    answer=ApiTokenCreatedSchema,
    status=201,
    permission=rows.SIGNED_IN,
)
async def create_api_token(request: web.Request) -> web.Response:
    """Make a token; it is answered as JSON only, so that it stays in no browser's history."""
    body = request[BODY]
    made, secret = await request.app[PLATFORM].api_tokens.create(
        request[IDENTITY], body["title"], body["scopes"], body["days"]
    )
    told = {"token": {**made.to_json(), "secret": secret}}
    return web.json_response(told, status=201, headers={"Cache-Control": "no-store"})


@endpoints.delete(
    "/settings/tokens/{token}", "Revoke an API token of one's own", status=204, permission=rows.PERSONAL
)
async def revoke_api_token(request: web.Request) -> web.Response:
    """Revoke a token."""
    await request.app[PLATFORM].api_tokens.revoke(request[IDENTITY], request.match_info["token"])
    return web.Response(status=204)
