"""Read a request's body: small ones in memory, large ones streamed to the spool, all within limits."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from aiohttp import web

from deepaas_plugins.serve.formats.media_types import RAW_TYPES
from deepaas_plugins.serve.http.body import Body
from deepaas_plugins.serve.http.body_limits import PACKED, check_encoding, in_memory, limited
from deepaas_plugins.serve.http.charsets import UTF8, codec_of, decode, is_ascii_like
from deepaas_plugins.serve.http.form import form_in_memory, form_to_spool
from deepaas_plugins.serve.http.multipart import boundary_of
from deepaas_plugins.serve.options import Options
from deepaas_plugins.serve.problems import Problem

if TYPE_CHECKING:
    from deepaas_plugins.serve.http.spool import SpooledFile

#: Bodies up to this size (bytes) stay in memory and cross to the worker as they are.
SMALL = 2**20


async def read_body(request: web.Request, options: Options, place: SpooledFile, *, raw: bool) -> Body:
    """Read a body within the limits.

    Parameters
    ----------
    place
        Where large files go.
    raw
        Whether a body of one of `RAW_TYPES` is a file called ``data``.

    Raises
    ------
    Problem
        400 (broken), 408 (too slow), 413 (too large or too many), 415, 503 (spool full).
    """
    length = request.content_length
    if options.maximum_body and length is not None and length > options.maximum_body:
        raise Problem(413, f"The request is {length} bytes; at most {options.maximum_body} are taken.")
    check_encoding(request)
    try:
        if request.content.is_eof():  # all of it is here, as of most requests: no clock is needed
            return await _read(request, options, place, raw=raw)
        async with asyncio.timeout(options.upload_timeout):
            return await _read(request, options, place, raw=raw)
    except TimeoutError:
        raise Problem(408, f"The request did not arrive within {options.upload_timeout:g} seconds.") from None
    except web.RequestPayloadError as error:
        raise Problem(400, f"The body is broken: {error}.") from None
    except ValueError as error:
        # Fields of an urlencoded form that are no text, or too many.
        raise Problem(400, f"The request cannot be read: {error or type(error).__name__}.") from None


async def _read(request: web.Request, options: Options, place: SpooledFile, *, raw: bool) -> Body:
    kind = request.content_type
    if kind == "multipart/form-data":
        boundary = boundary_of(request.headers["Content-Type"])
        if is_small(request):
            return form_in_memory(await request.content.read(-1), boundary, options)
        return await form_to_spool(limited(request, options), boundary, options, place)
    charset = request.charset or UTF8
    if kind == "application/x-www-form-urlencoded":
        text = decode(await in_memory(request, options), charset, "The form")
        pairs = parse_qsl(text, keep_blank_values=True, encoding=codec_of(charset), errors="strict")
        return Body(form=[[name, value] for name, value in pairs])
    if kind == "application/json" or kind.endswith("+json"):
        content = await in_memory(request, options)
        if codec_of(charset) != UTF8:
            content = decode(content, charset, "The JSON body").encode()
        return Body(parts=[content], json_size=len(content)) if content else Body()
    if raw and request.body_exists:
        return await _raw(request, options, place)
    if request.body_exists:
        async for _ in limited(request, options):
            pass  # upstream reads over a body of a kind it does not know
    return Body()


def is_small(request: web.Request) -> bool:
    """Whether a body may be held in memory. One that is packed may grow a thousandfold: it may not."""
    packed = PACKED in request.headers
    return request.content_length is not None and request.content_length <= SMALL and not packed


async def _raw(request: web.Request, options: Options, place: SpooledFile) -> Body:
    kind = request.content_type
    if kind not in RAW_TYPES:
        text = (
            f"A body of the type {kind} is not taken: send multipart/form-data with a file in the field data"
        )
        raise Problem(415, f"{text}, JSON, or one file as {', '.join(RAW_TYPES)}.")
    if request.charset and not is_ascii_like(request.charset):
        raise Problem(415, f"A file in the charset {request.charset} is not read: send it in UTF-8.")
    filename = _name_of(request) or f"spectrum{RAW_TYPES[request.content_type]}"
    body = Body()
    if is_small(request):
        body.add_file("data", filename, request.content_type, await request.content.read(-1))
        return body
    path = place.new_file()
    with path.open("wb", buffering=0) as file:
        async for chunk in limited(request, options):
            place.take(len(chunk))
            file.write(chunk)
    body.form.append(["data", {"filename": filename, "type": request.content_type, "path": str(path)}])
    body.spooled = True
    return body


def _name_of(request: web.Request) -> str:
    found = re.search(r'filename="?([^";]+)', request.headers.get("Content-Disposition", ""))
    return found[1] if found else ""
