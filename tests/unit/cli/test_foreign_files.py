"""A folder that came from elsewhere says neither where data go nor how the platform runs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click
import pytest

from dashboard.cli.commands.data import _files
from dashboard.cli.connection import Connection
from dashboard.home import Home
from dashboard.settings import Settings, SettingsError

THERE = {"address": "http://127.0.0.1:8597", "token": "t"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a working directory with a home that a running platform has."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HUGGINS_HOME", raising=False)
    folder = tmp_path / ".huggins"
    folder.mkdir(mode=0o700)
    file = folder / "connection.json"
    file.write_text(json.dumps(THERE))
    file.chmod(0o600)
    return folder


def test_a_home_is_believed_while_a_platform_holds_it(home: Path) -> None:
    with pytest.raises(click.ClickException, match="no platform holds"):  # as an archive brings it
        Connection.find()
    running = Home(home)
    running.take()
    try:
        assert Connection.find() == Connection(**THERE)
    finally:
        running.leave()
    with pytest.raises(click.ClickException, match="no platform holds"):
        Connection.find()


@pytest.mark.parametrize(("path", "mode"), [(".", 0o755), (".", 0o777), ("connection.json", 0o644)])
def test_what_others_can_read_or_write_is_not_believed(home: Path, path: str, mode: int) -> None:
    running = Home(home)
    running.take()
    try:
        (home / path).chmod(mode)
        with pytest.raises(click.ClickException, match="open to other users"):
            Connection.find()
    finally:
        running.leave()


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("path", [".", "connection.json"])
def test_what_belongs_to_another_user_is_not_believed_even_if_it_is_named(
    home: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.chown(home / path, 65534, 65534)
    for named in ("", str(home)):
        monkeypatch.setenv("HUGGINS_HOME", named)
        with pytest.raises(click.ClickException, match="belongs to another user"):
            Connection.find()


def test_a_link_is_not_believed(home: Path, tmp_path: Path) -> None:
    (home / "connection.json").rename(tmp_path / "elsewhere.json")
    (home / "connection.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(click.ClickException, match="is a link"):
        Connection.find(home)


def test_a_named_home_that_others_can_write_is_not_believed(home: Path) -> None:
    assert Connection.find(home) == Connection(**THERE)
    (home / "connection.json").chmod(0o666)
    with pytest.raises(click.ClickException, match="open to other users"):
        Connection.find(home)


def test_settings_that_lie_in_the_working_directory_must_be_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "huggins.toml"
    file.write_text("[server]\nport = 9000\n")
    assert Settings.load(environ={}).server.port == 9000
    file.chmod(0o666)
    with pytest.raises(SettingsError, match="written by other users"):
        Settings.load(environ={})
    assert Settings.load(file, environ={}).server.port == 9000  # somebody named it
    file.chmod(0o644)
    tmp_path.chmod(0o777)
    with pytest.raises(SettingsError, match="written by other users"):
        Settings.load(environ={})
    if os.getuid() == 0:
        tmp_path.chmod(0o755)
        os.chown(file, 65534, 65534)
        with pytest.raises(SettingsError, match="written by other users"):
            Settings.load(environ={})


def test_links_out_of_a_folder_are_not_uploaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "secret.csv").write_text("1 2\n")
    data = tmp_path / "data"
    (data / "inner").mkdir(parents=True)
    (data / "a.csv").write_text("1 2\n")
    (data / "b.csv").symlink_to("a.csv")
    (data / "out.csv").symlink_to("../secret.csv")
    (data / "inner" / "passwd.csv").symlink_to("/etc/passwd")
    (data / "folder").symlink_to(tmp_path)
    assert [name for _, name in _files((data,))] == ["a.csv", "b.csv"]
    assert "2 links lead out of their folder" in capsys.readouterr().err
    assert [name for _, name in _files((data / "out.csv",))] == ["out.csv"]  # named by the user
