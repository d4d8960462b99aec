"""`huggins share` against a running application."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dashboard.auth.identity import OWNER
from dashboard.cli import main
from dashboard.cli.connection import CONNECTION
from tests.platform.web.conftest import Site, open_site
from tests.platform.world import add_dataset


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path, accounts=None) as site:
        yield site


async def test_a_dataset_is_shared_shown_and_given_away(site: Site, tmp_path: Path) -> None:
    home = tmp_path / "client"
    home.mkdir(mode=0o700)
    address = str(site.stranger.make_url("")).rstrip("/")
    (home / CONNECTION).write_text(json.dumps({"address": address, "token": site.token}))
    (home / CONNECTION).chmod(0o600)
    await site.platform.accounts.create("adam", OWNER, roles=["user"])
    await site.platform.accounts.set_password_hash("adam", "none")
    dataset = await add_dataset(site.platform)
    runner = CliRunner(env={"HUGGINS_HOME": str(home), "COLUMNS": "300"})

    async def shared(*more: str) -> Result:
        return await asyncio.to_thread(runner.invoke, main, ["share", "dataset", dataset, *more])

    assert "private" in (await shared()).output
    public = await shared("--public", "--json")
    assert json.loads(public.output)["visibility"] == "public"
    assert "Give one of" in (await shared("--public", "--project", "stars")).output
    unknown = await shared("--owner", "nobody")
    assert (unknown.exit_code, "has no active account" in unknown.output) == (1, True)
    given = json.loads((await shared("--owner", "adam", "--private", "--json")).output)
    assert (given["owner"], given["visibility"]) == ("adam", "private")
