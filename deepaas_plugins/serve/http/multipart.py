"""Split a small ``multipart/form-data`` body that is in memory (RFC 7578, RFC 2046 5.1).

aiohttp's reader walks through a body in chunks and lines, which is right for large ones (see `upload`) and
costs more than everything else of a small request. What this does not know (an encoding of a part) is
rejected, not guessed.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
import warnings
from dataclasses import dataclass

from deepaas_plugins.serve.problems import Problem

# A backslash before anything but a quote is no escape: browsers on Windows send paths with it.
_DISPOSITION = re.compile(rb'form-data; *name="([^"\\]*)"(?:; *filename="((?:[^"\\]|\\(?!["\\]))*)")?\Z')

#: Bytes of a part's headers.
LONGEST_HEADERS = 8192


@dataclass(frozen=True)
class Part:
    """One field: a text, or a file where `filename` is not None."""

    name: str
    filename: str | None
    content_type: str
    content: bytes


def boundary_of(content_type: str) -> bytes:
    """Return the boundary of a ``Content-Type`` header.

    Raises
    ------
    Problem
        400: there is none.
    """
    found = re.search(r'boundary="([^"]{1,70})"|boundary=([^\s;,"]{1,70})', content_type)
    if not found:
        raise Problem(400, "The request is multipart without a boundary in its Content-Type.")
    return (found[1] or found[2]).encode("latin-1", "replace")


def split(body: bytes, boundary: bytes, most: int) -> list[Part]:
    """Split a body into its parts.

    Parameters
    ----------
    most
        Parts that are taken at most.

    Raises
    ------
    Problem
        400: it is not what the boundary promises, or is cut short; 413: it has too many parts.
    """
    delimiter = b"--" + boundary
    if body.startswith(delimiter):
        place = len(delimiter)
    else:
        start = body.find(b"\r\n" + delimiter)
        if start < 0:
            raise Problem(400, "The multipart body does not hold its boundary.")
        place = start + 2 + len(delimiter)
    delimiter = b"\r\n" + delimiter
    parts: list[Part] = []
    while not body.startswith(b"--", place):
        line = body.find(b"\r\n", place)
        if line < 0 or body[place:line].strip(b" \t"):
            raise Problem(400, "The multipart body is broken after a boundary.")
        end = body.find(delimiter, line)
        if end < 0:
            raise Problem(400, "The multipart body is cut short: its last boundary is missing.")
        if len(parts) >= most:
            raise Problem(413, f"The request has more than {most} parts.")
        parts.append(_part(body, line, end))
        place = end + len(delimiter)
    return parts


def _part(body: bytes, begin: int, end: int) -> Part:
    # The headers' last line ends where the empty line begins; a part without headers has the empty line at
    # once.
    gap = body.find(b"\r\n\r\n", begin, min(end, begin + LONGEST_HEADERS) + 4)
    if gap < 0:
        raise Problem(400, "A part of the multipart body has no end of its headers.")
    headers: dict[bytes, bytes] = {}
    for line in body[begin:gap].split(b"\r\n"):
        key, _, value = line.partition(b":")
        headers[key.strip().lower()] = value.strip()
    name, filename = _disposition(headers.get(b"content-disposition", b""))
    content = body[gap + 4 : end] if gap + 4 <= end else b""
    if b"content-encoding" in headers:
        raise Problem(
            415,
            "A part of the request is compressed by Content-Encoding: send it as it is, or as a .gz file.",
        )
    kind = headers.get(b"content-type")
    default = "text/plain" if filename is None else "application/octet-stream"
    return Part(
        name=name,
        filename=filename,
        content_type=kind.decode("latin-1") if kind else default,
        content=_decoded(content, headers.get(b"content-transfer-encoding", b"binary").lower()),
    )


def _disposition(value: bytes) -> tuple[str, str | None]:
    plain = _DISPOSITION.match(value)
    if plain:
        filename = plain[2]
        return _text(plain[1]), None if filename is None else _text(filename)
    # Escapes, filename*, other orders: rare, and aiohttp knows them all.
    from aiohttp.multipart import content_disposition_filename, parse_content_disposition  # noqa: PLC0415 - see above

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what follows anyway: the part is rejected
        kind, parameters = parse_content_disposition(value.decode("utf-8", "surrogateescape"))
    name = parameters.get("name")
    if kind != "form-data" or name is None:
        raise Problem(
            400, "A part of the multipart body has no name (Content-Disposition: form-data; name=…)."
        )
    return name, content_disposition_filename(parameters, "filename")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _decoded(content: bytes, encoding: bytes) -> bytes:
    if encoding in {b"binary", b"8bit", b"7bit"}:
        return content
    if encoding == b"base64":
        try:
            return base64.b64decode(content, validate=False)
        except binascii.Error as error:
            raise Problem(400, f"A part of the request is not base64: {error}.") from None
    if encoding == b"quoted-printable":
        return quopri.decodestring(content)
    raise Problem(
        415,
        f"A part of the request has an unknown Content-Transfer-Encoding, {encoding.decode('latin-1')!r}.",
    )
