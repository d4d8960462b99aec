"""Commands on a home without a platform, and what they say of a database that cannot be used."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dashboard.auth.identity import OWNER, Scope
from dashboard.cli import main
from tests.platform.world import World, add_dataset

COMMANDS = (["check"], ["backup", "B"], ["admin", "rotate", "sessions"], ["gateway", "--port", "0"], ["up"])


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Path]:
    """A home with a dataset, a session, tokens and a webhook, whose platform is stopped."""
    world = World(tmp_path / "home", accounts=None)
    platform = await world.platform()
    await add_dataset(platform)
    await platform.sessions.open(OWNER.user)
    await platform.api_tokens.create(OWNER, "script", [Scope.READ], None)
    await platform.preferences.put(OWNER.user, {"webhook": "https://example.org/hook"})
    await world.close()
    return world.home


def remove(folder: Path, pattern: str) -> None:
    for file in folder.glob(pattern):
        file.unlink()


async def run(home: Path, *arguments: str) -> Result:
    environment = {"HUGGINS_HOME": str(home), "HUGGINS_NODES_LOCAL_KIND": "process", "COLUMNS": "1000"}
    return await asyncio.to_thread(CliRunner().invoke, main, arguments, env=environment)


async def test_check_finds_nothing_in_a_good_home_and_names_and_removes_orphans(home: Path) -> None:
    answer = await run(home, "check")
    assert (answer.exit_code, "nothing is wrong" in answer.output) == (0, True)
    old, new = home / "jobs" / "1old", home / "jobs" / "1new"
    old.mkdir(parents=True)
    new.mkdir()
    os.utime(old, (time.time() - 7200,) * 2)
    answer = await run(home, "check")
    assert answer.exit_code == 1
    assert "jobs/1old" in answer.output
    assert "--remove-orphans" in answer.output
    answer = await run(home, "check", "--remove-orphans", "--json")
    told = json.loads(answer.output)
    assert told == {"faults": [{"fault": "orphan", "what": "jobs/1new"}], "removed": ["jobs/1old"]}
    assert (old.exists(), new.exists()) == (False, True)


async def test_what_was_restored_is_checked_before_it_runs_once(home: Path, tmp_path: Path) -> None:
    file, other = tmp_path / "kept", tmp_path / "restored"
    assert (await run(home, "backup", str(file))).exit_code == 0
    assert (await run(other, "restore", str(file))).exit_code == 0
    answer = await run(other, "check")
    assert "put the key back" in answer.output  # backups hold no key
    shutil.copy(home / "credentials.key", other)
    answer = await run(other, "check")
    assert (answer.exit_code, "nothing is wrong" in answer.output) == (0, True), answer.output


async def test_rotation_of_everything(home: Path) -> None:
    key = (home / "credentials.key").read_text()
    for what, said in (
        ("credentials", "1 credentials are encrypted with the new key"),
        ("sessions", "1 sessions and links ended"),
        ("api-tokens", "1 API tokens expire in 7 days"),
        ("deployment-tokens", "0 tokens of deployments expire in 7 days"),
        ("replicas", "1 keys removed"),
    ):
        answer = await run(home, "admin", "rotate", what)
        assert answer.exit_code == 0, answer.output
        assert said in answer.output
    assert (home / "credentials.key").read_text() != key
    assert len((home / "credentials.key").read_text().split()) == 1
    answer = await run(home, "check")
    assert answer.exit_code == 0, answer.output


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
async def test_a_damaged_database_says_what_to_do_at_every_command(home: Path, command: list[str]) -> None:
    remove(home, "huggins.sqlite-*")
    database = home / "huggins.sqlite"
    database.write_bytes(b"\xff" * database.stat().st_size)
    answer = await run(home, *command)
    assert answer.exit_code == 1
    assert isinstance(answer.exception, SystemExit)
    for word in ("damaged", ".recover", "huggins restore", str(database)):
        assert word in answer.output
    assert "Traceback" not in answer.output
    assert not (home.parent / "B").exists()


@pytest.mark.parametrize("command", COMMANDS[:3], ids=lambda command: command[0])
async def test_a_missing_database_is_not_made_anew(home: Path, command: list[str]) -> None:
    remove(home, "huggins.sqlite*")
    answer = await run(home, *command)
    assert answer.exit_code == 1
    assert "is missing: restore a backup" in answer.output
    assert not (home / "huggins.sqlite").exists()


@pytest.mark.parametrize("command", [*COMMANDS[:3], COMMANDS[-1]], ids=lambda command: command[0])
async def test_the_database_of_another_home_is_named(
    home: Path, tmp_path: Path, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path / "other" / "home", accounts=None)
    await world.platform()
    await world.close()
    monkeypatch.setenv("HUGGINS_DATABASE_URL", f"sqlite:///{world.home / 'huggins.sqlite'}")
    answer = await run(home, *command)
    assert answer.exit_code == 1
    assert "belongs to another database" in answer.output


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
async def test_postgresql_that_is_away_says_so(
    home: Path, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUGGINS_DATABASE_URL", "postgresql://huggins:zirconium@127.0.0.1:9/huggins")
    answer = await run(home, *command)
    assert answer.exit_code == 1
    assert "cannot be used (away)" in answer.output
    assert "start its server" in answer.output
    assert "zirconium" not in answer.output


async def test_a_folder_that_is_no_home_is_named(tmp_path: Path) -> None:
    for command in COMMANDS[:3]:
        answer = await run(tmp_path / "nothing", *command)
        assert (answer.exit_code, "is no platform's home" in answer.output) == (1, True)
    assert not (tmp_path / "nothing").exists()
