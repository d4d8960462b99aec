"""Errors that reach the caller of upstream DEEPaaS with their message.

DEEPaaS 2.6 runs `predict` in another process and pickles what it raises. An aiohttp `HTTPException` does not
survive that (the call, and every later one, hangs), and any other exception is answered as a bare 500. These
are ordinary exceptions where they are raised; in the process that answers they are unpickled as the answer
that the caller should get.
"""

from __future__ import annotations

import json
from typing import ClassVar


class AnswerError(Exception):
    """Something went wrong in the model; answered with 500 and the message."""

    status: ClassVar[int] = 500

    def __reduce__(self) -> tuple[object, tuple[int, str]]:
        """Become the HTTP answer on the other side."""
        return _http_answer, (self.status, str(self))


class InputError(AnswerError, ValueError):
    """The input of the caller is invalid; answered with 422 and the message."""

    status: ClassVar[int] = 422


def _http_answer(status: int, message: str) -> Exception:
    from aiohttp import web  # noqa: PLC0415 - only there where an HTTP answer is wanted

    kind = web.HTTPUnprocessableEntity if status == 422 else web.HTTPInternalServerError
    body = json.dumps({"status": "error", "message": message})
    return kind(text=body, content_type="application/json")
