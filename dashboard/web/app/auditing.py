"""What of the requests goes into the audit log."""

from __future__ import annotations

from aiohttp import web

from dashboard.auth.audit import AuditEntry, Deed
from dashboard.auth.identity import ANONYMOUS
from dashboard.auth.policy import Action
from dashboard.auth.sessions import token_id
from dashboard.base.errors import Denied
from dashboard.web.app.app_keys import IDENTITY, PLATFORM, TOKEN
from dashboard.web.app.endpoints import Endpoint

DEEDS = {
    Action.READ: Deed.DOWNLOADED,
    Action.CREATE: Deed.CREATED,
    Action.CHANGE: Deed.CHANGED,
    Action.LABEL: Deed.CHANGED,
    Action.DELETE: Deed.DELETED,
}
FAILED_FROM = 400


def record(
    request: web.Request,
    deed: Deed,
    kind: str,
    named: str = "",
    *,
    operation: str = "",
    detail: str = "",
    user: str | None = None,
) -> None:
    """Add an entry about a request.

    Parameters
    ----------
    request : web.Request
        Gives who, by which session or token, and from where.
    deed : Deed
        What was done.
    kind, named : str
        To which object.
    operation : str
        Name of the operation.
    detail : str
        What else there is to say.
    user : str or None
        Who did it; None: the identity of the request.
    """
    platform = request.app[PLATFORM]
    token = request.get(TOKEN, "")
    platform.audit.record(
        AuditEntry(
            user=request.get(IDENTITY, ANONYMOUS).user if user is None else user,
            via=token_id(token) if token else "",
            address=platform.caller_addresses.of(request),
            deed=deed,
            kind=kind,
            object=named,
            operation=operation,
            detail=detail,
        )
    )


def record_outcome(
    request: web.Request, endpoint: Endpoint, response: web.StreamResponse | None, error: Exception | None
) -> None:
    """Add an entry about what a request did, or about its being denied; most requests only read.

    Parameters
    ----------
    request : web.Request
        After its handler.
    endpoint : Endpoint
        Which it was for.
    response : web.StreamResponse or None
        The answer, where there is one.
    error : Exception or None
        What the handler raised.
    """
    named = request.match_info.get(endpoint.variable or endpoint.kind, "")
    told = {"kind": endpoint.kind, "named": named, "operation": endpoint.name}
    if isinstance(error, Denied):
        record(request, Deed.DENIED, **told, detail=f"{request.method} {request.path}")
    elif endpoint.audited and response is not None and response.status < FAILED_FROM:
        if not named and response.headers.get("Location"):
            told["named"] = response.headers["Location"].rstrip("/").rpartition("/")[2]
        more = next(
            (request.match_info[name] for name in ("path", "token", "person") if name in request.match_info),
            "",
        )
        record(request, DEEDS[endpoint.action], **told, detail="" if more == named else more)
