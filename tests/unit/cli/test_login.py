"""`huggins login`: where the token is stored, and which platform the commands then talk to."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import click
import pytest

from dashboard.cli import login
from dashboard.cli.connection import Connection


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("HUGGINS_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "config"


def test_the_login_is_the_users_own_and_is_used_where_no_platform_runs() -> None:
    path = login.save("https://spectra.example.org", "hgp_x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Connection.find() == Connection("https://spectra.example.org", "hgp_x")
    assert login.forget()
    assert not login.forget()
    with pytest.raises(click.ClickException, match="huggins login"):
        Connection.find()


def test_a_home_that_was_named_goes_before_the_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    login.save("https://spectra.example.org", "hgp_x")
    monkeypatch.setenv("HUGGINS_HOME", str(tmp_path / "other"))
    with pytest.raises(click.ClickException, match="no platform runs"):
        Connection.find()


def test_a_login_that_others_can_write_is_not_used() -> None:
    login.save("https://spectra.example.org", "hgp_x").chmod(0o644)
    with pytest.raises(click.ClickException, match="open to other users"):
        Connection.find()


def test_a_damaged_login_is_an_error_with_its_name(config: Path) -> None:
    login.save("https://spectra.example.org", "hgp_x").write_text(json.dumps([]))
    with pytest.raises(click.ClickException, match=r"login\.json cannot be read"):
        Connection.find()


@pytest.mark.parametrize("address", ["spectra.example.org", "ftp://a.b", "https://", "https://a.b?x=1"])
def test_what_is_no_address_is_rejected(address: str) -> None:
    with pytest.raises(click.ClickException, match="no address"):
        login.checked_address(address)


def test_a_token_is_not_sent_without_tls_but_on_this_machine() -> None:
    with pytest.raises(click.ClickException, match="no TLS"):
        login.checked_address("http://spectra.example.org")
    assert login.checked_address("http://127.0.0.1:8470/") == "http://127.0.0.1:8470"
