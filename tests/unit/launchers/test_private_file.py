"""Files of keys and passwords that other users can read are not used, and the reason is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dashboard.base.errors import Invalid
from dashboard.nodes.form import settings_of
from dashboard.settings import Settings, SettingsError
from launchers.base import LaunchError
from launchers.docker.connection import EngineAddress
from launchers.docker.options import DockerOptions
from launchers.private_file import exposed
from launchers.remote.ssh import SshShell


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """Return a key that its group can read."""
    file = tmp_path / "key"
    file.write_text("secret")
    file.chmod(0o640)
    return file


@pytest.mark.parametrize(("mode", "told"), [(0o600, ""), (0o400, ""), (0o640, "0640"), (0o604, "0604")])
def test_a_secret_is_its_owners_alone(key: Path, mode: int, told: str) -> None:
    key.chmod(mode)
    link = key.with_name("link")
    link.symlink_to(key)
    for path in (key, str(key), link):
        why = exposed(path)
        assert bool(why) == bool(told)
        assert told in why


def test_a_secret_of_another_user_is_rejected(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key.chmod(0o600)
    monkeypatch.setattr(os, "getuid", lambda: key.stat().st_uid + 1)
    if key.stat().st_uid != 0:
        assert "belongs to another user" in exposed(key)
    else:
        assert exposed(key) == ""  # the administrator's are trusted


def test_an_ssh_key_is_checked_before_it_is_used(key: Path) -> None:
    with pytest.raises(LaunchError, match=f"ssh_key: {key} can be used by other users .mode 0640"):
        SshShell("ssh://me@host", str(key))
    key.chmod(0o600)
    SshShell("ssh://me@host", str(key))


def test_a_tls_key_is_checked_before_it_is_used(key: Path) -> None:
    files = dict.fromkeys(("tls_ca", "tls_cert", "tls_key"), str(key))
    with pytest.raises(LaunchError, match=r"tls_key: .*chmod 600"):
        EngineAddress(DockerOptions(url="tcp://host:2376", **files))
    key.chmod(0o600)
    EngineAddress(DockerOptions(url="tcp://host:2376", **files))


def test_the_form_of_a_node_says_it_at_the_field(key: Path) -> None:
    body = {"kind": "slurm", "url": "ssh://me@host", "ssh_key": str(key), "known_hosts": str(key)}
    with pytest.raises(Invalid) as caught:
        settings_of(body)
    assert [error.field for error in caught.value.errors] == ["ssh_key"]


def test_a_password_file_that_others_read_stops_the_start(key: Path, tmp_path: Path) -> None:
    file = tmp_path / "huggins.toml"
    file.write_text(f'[notifications]\nsmtp_password_file = "{key}"\n')
    with pytest.raises(SettingsError, match=r"smtp_password_file: .*chmod 600"):
        Settings.load(file, {})
    key.chmod(0o600)
    assert Settings.load(file, {}).notifications.smtp_password_file == str(key)


@pytest.mark.parametrize(
    "url", ["postgresql://me:secret@host/name", "postgresql://me@/name?host=x&password=secret"]
)
def test_settings_with_a_password_are_their_owners_alone(tmp_path: Path, url: str) -> None:
    file = tmp_path / "huggins.toml"
    file.write_text(f'[database]\nurl = "{url}"\n')
    file.chmod(0o644)
    with pytest.raises(SettingsError, match=r"database\.url holds a password"):
        Settings.load(file, {})
    file.chmod(0o600)
    assert Settings.load(file, {}).database.url == url
    file.chmod(0o644)
    file.write_text('[database]\nurl = "postgresql://me@host/name"\n')
    assert Settings.load(file, {})
