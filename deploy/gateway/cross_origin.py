"""Calls from pages of other sites: the CORS protocol (Fetch standard, section 3.3), without credentials.

A browser lets a page read an answer only if it names the page's origin, or everybody. Answers never allow
credentials: a cookie counts for nothing here; a token that the page itself holds does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from multidict import CIMultiDict

EVERYBODY = "*"

#: What a replica's own API takes at one address or another.
REPLICA_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST"})

#: A wildcard does not stand for Authorization.
REQUEST_HEADERS = "*, Authorization"

#: What a page may read, beside what it always may.
RESPONSE_HEADERS = (
    "Location, Preference-Applied, Retry-After, WWW-Authenticate, X-Huggins-Spectra, X-Request-Id"
)

#: A variable of a route with the pattern that it has; aiohttp's canonical path has its name only.
_PATTERN = re.compile(r"\{(\w+):[^{}]*\}")

#: Seconds for which a browser keeps the answer to a preflight.
KEPT_S = 600


class CrossOrigin:
    """Which origins may call, and at which addresses.

    Parameters
    ----------
    origins
        ``scheme://host[:port]`` each, or `EVERYBODY`; none: nobody.
    paths
        The addresses, as their routes are written.

    Raises
    ------
    ValueError
        An origin is none.
    """

    def __init__(self, origins: Iterable[str], paths: Iterable[str]) -> None:
        self._origins, self.paths = frozenset(origins), tuple(dict.fromkeys(paths))
        self._canonical = frozenset(_PATTERN.sub(r"{\1}", path) for path in self.paths)
        for origin in self._origins:
            check_origin(origin)

    def allowed(self, request: web.BaseRequest) -> str | None:
        """Return whom the answer to a request names; None: it has no origin, or one that may not call."""
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is None:
            return None
        if EVERYBODY in self._origins:
            return EVERYBODY
        return origin if origin in self._origins else None

    def covers(self, request: web.Request) -> bool:
        """Return whether a request is for one of the addresses."""
        resource = request.match_info.route.resource
        return resource is not None and resource.canonical in self._canonical

    def permits(self, request: web.Request) -> bool:
        """Return whether a page of another site may send a request, as somebody who is not signed in."""
        return (
            self.covers(request) and self.allowed(request) is not None and hdrs.UPGRADE not in request.headers
        )

    async def set_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        """Let the page that sent a request read the answer; a signal of an application."""
        if not self.covers(request) or hdrs.ORIGIN not in request.headers:
            return
        headers = response.headers
        if EVERYBODY not in self._origins:
            headers.add(hdrs.VARY, hdrs.ORIGIN)
        if (allowed := self.allowed(request)) is not None:
            headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = allowed
            headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = RESPONSE_HEADERS
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"

    async def preflight(self, request: web.Request) -> web.Response:
        """Answer what a browser asks before it sends a request for a page; a handler of OPTIONS."""
        methods = await _methods(request)
        headers: CIMultiDict[str] = CIMultiDict({hdrs.ALLOW: methods})
        if self.allowed(request) is not None:
            headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = methods
            headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = REQUEST_HEADERS
            headers[hdrs.ACCESS_CONTROL_MAX_AGE] = str(KEPT_S)
        return web.Response(status=204, headers=headers)


async def _methods(request: web.Request) -> str:
    """Return the methods that the address of a request takes, separated by commas."""
    taken: set[str] = set()
    for resource in request.app.router.resources():  # several may have the same address
        taken |= (await resource.resolve(request))[1]
    return ", ".join(sorted(REPLICA_METHODS if hdrs.METH_ANY in taken else taken))


def check_origin(origin: str) -> None:
    """Check how an origin is written.

    Raises
    ------
    ValueError
        It is neither ``scheme://host[:port]`` nor `EVERYBODY`.
    """
    parts = urlsplit(origin)
    if origin != EVERYBODY and (not parts.hostname or origin != f"{parts.scheme}://{parts.netloc}".lower()):
        raise ValueError(f"{origin!r} is no origin: write https://host, or * for all")
