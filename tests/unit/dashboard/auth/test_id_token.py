"""ID tokens: every claim that is not as it must be is a denial, and a minute between two clocks is none."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from dashboard.auth.oidc.errors import ProviderDenied
from dashboard.auth.oidc.id_token import key_set, verified_claims

NOW = 1_800_000_000
KEY = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
KEYS = KeySet([KEY])
CLAIMS = {
    "iss": "https://sso.example.org",
    "aud": "huggins",
    "sub": "u1",
    "nonce": "n",
    "exp": NOW + 300,
    "iat": NOW,
}


def signed(changes: dict[str, Any], key: Any = KEY, **header: str) -> str:
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    header = {"alg": "RS256", "kid": "k1", **header}
    return jwt.encode(header, claims, key, algorithms=[header["alg"]])


def read(token: object, keys: KeySet = KEYS, **more: Any) -> dict[str, Any]:
    named = {"issuer": CLAIMS["iss"], "client_id": "huggins", "nonce": "n", "now": NOW}
    return dict(verified_claims(token, keys, **{**named, **more}))


def test_a_token_of_the_provider_for_this_sign_in_is_taken() -> None:
    assert read(signed({}))["sub"] == "u1"
    assert read(signed({"aud": ["huggins"]}))["sub"] == "u1"
    assert read(signed({"aud": ["huggins", "other"], "azp": "huggins"}))["sub"] == "u1"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://evil.example"}, "iss"),
        ({"iss": "https://sso.example.org/"}, "iss"),
        ({"iss": None}, "iss"),
        ({"iss": ["https://sso.example.org"]}, "iss"),
        ({"aud": "other"}, "aud"),
        ({"aud": ["other"]}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": None}, "aud"),
        ({"aud": ["huggins", "other"]}, "azp"),
        ({"azp": "other"}, "azp"),
        ({"nonce": "m"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"exp": NOW - 61}, "exp"),
        ({"exp": None}, "exp"),
        ({"exp": "2030"}, "exp"),
        ({"exp": True}, "exp"),
        ({"iat": NOW + 62}, "iat"),
        ({"iat": None}, "iat"),
        ({"nbf": NOW + 62}, "nbf"),
        ({"sub": ""}, "sub"),
        ({"sub": None}, "sub"),
        ({"sub": 5}, "sub"),
        ({"sub": "x" * 256}, "sub"),
    ],
)
def test_a_claim_that_is_not_as_it_must_be_is_a_denial(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ProviderDenied) as caught:
        read(signed(changes))
    assert caught.value.reason == f"token: {reason}"


@pytest.mark.parametrize("changes", [{"exp": NOW - 60}, {"iat": NOW + 60}, {"nbf": NOW + 60}])
def test_clocks_may_differ_by_a_minute(changes: dict[str, int]) -> None:
    assert read(signed(changes))["sub"] == "u1"


def test_a_token_by_another_key_is_denied() -> None:
    other = RSAKey.generate_key(2048, {"kid": "k1"})
    unknown = RSAKey.generate_key(2048, {"kid": "k2"})
    shared = OctKey.import_key(json.dumps(KEY.as_dict(private=False)))
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    body = signed({}).split(".")[1]
    tokens = [
        signed({}, other),
        signed({}, unknown, kid="k2"),
        jwt.encode({"alg": "HS256", "kid": "k1"}, CLAIMS, shared, algorithms=["HS256"]),
        f"{none}.{body}.",
        signed({})[:-4] + "AAAA",
        "a.b.c",
        "",
        None,
        5,
    ]
    for token in tokens:
        with pytest.raises(ProviderDenied) as caught:
            read(token)
        assert caught.value.reason == "token: signature"


def test_an_algorithm_that_the_provider_does_not_use_is_denied() -> None:
    assert read(signed({}), algorithms=["RS256", "HS256", "none"])["sub"] == "u1"
    with pytest.raises(ProviderDenied):
        read(signed({}), algorithms=["ES256"])


def test_a_token_bound_to_another_access_token_is_denied() -> None:
    with pytest.raises(ProviderDenied) as caught:
        read(signed({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}), access_token="secret")
    assert caught.value.reason == "token: at_hash"


def test_of_a_key_set_what_signs_and_is_understood_is_kept() -> None:
    curve = ECKey.generate_key("P-256", {"kid": "e", "use": "sig"}).as_dict(private=False)
    encrypts = {**KEY.as_dict(private=False), "use": "enc", "kid": "x"}
    odd: list[Any] = [{"kty": "AKP"}, {"kty": "RSA"}, {"kty": "oct", "k": "AAAA", "kid": "o"}, 5, None]
    found = key_set({"keys": [curve, encrypts, *odd]})
    assert [key.kid for key in found.keys] == ["e"]
    for document in ({}, {"keys": 5}, {"keys": []}):
        assert list(key_set(document)) == []
