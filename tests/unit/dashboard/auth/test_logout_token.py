"""Logout tokens: what is not as it must be is named, and a minute between two clocks is nothing."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from dashboard.auth.oidc.errors import ProviderDenied
from dashboard.auth.oidc.logout_token import EVENT, LoggedOut, logged_out, session_hash

ISSUER, CLIENT, NOW = "https://sso.example.org", "huggins", 1_800_000_000
KEY = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})


def told(typ: str = "logout+jwt", **changes: Any) -> LoggedOut:
    """Return what a token says; a change to None leaves a claim out."""
    claims: dict[str, Any] = {"iss": ISSUER, "aud": CLIENT, "sub": "alice", "sid": "s1", "jti": "j1"}
    claims |= {"iat": NOW, "exp": NOW + 120, "events": {EVENT: {}}, **changes}
    claims = {name: one for name, one in claims.items() if one is not None}
    token = jwt.encode({"alg": "RS256", "kid": "k1", "typ": typ}, claims, KEY)
    return logged_out(token, KeySet([KEY]), issuer=ISSUER, client_id=CLIENT, now=NOW)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"typ": "at+jwt"}, "typ"),
        ({"iss": "https://another.example"}, "iss"),
        ({"aud": "another"}, "aud"),
        ({"aud": None}, "aud"),
        ({"iat": NOW - 7200}, "iat"),
        ({"iat": NOW + 62}, "iat"),
        ({"iat": None}, "iat"),
        ({"iat": True}, "iat"),
        ({"exp": NOW - 62}, "exp"),
        ({"exp": "soon"}, "exp"),
        ({"events": None}, "events"),
        ({"events": {"another": {}}}, "events"),
        ({"events": {EVENT: True}}, "events"),
        ({"nonce": "n"}, "nonce"),
        ({"sub": None, "sid": None}, "sub"),
        ({"sub": 7}, "sub"),
        ({"sid": ""}, "sub"),
        ({"jti": None}, "jti"),
    ],
)
def test_what_is_not_as_it_must_be_is_named(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ProviderDenied) as denied:
        told(**changes)
    assert denied.value.reason == f"logout token: {reason}"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"iat": NOW + 60},
        {"exp": NOW - 60},
        {"exp": None},
        {"aud": ["another", CLIENT]},
        {"typ": "JWT"},
    ],
)
def test_what_the_standard_allows_is_taken(changes: dict[str, Any]) -> None:
    found = told(**changes)
    assert (found.subject, found.session) == ("alice", "s1")


def test_a_subject_or_a_session_is_enough() -> None:
    assert told(sid=None).session == ""
    assert told(sub=None).subject == ""


def test_sessions_of_two_providers_are_two() -> None:
    assert session_hash("https://a", "s") != session_hash("https://b", "s")
    assert session_hash("https://a", None) == session_hash("https://a", "") == ""
