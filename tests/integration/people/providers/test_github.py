"""Signing in by the endpoints of GitHub, as its documentation describes them: plain OAuth 2.0."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest
from aiohttp import web

from dashboard.settings import ProviderSettings
from tests.integration.people.providers.conftest import Browser, Opening, new_session, settings
from tests.integration.people.providers.liar import CLIENT, SECRET

OCTO = {"id": 583231, "login": "octo-eva", "node_id": "MDQ6", "name": None, "email": None, "type": "User"}


class GitHub:
    """Answers a form unless JSON is asked for, and errors of codes with the status 200."""

    def __init__(self) -> None:
        self.address = ""
        self._codes: set[str] = set()
        self._token = secrets.token_hex(8)

    async def serve(self) -> web.AppRunner:
        """Listen on a free port."""
        application = web.Application()
        application.router.add_get("/login/oauth/authorize", self._authorize)
        application.router.add_post("/login/oauth/access_token", self._access_token)
        application.router.add_get("/user", self._user)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        assert (asked["client_id"], asked["scope"], "nonce" in asked) == (CLIENT, "read:user", False)
        code = secrets.token_hex(10)
        self._codes.add(code)
        back = {"code": code, "state": asked["state"]}
        raise web.HTTPFound(f"{asked['redirect_uri']}?{urlencode(back)}")

    async def _access_token(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        assert (form["client_id"], form["client_secret"]) == (CLIENT, SECRET)
        told = {"access_token": self._token, "scope": "read:user", "token_type": "bearer"}
        if form["code"] not in self._codes:
            told = {
                "error": "bad_verification_code",
                "error_description": "The code is incorrect or expired.",
            }
        self._codes.discard(str(form["code"]))
        if "json" in request.headers.get("Accept", ""):
            return web.json_response(told)
        return web.Response(text=urlencode(told), content_type="application/x-www-form-urlencoded")

    async def _user(self, request: web.Request) -> web.Response:
        if not request.headers.get("User-Agent"):
            return web.json_response({"message": "Request forbidden by administrative rules."}, status=403)
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            return web.json_response({"message": "Bad credentials", "status": "401"}, status=401)
        return web.json_response(OCTO)


@pytest.fixture
async def github() -> AsyncIterator[GitHub]:
    made = GitHub()
    runner = await made.serve()
    yield made
    await runner.cleanup()


def preset(github: GitHub) -> ProviderSettings:
    """Return the preset of the guide, whose addresses are those of the server."""
    return settings(
        "",
        title="GitHub",
        authorization_url=f"{github.address}/login/oauth/authorize",
        token_url=f"{github.address}/login/oauth/access_token",
        userinfo_url=f"{github.address}/user",
        scopes=("read:user",),
        roles=(),
        default_role="viewer",
    )


async def test_one_signs_in_twice_as_the_same_person_without_a_name_or_an_address(
    opened: Opening, github: GitHub
) -> None:
    site = await opened(sso=preset(github))
    for _ in range(2):
        async with new_session() as session:
            browser = Browser(site, session)
            assert (await browser.sign_in())[0] == 200
            profile = await browser.whoami()
            assert profile
            assert (profile["person"]["name"], profile["person"]["email"]) == ("octo-eva", "")
            assert profile["person"]["roles"] == ["viewer"]


async def test_a_code_that_github_does_not_take_is_denied_in_words(opened: Opening, github: GitHub) -> None:
    site = await opened(sso=preset(github))
    async with new_session() as session:
        browser = Browser(site, session)
        back = await browser.callback(await browser.start("sso"))
        github._codes.clear()
        status, text, _ = await browser.get(back)
        assert status in {400, 401, 403}
        assert "did not take the code (bad_verification_code)" in text
        assert await browser.whoami() is None
