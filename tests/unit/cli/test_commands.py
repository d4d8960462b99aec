"""The command line's own small pieces."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from dashboard.cli import COMMANDS, main
from dashboard.cli.api import ApiProblem, Connection
from dashboard.cli.demo_data import find_data
from dashboard.cli.parameter import parameter_of


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


def test_a_broken_connection_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "connection.json").write_text("{}")
    with pytest.raises(click.ClickException, match=r"connection\.json cannot be read"):
        Connection.find(tmp_path)


def test_the_demo_makes_synthetic_spectra_where_there_are_no_real_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUGGINS_DATA", str(tmp_path / "none"))
    found = find_data(None, tmp_path / "work")
    assert "SYNTHETIC" in found.what
    assert len(list(found.folder.glob("*.fits"))) > 100
