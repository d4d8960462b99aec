"""One provider: its metadata, the way there, and what it says of somebody who came back with a code."""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlsplit

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url

from dashboard.auth.oidc.claims import has_claim
from dashboard.auth.oidc.errors import ProviderAway, ProviderDenied
from dashboard.auth.oidc.id_token import ALGORITHMS, denied, key_set, verified_claims
from dashboard.auth.oidc.logout_token import LoggedOut, logged_out
from dashboard.auth.oidc.transport import Transport
from dashboard.settings import ProviderSettings
from dashboard.settings.providers import wrong_address
from launchers.private_file import exposed

log = logging.getLogger(__name__)

METADATA_S = 600.0  # for which metadata are remembered; keys are fetched at every sign-in
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True)
class Told:
    """What a provider says of somebody.

    Attributes
    ----------
    issuer : str
        Who says it; with the claim ``sub`` it names a person for ever.
    claims : mapping
        The claims.
    """

    issuer: str
    claims: Mapping[str, Any]


class Provider:
    """A provider of accounts.

    Parameters
    ----------
    name : str
        Of its section in the settings.
    settings : ProviderSettings
        Its keys.
    """

    def __init__(self, name: str, settings: ProviderSettings) -> None:
        self.name = name
        self.title = settings.title or name
        self.settings = settings
        self._transport = Transport(self.title, settings.networks)
        self._known: tuple[float, OpenIDProviderMetadata] | None = None

    @property
    def issuer(self) -> str:
        """What names its people together with their ``sub``; of plain OAuth 2.0 the address that says it."""
        return self.settings.issuer or self.settings.userinfo_url

    async def begin(self, *, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Return the address to which a browser goes for signing in.

        Parameters
        ----------
        redirect_uri : str
            Where it comes back, as registered.
        state, nonce, verifier : str
            Random texts of this sign-in.

        Raises
        ------
        ProviderAway
            If the provider does not answer, or not with what is needed.
        """
        metadata = await self._metadata()
        more = {"nonce": nonce} if self.settings.is_openid else {}
        return str(
            prepare_grant_uri(
                metadata["authorization_endpoint"],
                self.settings.client_id,
                "code",
                redirect_uri=redirect_uri,
                scope=list(self.settings.scopes),
                state=state,
                code_challenge=create_s256_code_challenge(verifier),
                code_challenge_method="S256",
                **more,
            )
        )

    async def finish(self, code: str, *, redirect_uri: str, nonce: str, verifier: str) -> Told:
        """Return what the provider says of who brings a code.

        Parameters
        ----------
        code : str
            From the provider, by the browser.
        redirect_uri, nonce, verifier : str
            As for `begin`.

        Raises
        ------
        ProviderAway
            If the provider does not answer, or not with what is needed.
        ProviderDenied
            If it does not take the code, or its tokens are not valid here.
        """
        metadata = await self._metadata()
        tokens = await self._tokens(metadata, code, redirect_uri, verifier)
        access_token = tokens.get("access_token")
        access_token = access_token if isinstance(access_token, str) else ""
        if not self.settings.is_openid:
            return Told(self.issuer, await self._transport.get(metadata["userinfo_endpoint"], access_token))
        keys = key_set(await self._transport.get(metadata["jwks_uri"]))
        listed = metadata.get("id_token_signing_alg_values_supported")
        claims = verified_claims(
            tokens.get("id_token"),
            keys,
            issuer=self.settings.issuer,
            client_id=self.settings.client_id,
            nonce=nonce,
            access_token=access_token,
            algorithms=listed if isinstance(listed, list) else ALGORITHMS,
        )
        return Told(self.issuer, {**await self._more(metadata, claims, access_token), **claims})

    async def logged_out(self, token: str) -> LoggedOut:
        """Return who signed out at the provider, by a logout token that it signed.

        Raises
        ------
        ProviderAway
            If its keys cannot be fetched.
        ProviderDenied
            If the token is not valid, or the provider is no OpenID provider.
        """
        if not self.settings.is_openid:
            raise ProviderDenied(f"{self.title} has no logout tokens.", "logout token: plain OAuth 2.0")
        metadata = await self._metadata()
        keys = key_set(await self._transport.get(metadata["jwks_uri"]))
        listed = metadata.get("id_token_signing_alg_values_supported")
        return logged_out(
            token,
            keys,
            issuer=self.settings.issuer,
            client_id=self.settings.client_id,
            algorithms=listed if isinstance(listed, list) else ALGORITHMS,
        )

    async def ready(self) -> None:
        """Return if the provider answers; `ProviderAway` if not."""
        await self._metadata()

    def checks_issuer(self, named: str) -> bool:
        """Return whether the ``iss`` with which a browser came back is this provider's (RFC 9207)."""
        return not named or not self.settings.is_openid or named == self.settings.issuer

    async def end_session_address(self) -> str:
        """Return where somebody ends the session at the provider; empty: it does not say."""
        try:
            found = (await self._metadata()).get("end_session_endpoint")
        except ProviderAway:
            return ""
        if not isinstance(found, str) or wrong_address(found):
            return ""
        return (
            f"{found}{'&' if urlsplit(found).query else '?'}client_id={quote_plus(self.settings.client_id)}"
        )

    async def _more(
        self, metadata: Mapping[str, Any], claims: Mapping[str, Any], access_token: str
    ) -> Mapping[str, Any]:
        """Return the claims that only the userinfo endpoint has; none where the ID token has all."""
        wanted = ("email", "name", self.settings.groups_claim)
        address = metadata.get("userinfo_endpoint")
        if not address or not access_token or all(has_claim(claims, name) for name in wanted):
            return {}
        found = await self._transport.get(str(address), access_token)
        if found.get("sub") != claims["sub"]:  # OpenID Connect Core, section 5.3.2
            raise denied("sub")
        return found

    async def _tokens(
        self, metadata: Mapping[str, Any], code: str, redirect_uri: str, verifier: str
    ) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        secret, headers = self._secret(), dict[str, str]()
        methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if secret and "client_secret_basic" in methods:
            # RFC 6749, section 2.3.1: both are encoded as in a form first.
            pair = f"{quote_plus(self.settings.client_id)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": self.settings.client_id, **({"client_secret": secret} if secret else {})}
        status, answer = await self._transport.post(metadata["token_endpoint"], form, headers)
        if status != 200 or "error" in answer:
            error = str(answer.get("error", status))[:40]
            raise ProviderDenied(
                f"{self.title} did not take the code ({error}). Try again; if it stays so, tell an "
                "administrator.",
                f"code: {error}",
            )
        return answer

    async def _metadata(self) -> Mapping[str, Any]:
        settings = self.settings
        if not settings.is_openid:
            return {
                "authorization_endpoint": settings.authorization_url,
                "token_endpoint": settings.token_url,
                "userinfo_endpoint": settings.userinfo_url,
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        if self._known is None or time.monotonic() - self._known[0] > METADATA_S:
            address = get_well_known_url(settings.issuer, external=True)
            self._known = (time.monotonic(), self._checked(await self._transport.get(address)))
        metadata: Mapping[str, Any] = self._known[1]
        return metadata

    def _checked(self, document: Mapping[str, Any]) -> OpenIDProviderMetadata:
        if (named := document.get("issuer")) != self.settings.issuer:
            raise self._unusable(
                f"it calls itself {str(named)[:200]!r}, which oidc.{self.name}.issuer must be"
            )
        for endpoint in (*ENDPOINTS, "userinfo_endpoint"):
            address = document.get(endpoint)
            if address is None and endpoint not in ENDPOINTS:
                continue
            if not isinstance(address, str) or wrong_address(address):
                raise self._unusable(f"it names no {endpoint} that begins with https://")
        return OpenIDProviderMetadata(document)

    def _unusable(self, why: str) -> ProviderAway:
        log.error("the provider %s cannot be used: %s", self.title, why)
        return ProviderAway(
            f"{self.title} cannot be used as it is set up: tell an administrator, who finds the reason in "
            "the log."
        )

    def _secret(self) -> str:
        if not (file := self.settings.client_secret_file):
            return self.settings.client_secret
        try:
            if why := exposed(file):
                raise self._unusable(f"oidc.{self.name}.client_secret_file: {why}")
            return Path(file).expanduser().read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise self._unusable(f"oidc.{self.name}.client_secret_file cannot be read") from error
