"""`huggins labels` against a running application."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dashboard.cli import main
from dashboard.cli.connection import CONNECTION
from tests.platform.web.conftest import Site, open_site
from tests.platform.world import add_dataset


async def ran(site: Site, home: Path, *arguments: str) -> Result:
    """Run a command as a person who is logged in to the site."""
    _connect(home, str(site.stranger.make_url("")).rstrip("/"), site.token)
    runner = CliRunner(env={"HUGGINS_HOME": str(home), "COLUMNS": "300"})
    done = await asyncio.to_thread(runner.invoke, main, ["labels", *arguments])
    assert done.exit_code == 0, done.output
    return done


def _connect(home: Path, address: str, token: str) -> None:
    """Write down where the platform is, as it does itself."""
    home.mkdir(mode=0o700, exist_ok=True)
    (home / CONNECTION).write_text(json.dumps({"address": address, "token": token}))
    (home / CONNECTION).chmod(0o600)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path) as site:
        yield site


async def test_labels_are_imported_shown_versioned_and_exported(site: Site, tmp_path: Path) -> None:
    await add_dataset(site.platform)
    home, table = tmp_path / "client", tmp_path / "labels.csv"
    table.write_text("id,label\nA,double peak\nB,other\n")
    await ran(site, home, "new", "Be stars", "two stars", "--class", "other", "--class", "double peak")
    assert "Be stars" in (await ran(site, home, "list")).output
    assert "2 labels are new" in (await ran(site, home, "import", "Be stars", str(table))).output
    made = json.loads((await ran(site, home, "version", "Be stars", "--json")).output)
    assert made["counts"]["classes"] == {"double peak": 1, "other": 1}
    shown = (await ran(site, home, "show", "Be stars")).output
    assert "other 1, double peak 1" in shown
    assert made["id"] in shown
    out = tmp_path / "out.csv"
    await ran(site, home, "export", "Be stars", "--dialect", "id", "--out", str(out))
    assert out.read_text().splitlines() == ["id,label", "A,double peak", "B,other"]
