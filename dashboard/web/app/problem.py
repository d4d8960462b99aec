"""The problem document of an error (RFC 9457), made here for the page and the API alike."""

from __future__ import annotations

import logging
from typing import Any

from aiohttp import web
from sqlalchemy.exc import InterfaceError, OperationalError

from dashboard.base.errors import NotFound, ServiceError, StorageFull, TooSlow, Unavailable
from dashboard.base.storage import is_storage_full
from wire.slow_heads import BodyPaused

log = logging.getLogger(__name__)


def problem_of(error: Exception, request: web.BaseRequest, identifier: str) -> dict[str, Any]:
    """Return the problem document, and log what is a fault of the platform.

    Parameters
    ----------
    error : Exception
        Of a service, of aiohttp, or unexpected.
    request : web.BaseRequest
        Its path is the problem's ``instance``.
    identifier : str
        Stands in the log and in the problem as ``id``.

    Returns
    -------
    dict
        ``type, title, status, detail, instance`` of RFC 9457, and as extensions ``errors`` (by field)
        and ``id``.
    """
    if is_storage_full(error):
        log.warning("%s %s %s: the storage is full: %s", identifier, request.method, request.path, error)
        problem = StorageFull(
            "The disk of the platform has no room. Free some space, then try again."
        ).problem()
    elif isinstance(error, (OperationalError, InterfaceError)):
        log.error("%s %s %s: %s", identifier, request.method, request.path, error.orig)
        problem = Unavailable(
            "The database of the platform does not answer. Nothing of this request was done; try again later."
        ).problem()
    elif isinstance(error, BodyPaused):
        problem = TooSlow(f"Nothing of this request was kept: {error}. Send it again.").problem()
    elif isinstance(error, ServiceError):
        if error.status >= 500:
            log.warning("%s %s %s: %s", identifier, request.method, request.path, error)
        problem = error.problem()
    elif isinstance(error, web.HTTPNotFound):
        problem = NotFound(_text(error) or f"Nothing is at {request.path}.").problem()
    elif isinstance(error, web.HTTPError):
        problem = {
            "type": "about:blank",  # RFC 9457, section 4.2.1: the title is that of the status
            "title": error.reason,
            "status": error.status,
            "detail": _text(error) or error.reason,
            "errors": [],
        }
    else:
        log.error("%s %s %s", identifier, request.method, request.path, exc_info=error)
        detail = f"This is a bug of the platform, not of your data. Its log says more under {identifier}."
        problem = ServiceError(detail).problem()
    return {**problem, "instance": request.path, "id": identifier}


def _text(error: web.HTTPError) -> str:
    """Return what was said of the error, empty where it is only the status."""
    return error.text if error.text and not error.text.startswith(str(error.status)) else ""
