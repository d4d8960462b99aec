"""The cookie of a browser session: its name, and the tokens that a request brings in it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from dashboard.settings import ServerSettings

COOKIE = "huggins_session"
AWAY = "huggins_away"  # of a browser that is at a provider of accounts
AWAY_S = 600
DEFAULT_PORT = ServerSettings().port
MOST = 4  # cookies of that name that are looked at: another path or domain may have set one


class SessionCookie:
    """The cookie of one platform.

    Cookies know no ports (RFC 6265, section 8.5): platforms on one host would overwrite and see each other's
    session, so that the name holds the port where it is not the default one. Behind TLS the name begins with
    ``__Host-``: then no sub-domain and no page without TLS can set it (RFC 6265bis, section 4.1.3.2).

    Parameters
    ----------
    settings : ServerSettings
        Where the platform listens, and its public address.
    """

    def __init__(self, settings: ServerSettings) -> None:
        public = urlsplit(settings.public_url)
        self.secure = public.scheme == "https"
        self._public = bool(settings.public_url)
        self._port = public.port if self._public else settings.port

    def listen(self, port: int) -> None:
        """Set the port that was really taken; the public address has its own."""
        if not self._public:
            self._port = port

    @property
    def name(self) -> str:
        """Its name."""
        port = "" if self._port in {None, DEFAULT_PORT} else f"_{self._port}"
        return f"{'__Host-' if self.secure else ''}{COOKIE}{port}"

    @property
    def away_name(self) -> str:
        """The name of the cookie of a browser that is at a provider."""
        return self.name.replace(COOKIE, AWAY)

    def tokens(self, request: web.BaseRequest) -> list[str]:
        """Return the tokens of a request; more than one where several cookies have the name."""
        return list(dict.fromkeys(_values(request, self.name)))[:MOST]

    def away_tokens(self, request: web.BaseRequest) -> list[str]:
        """Return the tokens with which a browser went to a provider."""
        return list(dict.fromkeys(_values(request, self.away_name)))[:MOST]

    def remember(self, response: web.StreamResponse, token: str, max_age: int) -> None:
        """Put a session's token into the cookie, which neither scripts nor other sites can read.

        Parameters
        ----------
        response : web.StreamResponse
            Gets the cookie.
        token : str
            The session's token.
        max_age : int
            Seconds for which the browser keeps it.
        """
        response.set_cookie(
            self.name,
            token,
            max_age=max_age,
            path="/",
            httponly=True,
            secure=self.secure,
            samesite="Strict",
        )

    def remember_away(self, response: web.StreamResponse, token: str) -> None:
        """Put the token of a browser that goes to a provider into a cookie.

        It comes back by a link of another site, along which no strict cookie is sent.
        """
        response.set_cookie(
            self.away_name,
            token,
            max_age=AWAY_S,
            path="/",
            httponly=True,
            secure=self.secure,
            samesite="Lax",
        )

    def forget_away(self, response: web.StreamResponse) -> None:
        """Delete that cookie."""
        response.del_cookie(self.away_name, path="/", secure=self.secure, httponly=True, samesite="Lax")

    def forget(self, response: web.StreamResponse) -> None:
        """Delete the cookie of the browser."""
        response.del_cookie(self.name, path="/", secure=self.secure, httponly=True, samesite="Strict")


def _values(request: web.BaseRequest, wanted: str) -> Iterator[str]:
    for header in request.headers.getall(hdrs.COOKIE, ()):
        for pair in header.split(";"):
            name, _, value = pair.partition("=")
            if name.strip() == wanted and value.strip():
                yield value.strip().strip('"')
