"""The answers to somebody who signs in: the way on, the token, or the question for a code."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from dashboard.auth.audit import Deed
from dashboard.auth.links import SECONDS, LinkKind
from dashboard.auth.second_factor.totp import address, qr_code
from dashboard.auth.sessions import token_id
from dashboard.auth.sign_in import CodeNeeded, SignedIn
from dashboard.base.errors import ServiceError
from dashboard.web.app.app_keys import PLATFORM, SESSION_COOKIE
from dashboard.web.app.auditing import record
from dashboard.web.app.rendering import RENDERER, Answer, json_answer, prefers_json

PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def own_path(text: str) -> str:
    """Return a path of this platform from what somebody sent as one; anything else is the market's.

    Parameters
    ----------
    text : str
        Such as ``/jobs?page=2``. A browser takes two slashes, or a backslash for one, for another site.
    """
    is_own = text.startswith("/") and not text.startswith("//") and "\\" not in text
    return text if is_own and text.isprintable() and text.isascii() else "/"


def answer_to(
    request: web.Request, outcome: SignedIn | CodeNeeded, to: str, how: str
) -> Answer | web.StreamResponse:
    """Return the answer to a sign-in, which is recorded.

    Parameters
    ----------
    request : web.Request
        Decides between the page and JSON.
    outcome : SignedIn or CodeNeeded
        What came of it.
    to : str
        Where a browser goes.
    how : str
        How somebody signed in, for the audit log.
    """
    if isinstance(outcome, CodeNeeded):
        return code_form(request, outcome, to)
    record(request, Deed.SIGNED_IN, "session", token_id(outcome.token), detail=how, user=outcome.user)
    if outcome.recovery_codes:
        record(request, Deed.CREATED, "person", outcome.user, detail="second factor", user=outcome.user)
    return signed_in(request, outcome, to)


def signed_in(request: web.Request, outcome: SignedIn, to: str) -> web.StreamResponse:
    """Return a cookie and the way on, or the token.

    Parameters
    ----------
    request : web.Request
        Decides which.
    outcome : SignedIn
        The new session.
    to : str
        Where a browser goes.
    """
    seconds = request.app[PLATFORM].sessions.session_s
    codes = list(outcome.recovery_codes)
    response: web.StreamResponse
    if prefers_json(request):
        told: dict[str, Any] = {"token": outcome.token, "seconds": seconds}
        response = json_answer({**told, "recovery_codes": codes} if codes else told)
    elif codes:
        page = Answer("recovery_codes.html", {"recovery_codes": codes, "next": to})
        response = request.app[RENDERER].response(request, page)
        request.app[SESSION_COOKIE].remember(response, outcome.token, seconds)
    else:
        response = web.Response(status=303, headers={"Location": to})
        request.app[SESSION_COOKIE].remember(response, outcome.token, seconds)
    response.headers["Cache-Control"] = "no-store"
    return response


def code_form(
    request: web.Request, needed: CodeNeeded, to: str, error: ServiceError | None = None
) -> Answer | web.StreamResponse:
    """Return the question for the code of a second factor, which may have to be set up first.

    Parameters
    ----------
    request : web.Request
        Decides between the page and JSON.
    needed : CodeNeeded
        For what.
    to : str
        Where a browser goes afterwards.
    error : ServiceError, optional
        What was wrong with the code before.
    """
    told: dict[str, Any] = {"challenge": needed.challenge, "seconds": SECONDS[LinkKind.CODE]}
    if prefers_json(request):
        response = json_answer({**told, "secret": needed.secret} if needed.secret else told)
        response.headers["Cache-Control"] = "no-store"
        return response
    platform = request.app[PLATFORM].settings.server.address
    data = {
        **told,
        "next": to,
        "secret": needed.secret,
        "qr": qr_code(address(needed.secret, needed.user, platform)) if needed.secret else "",
        "error": error.detail if error else "",
        "errors": [one.to_json() for one in error.errors] if error else [],
    }
    return Answer("second_factor.html", data, error.status if error else 200, PRIVATE)
