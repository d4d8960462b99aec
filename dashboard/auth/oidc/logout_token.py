"""Checking a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.6), which ends sessions here."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc.jwk import KeySet

from dashboard.auth.oidc.errors import ProviderDenied
from dashboard.auth.oidc.id_token import ALGORITHMS, LONGEST_SUBJECT, SKEW_S, signed_token

EVENT = "http://schemas.openid.net/event/backchannel-logout"
LONGEST_S = 3600.0  # after it was made; one without `exp`, as early drafts had it, is no longer of use either


@dataclass(frozen=True)
class LoggedOut:
    """Who has signed out at a provider.

    Attributes
    ----------
    issuer : str
        Of the provider.
    subject : str
        Who it is there; empty: only the session is named.
    session : str
        The session there; empty: all of the subject.
    issued : float
        When the provider said so, seconds since 1970.
    """

    issuer: str
    subject: str
    session: str
    issued: float


def session_hash(issuer: str, session: object) -> str:
    """Return by what a session at a provider is known here; empty for none.

    Parameters
    ----------
    issuer : str
        Of the provider.
    session : object
        The claim ``sid``.
    """
    if not isinstance(session, str) or not session:
        return ""
    return hashlib.sha256(f"{issuer}\0{session}".encode()).hexdigest()


def logged_out(
    token: str,
    keys: KeySet,
    *,
    issuer: str,
    client_id: str,
    algorithms: Iterable[str] = ALGORITHMS,
    now: float | None = None,
) -> LoggedOut:
    """Return who signed out, by a logout token.

    Parameters
    ----------
    token : str
        As it came.
    keys : KeySet
        The keys that the provider has now.
    issuer, client_id : str
        What the token must name.
    algorithms : iterable of str
        That the provider uses; of these, `ALGORITHMS` are taken.
    now : float, optional
        Seconds since 1970.

    Raises
    ------
    ProviderDenied
        If anything is not as it must be; `reason` is the claim, or ``signature``.
    """
    read = signed_token(token, keys, algorithms)
    if read is None:
        raise _denied("signature")
    claims, moment = read.claims, time.time() if now is None else now
    if wrong := _wrong_claim(claims, read.header, issuer=issuer, client_id=client_id, now=moment):
        raise _denied(wrong)
    return LoggedOut(issuer, claims.get("sub") or "", claims.get("sid") or "", float(claims["iat"]))


def _wrong_claim(
    claims: Mapping[str, Any], header: Mapping[str, Any], *, issuer: str, client_id: str, now: float
) -> str:
    """Return the first claim that is not as it must be; empty: all are."""
    audience = claims.get("aud")
    issued, expires = _time(claims.get("iat")), _time(claims.get("exp", now))
    events = claims.get("events")
    named = [claims.get(name) for name in ("sub", "sid") if claims.get(name) is not None]
    right = {
        "typ": str(header.get("typ", "logout+jwt")).lower() in {"logout+jwt", "jwt"},
        "iss": claims.get("iss") == issuer,
        "aud": client_id in (audience if isinstance(audience, list) else [audience]),
        "iat": now - LONGEST_S < issued <= now + SKEW_S,
        "exp": expires > now - SKEW_S,
        "events": isinstance(events, dict) and isinstance(events.get(EVENT), dict),
        "nonce": "nonce" not in claims,  # an ID token must never pass for one
        "sub": bool(named) and all(isinstance(one, str) and 0 < len(one) <= LONGEST_SUBJECT for one in named),
        "jti": isinstance(claims.get("jti"), str) and bool(claims["jti"]),
    }
    return next((name for name, is_right in right.items() if not is_right), "")


def _time(value: object) -> float:
    """Return a moment in seconds since 1970; of what is none, one that is long ago."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _denied(reason: str) -> ProviderDenied:
    return ProviderDenied(f"This logout token is not valid here ({reason}).", f"logout token: {reason}")
