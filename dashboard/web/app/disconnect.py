"""Callers who leave before their answer is written: nothing failed here, so one line says it."""

from __future__ import annotations

import logging

from aiohttp import ClientPayloadError, web
from aiohttp.http_exceptions import HttpProcessingError

log = logging.getLogger(__name__)

# nginx' status for it; nobody reads it, but access logs and middlewares see an answer.
CLIENT_CLOSED_REQUEST = 499
# What reading from and writing to a connection raises once its other end is gone.
GONE = (ConnectionError, ClientPayloadError, web.RequestPayloadError)


def caller_left(request: web.Request, error: BaseException | None) -> bool:
    """Return whether an error, or what caused it, is that the caller closed the connection.

    Parameters
    ----------
    request : web.Request
        The caller's; its connection tells a lost caller from a lost replica.
    error : BaseException or None
        What a handler raised.
    """
    transport = request.transport
    if transport is not None and not transport.is_closing():
        return False
    while error is not None and not isinstance(error, GONE):
        error = error.__cause__ or error.__context__
    return error is not None


def unread_answer(request: web.Request) -> web.Response:
    """Log that the caller left, and return an answer for nobody."""
    log.info("%s %s: the caller left before the answer", request.method, request.path)
    return web.Response(status=CLIENT_CLOSED_REQUEST)


def server_logger() -> logging.Logger:
    """Return the logger for aiohttp's server, which writes no tracebacks about what callers send."""
    server = logging.getLogger("dashboard.web.server")
    if not any(isinstance(one, _NoTracebackOfCallers) for one in server.filters):
        server.addFilter(_NoTracebackOfCallers())
    return server


class _NoTracebackOfCallers(logging.Filter):
    """Makes one line of aiohttp's tracebacks about requests that are no HTTP, which callers cause at will."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the traceback away where the error is the caller's; every record passes."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, web.HTTPException | ConnectionError) or _is_bad_request(error):
            record.msg, record.args = f"{record.getMessage()}: {' '.join(str(error).split())[:200]}", ()
            record.exc_info = record.exc_text = None
            record.levelno, record.levelname = logging.INFO, logging.getLevelName(logging.INFO)
        return True


def _is_bad_request(error: BaseException | None) -> bool:
    return isinstance(error, HttpProcessingError) and error.code < 500
