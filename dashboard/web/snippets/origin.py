"""The address by which a caller reaches this platform, for links and commands on pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from dashboard.web.app.app_keys import PLATFORM


def origin_of(request: web.Request) -> str:
    """Return scheme and host of the platform as a caller sees it.

    It is `server.public_url` where a trusted proxy passed the request on, or the request names its host;
    else what the request itself, or the trusted proxy, says.
    """
    platform = request.app[PLATFORM]
    public = platform.settings.server.public_url.rstrip("/")
    addresses = platform.caller_addresses
    named = urlsplit(f"//{request.host}").hostname
    if public and (addresses.trusts(request.remote or "") or named == urlsplit(public).hostname):
        return public
    return addresses.origin(request)
