"""Which headers a gateway hands on, and which it adds (RFC 9110, section 7.6)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

from multidict import CIMultiDict, CIMultiDictProxy

REQUEST_ID = "X-Request-Id"
SPECTRA = "X-Huggins-Spectra"  # a replica says how many spectra it predicted
SAFE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Section 7.6.1: what belongs to one connection only; what is the platform's own business; and what a caller
# may not say of itself.
NOT_HANDED_ON = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
        "trailer", "transfer-encoding", "upgrade", "host", "expect", "cookie", "authorization", "set-cookie",
        "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-prefix",
        "x-request-id",
    }
)  # fmt: skip


def request_id(headers: Mapping[str, str]) -> str:
    """Return the id of a request: the caller's where it is one, else a new one."""
    given = headers.get(REQUEST_ID, "")
    return given if SAFE_ID.fullmatch(given) else secrets.token_hex(8)


def handed_on(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """Return the end-to-end headers: neither those of the connection nor those that it names as such."""
    connection = headers.get("Connection")
    named = {word.strip().lower() for word in connection.split(",")} if connection else ()
    kept: CIMultiDict[str] = CIMultiDict()
    for key, value in headers.items():
        lower = key.lower()
        if lower not in NOT_HANDED_ON and lower not in named:
            kept.add(key, value)
    return kept
