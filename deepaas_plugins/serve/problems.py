"""Errors as RFC 9457 problem documents, with an id that is also in the log."""

from __future__ import annotations

import http
import json
import logging
from typing import Any

LOG = logging.getLogger("huggins.serve")
CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """An error that a caller is told.

    Parameters
    ----------
    status
        HTTP status.
    detail
        What is wrong and what to do, in a sentence.
    headers
        Headers of the answer (``Retry-After``).
    more
        Further members of the document.
    """

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.more = status, detail, headers or {}, more


def document(status: int, detail: str, identifier: str, **more: Any) -> bytes:
    """Return a problem document (RFC 9457).

    Parameters
    ----------
    status : int
        The HTTP status.
    detail : str
        What is wrong, for a person; also as ``message``, the name that DEEPaaS gives it.
    identifier : str
        Id of the request, which is in the log.
    **more : object
        Other members.

    Returns
    -------
    bytes
        JSON.
    """
    try:
        title = http.HTTPStatus(status).phrase
    except ValueError:
        title = "Error"
    content = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "message": detail,
        "id": identifier,
    }
    return json.dumps(content | more, default=str).encode()
