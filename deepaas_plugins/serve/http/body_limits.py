"""A request's body within limits: how it may be packed, how large it may be, packed and unpacked."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

from aiohttp import web

from deepaas_plugins.serve.http.unpacking import Unpacker, coding_of
from deepaas_plugins.serve.options import Options
from deepaas_plugins.serve.problems import Problem

#: Bytes that are read at once.
CHUNK = 2**18

#: The header that says how a body is packed.
PACKED = "Content-Encoding"

#: A packed body may grow to `UNPACKED` bytes, a large one to `RATIO` times its own: more is a bomb.
UNPACKED, RATIO = 2**24, 100


def check_encoding(request: web.Request) -> None:
    """Check that the body is packed in a way that is known.

    Raises
    ------
    Problem
        415: it is not.
    """
    if PACKED in request.headers:
        coding_of(request.headers.getall(PACKED))


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
    """Walk through the portions of a body, unpacked.

    Parameters
    ----------
    request, options
        Whose, and the server's limits.

    Yields
    ------
    bytes
        A portion.

    Raises
    ------
    Problem
        413: see `Size`; 400: it is not packed as it says.
    """
    total = 0
    check = Size(request, options)
    coding = coding_of(request.headers.getall(PACKED, []))
    if not coding:
        async for chunk in request.content.iter_chunked(CHUNK):
            total += len(chunk)
            check(total)
            yield chunk
        return
    unpacker = Unpacker(coding)
    async for chunk in request.content.iter_chunked(CHUNK):
        for piece in unpacker.feed(chunk):
            total += len(piece)
            check(total)
            yield piece
            await asyncio.sleep(0)  # a portion may unpack to a thousand times its size
    unpacker.close()


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
        if coding_of(request.headers.getall(PACKED, [])):
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
