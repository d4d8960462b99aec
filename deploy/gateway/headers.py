"""The headers of a request: which a gateway forwards and adds (RFC 9110, section 7.6), what they mean."""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from aiohttp import web

from deploy.access.tokens import PREFIX
from deploy.control.replica_spec import GATEWAY_HEADER
from wire.json_records import REQUEST

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})  # methods without effects
REQUEST_ID = "X-Request-Id"
SPECTRA = "X-Huggins-Spectra"  # number of spectra that a replica predicted
SAFE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Section 7.6.1: headers of one connection, headers for the platform itself, and headers that a caller must
# not set.
NOT_FORWARDED = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection",
        b"te", b"trailer", b"transfer-encoding", b"content-length", b"upgrade", b"host", b"expect", b"cookie",
        b"authorization", b"set-cookie", b"forwarded", b"x-forwarded-for", b"x-forwarded-host",
        b"x-forwarded-proto", b"x-forwarded-prefix", b"x-request-id", GATEWAY_HEADER.lower().encode(),
    }
)  # fmt: skip

Headers = list[tuple[bytes, bytes]]
_PROCESS = secrets.token_hex(5)  # a random id for each request would cost a system call each
_NUMBERS = itertools.count()


def request_id(headers: Mapping[str, str]) -> str:
    """Return the id of the request that is handled, where it was named; else as `new_request_id`."""
    return REQUEST.get() or new_request_id(headers)


def new_request_id(headers: Mapping[str, str]) -> str:
    """Return the id of a request: that of the caller if it is valid, else a new one."""
    given = headers.get(REQUEST_ID, "")
    return given if SAFE_ID.fullmatch(given) else f"{_PROCESS}{next(_NUMBERS):06x}"


def forwarded(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return the end-to-end headers, without those of the connection and those that it names."""
    kept: Headers = []
    named: set[bytes] = set()
    for name, value in headers:
        lower = name.lower()
        if lower not in NOT_FORWARDED:
            kept.append((name, value))
        elif lower == b"connection":
            named.update(word.strip().lower() for word in value.split(b","))
    return [one for one in kept if one[0].lower() not in named] if named else kept


#: Headers of an answer that say what it is (RFC 9110 and 9111). What acts on a browser or a proxy beyond the
#: answer (cookies, policies, refreshes, other origins) is for the gateway to say, not for a module.
ANSWERED = frozenset(
    {
        b"accept", b"accept-ranges", b"age", b"allow", b"cache-control", b"content-disposition",
        b"content-encoding", b"content-language", b"content-location", b"content-range", b"content-type",
        b"etag", b"expires", b"last-modified", b"link", b"location", b"retry-after", b"vary", b"warning",
        b"www-authenticate",
    }
)  # fmt: skip
#: A module's own headers begin with ``X-``; these are acted upon by browsers, proxies and servers behind.
EFFECTIVE = (
    b"x-accel-", b"x-content-", b"x-dns-", b"x-forwarded-", b"x-frame-", b"x-huggins-secret", b"x-lighttpd-",
    b"x-original-", b"x-permitted-", b"x-real-", b"x-request-id", b"x-rewrite-", b"x-robots-", b"x-sendfile",
    b"x-ua-", b"x-webkit-", b"x-xss-",
)  # fmt: skip


def answered(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return the headers of a replica's answer that a caller gets: those of the allow-list."""
    return [
        one
        for one in headers
        if (name := one[0].lower()) in ANSWERED or (name.startswith(b"x-") and not name.startswith(EFFECTIVE))
    ]


def head_of(method: str, target: str, host: str, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the head of a request (RFC 9112, section 3), with the empty line at its end.

    Parameters
    ----------
    method, target, host
        Of the request.
    headers
        Names and values. The parser that read them, and `target`, accepts no line ends in them.
    """
    lines = [f"{method} {target} HTTP/1.1\r\nHost: {host}".encode()]
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join(lines) + b"\r\n\r\n"


_PREDICTS = re.compile(r"/v2/models/[^/]+/predict/?")
_DESCRIBES = re.compile(
    r"/|/v2/?|/v2/debug/?|/v2/models/?|/v2/models/[^/]+/?|/swagger\.json|/api/?|/ui/?"
    r"|/static/swagger/[A-Za-z0-9_-][A-Za-z0-9._-]*|/health/(?:live|ready)"
)


def predicts(path: str) -> bool:
    """Return whether a path is that of a prediction, which may be repeated without harm."""
    return _PREDICTS.fullmatch(unquote(path)) is not None


def describes(path: str) -> bool:
    """Return whether a path only tells what the model and its API are; trainings are none of it."""
    return _DESCRIBES.fullmatch(unquote(path)) is not None


def bearer(request: web.BaseRequest) -> str | None:
    """Return the deployment token of a request; None if it carries none."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    value = value.strip()
    return value if scheme.lower() == "bearer" and value.startswith(PREFIX) else None
