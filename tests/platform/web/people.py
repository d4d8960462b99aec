"""Accounts in tests: quick passwords, invitations, sessions."""

from __future__ import annotations

from typing import Any

from argon2 import PasswordHasher

from dashboard.auth.passwords import Passwords
from tests.platform.web.conftest import Site

PHRASE = "three dim stars over brno"
JSON = {"Accept": "application/json"}
BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


def quick_passwords() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


async def created(site: Site, name: str = "eva", **more: Any) -> str:
    """Create an account and return the token of its invitation."""
    answer = await site.stranger.post("/people", json={"name": name, **more}, headers=site.json)
    assert answer.status == 201, await answer.text()
    return (await answer.json())["invitation"]["path"].partition("token=")[2]


async def joined(site: Site, name: str = "eva", **more: Any) -> dict[str, str]:
    """Create an account, choose its password, and return the headers of its session."""
    token = await created(site, name, **more)
    body = {"token": token, "password": PHRASE}
    answer = await site.stranger.post("/invitation", json=body, headers=JSON)
    assert answer.status == 200, await answer.text()
    return headers_of((await answer.json())["token"])


def headers_of(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", **JSON}


async def sign_in(site: Site, name: str, password: str = PHRASE, **more: str) -> tuple[int, dict[str, Any]]:
    body = {"name": name, "password": password, **more}
    answer = await site.stranger.post("/sign-in", json=body, headers=JSON)
    return answer.status, await answer.json()
