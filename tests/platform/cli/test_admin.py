"""`huggins admin`: accounts are changed, signed out and deleted from the command line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dashboard.cli import main
from tests.platform.web.conftest import Site, open_site
from tests.platform.web.people import joined, quick_passwords

Command = Callable[..., Awaitable[Result]]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path, accounts=None) as site:
        site.platform.__dict__["passwords"] = quick_passwords()
        yield site


@pytest.fixture
async def admin(site: Site, monkeypatch: pytest.MonkeyPatch) -> Command:
    await site.platform.sessions.write_connection(str(site.stranger.make_url("")).rstrip("/"))
    monkeypatch.setenv("HUGGINS_HOME", str(site.world.home))

    async def run(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, main, ["admin", *arguments])

    return run


async def test_a_role_is_changed_and_sessions_are_ended(site: Site, admin: Command) -> None:
    eva = await joined(site, "eva")
    done = await admin("change", "eva", "--role", "manager", "--title", "Eva N.")
    assert (done.exit_code, "eva (Eva N.) is manager" in done.output) == (0, True), done.output
    assert (await site.stranger.get("/administration/running", headers=eva)).status == 200
    assert (await admin("change", "eva")).exit_code == 2
    assert (await admin("end-sessions", "eva")).exit_code == 0
    assert (await site.stranger.get("/jobs", headers=eva)).status == 401


async def test_an_account_is_deleted_and_what_it_owned_is_transferred(site: Site, admin: Command) -> None:
    eva, _ = await joined(site, "eva"), await joined(site, "adam")
    made = await site.stranger.post("/data", json={"name": "stars"}, headers=eva)
    dataset = (await made.json())["dataset"]["id"]
    denied = await admin("delete", "eva", "--owned", "transfer", "--to", "nobody", "--yes")
    assert denied.exit_code == 1
    assert "to: has no active account" in denied.output
    kept = await admin("delete", "eva")  # nobody confirms it
    assert kept.exit_code == 1
    assert (await site.stranger.get("/jobs", headers=eva)).status == 200
    done = await admin("delete", "eva", "--owned", "transfer", "--to", "adam", "--yes")
    assert done.exit_code == 0, done.output
    assert (await site.stranger.get("/jobs", headers=eva)).status == 401
    assert (await site.platform.data.store.get(dataset)).owner == "adam"
    again = await admin("delete", "nobody", "--yes")
    assert (again.exit_code, "nobody" in again.output) == (1, True)
