"""A provider that signs whatever it is told to, and otherwise keeps to the rules."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "huggins", "s3cret/with+signs="


def new_key(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig", "alg": "RS256"})


@dataclass
class Liar:
    """What it says of the next person who comes.

    Attributes
    ----------
    claims : dict
        Changes of the ID token; None removes a claim.
    userinfo : dict
        What it adds at the userinfo endpoint.
    keys : KeySet
        Those that it publishes.
    signs_with : RSAKey
        The key of the next token.
    """

    claims: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)
    token_status: int = 200
    issuer: str = ""
    document: dict[str, Any] = field(default_factory=dict)
    seen: list[dict[str, str]] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.signs_with = new_key("k1")
        self.keys = KeySet([self.signs_with])

    async def serve(self) -> web.AppRunner:
        """Listen on a free port."""
        application = web.Application()
        application.router.add_get("/.well-known/openid-configuration", self._metadata)
        application.router.add_get("/keys", self._keys)
        application.router.add_get("/authorize", self._authorize)
        application.router.add_post("/token", self._token)
        application.router.add_get("/userinfo", self._userinfo)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    async def _metadata(self, _request: web.Request) -> web.Response:
        named = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        named |= {"userinfo_endpoint": "userinfo"}
        addresses = {name: f"{self.issuer}/{path}" for name, path in named.items()}
        return web.json_response({"issuer": self.issuer, **addresses, **self.document})

    async def _keys(self, _request: web.Request) -> web.Response:
        return web.json_response(self.keys.as_dict(private=False))

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        self.seen.append(asked)
        back = {"code": code, "state": asked["state"]}
        raise web.HTTPFound(f"{asked['redirect_uri']}?{urlencode(back)}")

    async def _token(self, request: web.Request) -> web.Response:
        if self.token_status != 200:
            return web.json_response({"error": "invalid_grant"}, status=self.token_status)
        form = dict(await request.post())
        asked = self._codes.pop(str(form["code"]))
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == asked["code_challenge"]
        assert form["redirect_uri"] == asked["redirect_uri"]
        if asked.get("nonce"):
            assert request.headers["Authorization"].startswith("Basic ")
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": "liar", "nonce": asked.get("nonce")}
        claims |= {"iat": now, "exp": now + 300, "groups": ["astro"], **self.claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "RS256", "kid": self.signs_with.kid}
        token = jwt.encode(header, claims, self.signs_with)
        told = {"access_token": "access", "token_type": "Bearer", "id_token": token, **self.answer}
        return web.json_response(told)

    async def _userinfo(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"Bearer {self.answer.get('access_token', 'access')}"
        told = {"sub": self.claims.get("sub", "liar"), "groups": ["astro"], **self.userinfo}
        return web.json_response(told)
