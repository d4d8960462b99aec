"""A request's body within limits: how it may be packed, how large it may be, packed and unpacked."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

from aiohttp import web

from deepaas_plugins.serve.options import Options
from deepaas_plugins.serve.problems import Problem

#: Bytes that are read at once.
CHUNK = 2**18

#: How bodies may be packed (Content-Encoding); aiohttp unpacks them while they arrive.
ENCODINGS = {"", "identity", "gzip", "deflate"}

#: A packed body may grow to `UNPACKED` bytes, a large one to `RATIO` times its own: more is a bomb.
UNPACKED, RATIO = 2**24, 100


def check_encoding(request: web.Request) -> None:
    """Check that the body is packed as aiohttp unpacks it.

    Raises
    ------
    Problem
        415: it is not.
    """
    encoding = request.headers.get("Content-Encoding", "").lower()
    if encoding not in ENCODINGS:
        text = f"The Content-Encoding {encoding!r} is not known here: send it as it is, or packed by gzip."
        raise Problem(415, text, {"Accept-Encoding": "gzip, deflate"})


async def in_memory(request: web.Request, options: Options) -> bytes:
    """Return a body that has to be held in memory.

    Raises
    ------
    Problem
        413: it is larger than that is done with.
    """
    limit = options.maximum_json
    problem = Problem(413, f"A JSON or form body may have {limit} bytes; send files as multipart/form-data.")
    if (request.content_length or 0) > limit:
        raise problem
    content = bytearray()
    async for chunk in limited(request, options):
        content += chunk
        if len(content) > limit:
            raise problem
    return bytes(content)


async def limited(request: web.Request, options: Options) -> AsyncIterator[bytes]:
    """Walk through the portions of a body; raises as `Size` does."""
    total = 0
    check = Size(request, options)
    async for chunk in request.content.iter_chunked(CHUNK):
        total += len(chunk)
        check(total)
        yield chunk


class Size:
    """Checks the size of a body of which more and more is read.

    Parameters
    ----------
    request, options
        Whose, and the server's limits.
    """

    def __init__(self, request: web.Request, options: Options) -> None:
        self._most = options.maximum_body or sys.maxsize
        self._unpacked = sys.maxsize
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            self._unpacked = max(UNPACKED, RATIO * (request.content_length or 0))

    def __call__(self, total: int) -> None:
        """Take so many bytes.

        Raises
        ------
        Problem
            413: that is more than the request may have.
        """
        if total > self._most:
            raise Problem(413, f"The request is larger than {self._most} bytes.")
        if total > self._unpacked:
            raise Problem(413, f"The request unpacks to more than {self._unpacked} bytes: send it as it is.")
