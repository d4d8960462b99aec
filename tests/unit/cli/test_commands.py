"""The command line's own small pieces."""

from __future__ import annotations

import io
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from dashboard.cli import COMMANDS, main
from dashboard.cli.api import Api, ApiProblem
from dashboard.cli.connection import Connection
from dashboard.cli.output import PlainConsole
from dashboard.cli.parameter import parameter_of
from dashboard.home import Home


def test_what_goes_on_is_a_line_where_no_terminal_shows_a_spinner() -> None:
    stream = io.StringIO()
    with PlainConsole(file=stream).status("building …"):
        assert stream.getvalue() == "building …\n"
    assert stream.getvalue() == "building …\n"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("trees=5", 5),
        ("rate=0.5", 0.5),
        ("x=true", True),
        ("name=rdf", "rdf"),
        ("list=[1, 2]", [1, 2]),
        ("a=b=c", "b=c"),
    ],
)
def test_a_parameter_is_json_where_it_can_be(text: str, value: object) -> None:
    assert parameter_of(text)[1] == value


@pytest.mark.parametrize("text", ["trees", "=5"])
def test_a_parameter_without_name_or_value_is_rejected(text: str) -> None:
    with pytest.raises(click.BadParameter, match="NAME=VALUE"):
        parameter_of(text)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    answer = CliRunner().invoke(main, [command, "--help"])
    assert answer.exit_code == 0
    assert "Usage:" in answer.output


def test_an_unknown_command_is_named() -> None:
    answer = CliRunner().invoke(main, ["fly"])
    assert answer.exit_code == 2
    assert "fly" in answer.output


def test_a_problem_names_the_fields_that_are_wrong() -> None:
    problem = {"detail": "Not so.", "errors": [{"field": "parameters.trees", "message": "at least 1"}]}
    assert ApiProblem(422, problem).message == "Not so.\n  parameters.trees: at least 1"


def test_a_problem_that_is_told_already_is_not_printed_twice() -> None:
    problem = {"detail": "points must be 2.", "errors": [{"field": "points", "message": "must be 2."}]}
    assert ApiProblem(422, problem).message == "points must be 2."


@pytest.mark.parametrize("command", [["up", "--port", "0"], ["supervise"], ["gateway", "--port", "0"]])
def test_a_damaged_database_is_an_error_without_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    (tmp_path / "huggins.sqlite").write_bytes(b"this is no database" * 100)
    monkeypatch.setenv("HUGGINS_HOME", str(tmp_path))
    (tmp_path / "huggins.toml").write_text('[nodes.local]\nkind = "process"\n')
    answer = CliRunner().invoke(main, [*command, "--config", str(tmp_path / "huggins.toml")])
    assert answer.exit_code == 1
    assert isinstance(answer.exception, SystemExit)
    assert "Error: " in answer.output
    assert "huggins.sqlite" in answer.output
    assert "not a database" in answer.output


def test_a_home_in_use_is_an_error_without_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUGGINS_HOME", str(tmp_path / "home"))
    (tmp_path / "huggins.toml").write_text('[nodes.local]\nkind = "process"\n')
    home = Home(tmp_path / "home")
    home.take()
    try:
        answer = CliRunner().invoke(main, ["up", "--config", str(tmp_path / "huggins.toml")])
    finally:
        home.leave()
    assert answer.exit_code == 1
    assert answer.output.splitlines()[-1].startswith("Error: Another platform runs on")


def test_link_prints_the_address_of_the_running_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "connection.json").write_text('{"address": "http://127.0.0.1:1", "token": "t"}')
    monkeypatch.setenv("HUGGINS_HOME", str(tmp_path))

    async def post(_api: Api, path: str) -> dict[str, str]:
        return {"path": f"/enter?token=for{path}"}

    monkeypatch.setattr(Api, "post", post)
    answer = CliRunner().invoke(main, ["link"])
    assert answer.output == "http://127.0.0.1:1/enter?token=for/link\n"


def test_a_broken_connection_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "connection.json").write_text("{}")
    with pytest.raises(click.ClickException, match=r"connection\.json cannot be read"):
        Connection.find(tmp_path)
