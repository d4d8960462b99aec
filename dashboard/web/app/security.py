"""Authentication of requests, rejection of cross-site requests, and security headers of answers."""

from __future__ import annotations

import base64
import ipaddress
import socket
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from dashboard.administration.banners import banners_of
from dashboard.auth.api_tokens import PREFIX as API_TOKEN
from dashboard.auth.identity import ANONYMOUS, VISITOR
from dashboard.base.errors import Denied
from dashboard.settings import ServerSettings
from dashboard.web.app.app_keys import (
    BANNERS,
    CROSS_ORIGIN,
    IDENTITY,
    LIVE_FROM,
    PLATFORM,
    PROXIED,
    SESSION_COOKIE,
    SHARING,
    TOKEN,
)
from dashboard.web.app.rendering import PLOTS, prefers_json
from deploy.access.address import CallerAddresses

SAFE = {"GET", "HEAD", "OPTIONS"}
DAY_S = 86_400
# The hub of SAMP's Web profile (SAMP 1.3, section 5.2.1) on the machine of who looks at the page.
SAMP_HUB = "http://localhost:21012"
# No inline script and no inline style element, anywhere. Style *attributes* are allowed: Plotly positions
# its labels with them. WebGL plots compile their draw loops with `Function`, so that pages with plots, and
# only they, also allow 'unsafe-eval'; it lets in no script that is not already ours.
POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "style-src-attr": "'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' blob:",
    "connect-src": f"'self' {SAMP_HUB}",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

NO_REFERRER = "no-referrer"


def policy(*, plots: bool) -> str:
    """Return the content-security policy of a page."""
    parts = POLICY | ({"script-src": "'self' 'unsafe-eval'"} if plots else {})
    return "; ".join(f"{name} {value}" for name, value in parts.items())


# The answer of a module's own server is sandboxed: it may run scripts, but in an origin of its own.
FOREIGN_POLICY = "sandbox allow-scripts allow-forms; frame-ancestors 'none'"


def strict_transport_days(request: web.Request) -> int:
    """Return for how long a browser is to use TLS alone; 0 where the caller came without it."""
    platform = request.app[PLATFORM]
    secure = urlsplit(platform.settings.server.public_url).scheme == "https"
    came = platform.caller_addresses.scheme(request) == "https"
    return platform.settings.server.hsts_days if secure and came else 0


async def protect(request: web.Request, response: web.StreamResponse) -> None:
    """Set the security headers; a signal of the application."""
    referrer = response.headers.get("Referrer-Policy")
    response.headers.update(HEADERS)
    if referrer == NO_REFERRER:  # of a page whose address holds a token
        response.headers["Referrer-Policy"] = NO_REFERRER
    if (days := strict_transport_days(request)) > 0:
        response.headers["Strict-Transport-Security"] = f"max-age={days * DAY_S}"
    own = policy(plots=bool(response.get(PLOTS)))
    response.headers["Content-Security-Policy"] = FOREIGN_POLICY if request.get(PROXIED) else own


def presented_tokens(request: web.Request) -> tuple[list[str], bool]:
    """Return the tokens of a request, and whether they came in a cookie, which browsers add by themselves."""
    scheme, _, value = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    automatic = True
    if scheme.lower() == "bearer" and value:
        tokens, automatic = [value.strip()], False
    elif scheme.lower() == "basic" and value:  # browsers repeat it by themselves, as they do cookies
        tokens = _of_basic(value)
    else:
        tokens = request.app[SESSION_COOKIE].tokens(request)
    return [token for token in tokens if token.isascii()], automatic  # no token of ours has other characters


def _of_basic(value: str) -> list[str]:
    """Return the API token that is the password of Basic authentication (RFC 7617), which VO clients know."""
    try:
        _, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return []
    return [password] if password.startswith(API_TOKEN) else []


def is_foreign(request: web.Request) -> bool:
    """Return whether a browser sent a request for another site's page.

    The cookie is ``SameSite=Strict`` already; this holds where a browser, a sub-domain or an extension does
    not keep to it. Fetch metadata is believed first, then ``Origin``; those who send neither have no cookie.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get(hdrs.ORIGIN)
    if site is not None:
        return site not in {"same-origin", "none"}
    platform = request.app[PLATFORM]
    own = {platform.caller_addresses.host(request), urlsplit(platform.settings.server.public_url).netloc}
    return origin is not None and urlsplit(origin).netloc not in own - {""}  # no address has the origin null


class HostCheck:
    """Rejects requests that name another host: a page can point a name of its own at this machine.

    Parameters
    ----------
    settings : ServerSettings
        Where the platform listens, and its public address.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self._addresses = CallerAddresses(settings.trusted_proxies)
        public = urlsplit(settings.public_url).hostname
        self._names = {"localhost", settings.host.lower(), *([public] if public else [])}
        self._everywhere = settings.host in {"", "0.0.0.0", "::"}  # noqa: S104 - compared, not listened on
        if self._everywhere:
            self._names |= {socket.gethostname().lower(), socket.getfqdn().lower()}

    def allows(self, host: str) -> bool:
        """Return whether a Host header names this platform: loopback, where it listens, its public name."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return False
        if name in self._names or name.endswith(".localhost"):
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or self._everywhere

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer 421 to a request for another host, before anything else looks at it."""
        if not self.allows(request.host) or not self.allows(self._addresses.host(request)):
            text = "This host is not known here: the setting server.public_url names the public address.\n"
            return web.Response(status=421, text=text, headers={"Connection": "close"})
        return await handler(request)


@web.middleware
async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Set the identity of a request before any handler runs."""
    presented, automatic = presented_tokens(request)
    # A websocket is opened by GET, and no rule of browsers keeps other sites from it.
    if automatic and (request.method not in SAFE or hdrs.UPGRADE in request.headers) and is_foreign(request):
        if not request.app[CROSS_ORIGIN].permits(request):
            raise Denied(
                "This request was sent by a page of another site. Open the dashboard itself and try again."
            )
        presented = []  # the person who is signed in did not send it
    platform = request.app[PLATFORM]
    identity = ANONYMOUS
    for token in presented:
        identity = await platform.identify(token)
        if identity is not ANONYMOUS:
            request[TOKEN] = token
            break
    request[SHARING] = await platform.accounts.exist()
    if identity is ANONYMOUS and request[SHARING] and platform.settings.people.visitors:
        identity = VISITOR
    request[IDENTITY] = identity
    if not prefers_json(request):
        request[BANNERS] = await banners_of(platform.maintenance, platform.announcements, identity.user)
    request[LIVE_FROM] = platform.live.position
    return await handler(request)
