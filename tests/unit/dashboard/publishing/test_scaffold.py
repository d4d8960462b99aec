"""The folder of a new module is one that the check takes, whatever its kind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from catalog import Module
from dashboard.base.errors import Conflict, Invalid
from dashboard.cli import main
from dashboard.publishing.scaffold.kinds import KINDS
from dashboard.publishing.scaffold.scaffold import NewModule, write
from tests.unit.dashboard.publishing.conftest import files_of

EVERY = [(name, task) for name, kind in KINDS.items() for task in kind.tasks or ("Computer Vision",)]


@pytest.mark.parametrize(("kind", "task"), EVERY)
def test_a_new_module_of_every_kind_and_task_has_no_error(kind: str, task: str, tmp_path: Path) -> None:
    folder = write(NewModule("wiggles", kind, task), tmp_path)
    report = files_of(folder)
    assert report.errors == []
    assert {finding.code for finding in report.findings} == {"metadata.placeholder"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_module_has_all_that_a_publisher_needs(kind: str, tmp_path: Path) -> None:
    folder = write(NewModule("two-words", kind, title="Two words", source="https://git.org/x"), tmp_path)
    module = Module.load(folder)
    assert (module.title, module.entry) == ("Two words", KINDS[kind].entry)
    assert module.links["source_code"] == "https://git.org/x"
    for name in ("Dockerfile", "README.md", "LICENSE", "examples/make_data.py", "tests", "ci/check.yml"):
        assert (folder / name).exists(), name
    for parameter, _ in KINDS[kind].parameters:
        assert f"`{parameter}`" in (folder / "README.md").read_text("utf-8")
    for path in folder.rglob("*.py"):
        compile(path.read_text("utf-8"), str(path), "exec")
    assert json.loads(next(folder.glob("examples/*.json")).read_text("utf-8"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Wiggles", "wiggles would do"),
        ("../wiggles", "wiggles would do"),
        ("9lives", "lives would do"),
        ("a b", "a-b would do"),
        ("", "cannot be the name"),
        ("x" * 64, "cannot be the name"),
        ("a\nb", "cannot be the name"),
        ("json", "reserved"),
        ("class", "reserved"),
        ("numpy", "reserved"),
        ("deepaas-plugins", "reserved"),
        ("new", "reserved"),
        ("check", "reserved"),
        ("som", "is a module of the platform already"),
    ],
)
def test_a_name_that_cannot_be_used_is_said_in_words(name: str, said: str, tmp_path: Path) -> None:
    answer = CliRunner().invoke(main, ["modules", "new", "--in", str(tmp_path), "--", name])
    assert answer.exit_code == 1
    assert said in answer.output
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "wiggles").mkdir()
    (tmp_path / "wiggles" / "mine").write_text("mine")
    with pytest.raises(Conflict, match="is there already"):
        write(NewModule("wiggles"), tmp_path)
    assert [path.name for path in (tmp_path / "wiggles").iterdir()] == ["mine"]


def test_a_parent_that_is_a_file_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Conflict, match="cannot be written"):
        write(NewModule("wiggles"), tmp_path / "file")


@pytest.mark.parametrize(
    "asked",
    [
        NewModule("wiggles", "fortran"),
        NewModule("wiggles", "sklearn", "Computer Vision"),
        NewModule("wiggles", title='a "quoted" title'),
        NewModule("wiggles", title="{{ 7 * 7 }}"),
        NewModule("wiggles", source="https://x\nhuggins:"),
    ],
)
def test_what_cannot_be_written_into_the_files_is_invalid(asked: NewModule, tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        write(asked, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_on_a_terminal_kind_and_task_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.cli.commands.modules.new._terminal", lambda: True)
    answer = CliRunner().invoke(
        main, ["modules", "new", "wiggles", "--in", str(tmp_path)], "onnx\nRegression\n"
    )
    assert answer.exit_code == 0, answer.output
    assert Module.load(tmp_path / "wiggles").tasks == ("Regression",)
    assert (tmp_path / "wiggles" / "wiggles" / "network.py").is_file()


def test_without_a_terminal_it_is_a_method_that_classifies(tmp_path: Path) -> None:
    answer = CliRunner().invoke(main, ["modules", "new", "wiggles", "--in", str(tmp_path)])
    assert answer.exit_code == 0, answer.output
    assert Module.load(tmp_path / "wiggles").tasks == ("Classification",)
