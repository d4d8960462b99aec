"""Addresses that another program opens for a person, without their token, for some minutes.

A program that is sent an address by SAMP fetches it itself, and has no session. The address names who asked
for it and until when it is valid, and is signed (HMAC-SHA-256) with a key that this process made when it
started. It gives no more than the person could read, and only tables and spectra.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import replace

from aiohttp import web
from yarl import URL

from dashboard.auth.identity import ANONYMOUS, Identity, Scope
from dashboard.base.errors import FieldError, Invalid
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM
from dashboard.web.app.endpoints import Endpoints
from dashboard.web.app.rendering import json_answer
from dashboard.web.permissions import rows
from dashboard.web.schemas.vo.signed import SignCreateSchema, SignedSchema
from dashboard.web.snippets.origin import origin_of

endpoints = Endpoints("Virtual Observatory", "settings")
VALID_S = 900
SIGNATURE, EXPIRES, PERSON = "signature", "expires", "person"
_KEY = secrets.token_bytes(32)


@endpoints.post(
    "/vo/signed",
    "Sign the address of a table or spectrum, for a program that has no token: valid for 15 minutes",
    audit=False,
    body=SignCreateSchema,
    answer=SignedSchema,
    permission=rows.SIGNED_IN,
)
async def sign_address(request: web.Request) -> web.Response:
    """Return an address that gives what the caller may read."""
    path = URL(request[BODY]["path"])
    if path.is_absolute() or not path.path.startswith(("/vo/", "/uws/")):
        message = "must begin with /vo/ or /uws/"
        raise Invalid(f"The path {message}.", [FieldError("path", message)])
    expires = int(time.time()) + VALID_S
    whole = path.update_query({PERSON: request[IDENTITY].user, EXPIRES: str(expires)})
    signed = whole.update_query({SIGNATURE: _signature(whole)})
    return json_answer({"url": f"{origin_of(request)}{signed}", "expires": expires})


async def signer_of(request: web.Request) -> Identity:
    """Return who signed the address of a request, to read only; nobody where it is not valid (any more)."""
    given = request.query.get(SIGNATURE, "")
    if not given or request.method not in {"GET", "HEAD"}:
        return ANONYMOUS
    whole = request.rel_url.without_query_params(SIGNATURE)
    expires = request.query.get(EXPIRES, "")
    valid = hmac.compare_digest(given.encode(), _signature(whole).encode())
    if not valid or not expires.isdecimal() or int(expires) < time.time():
        return ANONYMOUS
    found = await request.app[PLATFORM].identity_of(request.query.get(PERSON, ""))
    return replace(found, scopes=frozenset({Scope.READ}))


def _signature(address: URL) -> str:
    text = f"{address.path}?{sorted(address.query.items())}"
    return hmac.new(_KEY, text.encode(), hashlib.sha256).hexdigest()
