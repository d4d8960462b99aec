"""Checking an ID token (OpenID Connect Core 1.0, section 3.1.3.7): who signed it, for whom, and when."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError
from joserfc.jwk import JWKRegistry, KeySet

from dashboard.auth.oidc.errors import ProviderDenied

SKEW_S = 61  # a minute between two clocks, and the second that is lost where both are rounded
LONGEST_SUBJECT = 255
# None with a shared secret: a key of the provider that everybody knows would else be taken for one.
ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)
WORDS = {
    "signature": "it is not signed by a key of the provider",
    "iss": "it names another issuer",
    "aud": "it was made for another program",
    "azp": "it was made for another program",
    "nonce": "it belongs to another sign-in",
    "exp": "it has expired, or a clock is wrong by more than a minute",
    "iat": "it was made in the future, or a clock is wrong by more than a minute",
    "nbf": "it is not valid yet, or a clock is wrong by more than a minute",
    "at_hash": "it does not belong to the access token",
    "sub": "it names nobody",
}


def key_set(document: Mapping[str, Any]) -> KeySet:
    """Return the signing keys of a JWK Set (RFC 7517); keys that are not understood are left out."""
    keys = []
    listed = document.get("keys")
    for data in listed if isinstance(listed, list) else []:
        try:
            if data.get("use", "sig") == "sig" and data.get("kty") != "oct":
                keys.append(JWKRegistry.import_key(data))
        except (JoseError, ValueError, TypeError, AttributeError, KeyError):
            continue
    return KeySet(keys)


def signed_token(token: object, keys: KeySet, algorithms: Iterable[str]) -> jwt.Token | None:
    """Return a token that a provider signed; None where it did not.

    Parameters
    ----------
    token : object
        As it came.
    keys : KeySet
        The keys that the provider has now.
    algorithms : iterable of str
        That the provider uses; of these, `ALGORITHMS` are taken.
    """
    taken = [name for name in algorithms if name in ALGORITHMS]
    try:
        return jwt.decode(str(token), keys, algorithms=taken or ["RS256"])
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        return None


def verified_claims(
    token: object,
    keys: KeySet,
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    access_token: str = "",
    algorithms: Iterable[str] = ALGORITHMS,
    now: float | None = None,
) -> Mapping[str, Any]:
    """Return the claims of an ID token.

    Parameters
    ----------
    token : object
        As it came.
    keys : KeySet
        The keys that the provider has now.
    issuer, client_id, nonce : str
        What the token must name.
    access_token : str
        That came with it.
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
        raise denied("signature")
    options: dict[str, Any] = {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": client_id},
    }
    params = {"nonce": nonce, "client_id": client_id, "access_token": access_token}
    claims = CodeIDToken(read.claims, read.header, options, params)
    try:
        claims.validate(now=int(time.time() if now is None else now), leeway=SKEW_S)
    except ExpiredTokenError as error:
        raise denied("exp") from error
    except ClaimError as error:
        raise denied(str(error.claim)) from error
    except (JoseError, ValueError, TypeError, AttributeError) as error:
        raise denied("claims") from error
    subject = read.claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise denied("sub")
    return read.claims


def denied(reason: str) -> ProviderDenied:
    """Return the error of a token that is not as it must be."""
    why = WORDS.get(reason, "what it says cannot be read")
    return ProviderDenied(
        f"The provider's token is not valid here: {why}. Try again; if it stays so, tell an administrator.",
        f"token: {reason}",
    )
