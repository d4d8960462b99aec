"""Read a request's body: small ones in memory, large ones streamed to the spool, all within limits."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web
from aiohttp.multipart import MultipartReader

from deepaas_plugins.serve.formats.media_types import RAW_TYPES
from deepaas_plugins.serve.http import multipart
from deepaas_plugins.serve.http.body_limits import CHUNK, Size, check_encoding, in_memory, limited
from deepaas_plugins.serve.options import Options
from deepaas_plugins.serve.problems import Problem

if TYPE_CHECKING:
    from deepaas_plugins.serve.http.spool import SpooledFile

Json = dict[str, Any]

#: Bodies up to this size (bytes) stay in memory and cross to the worker as they are.
SMALL = 2**20

#: A text field may be this long (bytes).
LONGEST_TEXT = 2**20


@dataclass
class Body:
    """What a request holds, ready for a frame.

    Attributes
    ----------
    form
        ``[name, text]`` or ``[name, {"filename", "type", "size" | "path"}]``.
    parts
        The files' bytes, in the order of the form, then the JSON body.
    json_size
        Bytes of the JSON body.
    spooled
        Whether any file is on disk.
    """

    form: list[list[Any]] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)
    json_size: int = 0
    spooled: bool = False

    @property
    def files(self) -> int:
        """Count the files."""
        return sum(1 for _, value in self.form if not isinstance(value, str))

    def add_file(self, name: str, filename: str, kind: str, content: bytes) -> None:
        """Add a file that is in memory.

        Parameters
        ----------
        name : str
            Name of the form's field.
        filename : str
            Name of the file.
        kind : str
            Its media type.
        content : bytes
            Its bytes.
        """
        self.form.append([name, {"filename": filename, "type": kind, "size": len(content)}])
        self.parts.append(content)


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
        text = f"The body is broken, or cannot be unpacked as its Content-Encoding says: {error}."
        raise Problem(400, text) from None
    except (ValueError, AssertionError, LookupError) as error:
        # aiohttp's multipart reader says so of bytes that are no multipart.
        raise Problem(400, f"The request cannot be read: {error or type(error).__name__}.") from None


async def _read(request: web.Request, options: Options, place: SpooledFile, *, raw: bool) -> Body:
    kind = request.content_type
    if kind == "multipart/form-data":
        if is_small(request):
            return _split(await request.content.read(-1), request, options)
        return await _stream_form(request, options, place)
    if kind in {"application/x-www-form-urlencoded", "application/json"} or kind.endswith("+json"):
        content = await in_memory(request, options)
        if kind == "application/x-www-form-urlencoded":
            charset = request.charset or "utf-8"
            pairs = parse_qsl(content.decode(charset, "replace"), keep_blank_values=True, encoding=charset)
            return Body(form=[[name, value] for name, value in pairs])
        return Body(parts=[content], json_size=len(content)) if content else Body()
    if raw and kind in RAW_TYPES and request.body_exists:
        return await _raw(request, options, place)
    if raw and request.body_exists:
        text = (
            f"A body of the type {kind} is not taken: send multipart/form-data with a file in the field data"
        )
        raise Problem(415, f"{text}, JSON, or one file as {', '.join(RAW_TYPES)}.")
    if request.body_exists:
        async for _ in limited(request, options):
            pass  # upstream reads over a body of a kind it does not know
    return Body()


def is_small(request: web.Request) -> bool:
    """Whether a body may be held in memory. One that aiohttp unpacks may grow a thousandfold: it may not."""
    packed = "Content-Encoding" in request.headers
    return request.content_length is not None and request.content_length <= SMALL and not packed


def _split(content: bytes, request: web.Request, options: Options) -> Body:
    boundary = multipart.boundary_of(request.headers["Content-Type"])
    body = Body()
    for part in multipart.split(content, boundary, options.maximum_files + 100):
        if part.filename is None:
            body.form.append([part.name, part.content.decode("utf-8", "replace")])
        elif part.filename or part.content:  # else a field of a browser's form in which no file was chosen
            body.add_file(part.name, part.filename, part.content_type, part.content)
    _check_files(body, options)
    return body


def _check_files(body: Body, options: Options) -> None:
    if body.files > options.maximum_files:
        raise Problem(413, f"The request has {body.files} files; at most {options.maximum_files} are taken.")


async def _raw(request: web.Request, options: Options, place: SpooledFile) -> Body:
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


async def _stream_form(request: web.Request, options: Options, place: SpooledFile) -> Body:
    body = Body()
    total = 0
    check = Size(request, options)
    reader = MultipartReader(request.headers, request.content)
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader) or not part.name:
            raise Problem(400, "A part of the multipart body has no name.")
        if part.filename is None:
            body.form.append([part.name, await _text(part)])
            total += len(body.form[-1][1])
        else:
            path = place.new_file()
            with path.open("wb", buffering=0) as file:
                while chunk := await part.read_chunk(CHUNK):
                    total += len(chunk)
                    check(total)
                    place.take(len(chunk))
                    file.write(chunk)
            if not part.filename and path.stat().st_size == 0:
                continue  # a field of a browser's form in which no file was chosen
            kind = part.headers.get("Content-Type", "application/octet-stream")
            body.form.append([part.name, {"filename": part.filename, "type": kind, "path": str(path)}])
            body.spooled = True
        if len(body.form) > options.maximum_files + 100:
            raise Problem(413, f"The request has more than {options.maximum_files} files.")
        _check_files(body, options)
    return body


async def _text(part: BodyPartReader) -> str:
    content = bytearray()
    while chunk := await part.read_chunk(CHUNK):
        content += chunk
        if len(content) > LONGEST_TEXT:
            raise Problem(413, f"The text field {part.name} is longer than {LONGEST_TEXT} bytes.")
    return content.decode("utf-8", "replace")
