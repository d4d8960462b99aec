"""`huggins modules check` from end to end, on the kinds of nodes that a module claims."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from dashboard.cli import main
from dashboard.publishing.scaffold.scaffold import NewModule, write

METHOD_STEPS = ("describe", "data", "train", "predict", "serve")
WHOLE_STEPS = ("repeat", "cancel", "resume", "tests")


def checked(folder: Path, *words: str) -> tuple[int, dict[str, object]]:
    """Return the exit status of the command and its report."""
    answer = CliRunner().invoke(main, ["modules", "check", str(folder), "--json", *words])
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    return answer.exit_code, json.loads(answer.stdout)


def steps(report: dict[str, object], node: str) -> dict[str, str]:
    """Return the states of the steps on a kind of node."""
    return {one["name"]: one["state"] for one in report["steps"] if one["node"] == node}  # type: ignore[attr-defined,index]


@pytest.mark.docker
@pytest.mark.udocker
def test_a_new_method_passes_on_docker_and_udocker(
    docker_engine: None, udocker_engine: None, tmp_path: Path
) -> None:
    status, report = checked(write(NewModule("wiggles"), tmp_path))
    assert (status, report["contract_checked"]) == (0, True), report["findings"]
    assert steps(report, "docker") == dict.fromkeys(("build", *METHOD_STEPS, *WHOLE_STEPS), "passed")
    assert steps(report, "udocker") == dict.fromkeys(METHOD_STEPS, "passed")
    assert {one["code"] for one in report["findings"]} == {"metadata.placeholder"}  # type: ignore[attr-defined,index]
    assert report["metrics"]["balanced_accuracy"] > 0.9  # type: ignore[index]


@pytest.mark.docker
def test_a_new_plain_module_passes(docker_engine: None, tmp_path: Path) -> None:
    status, report = checked(write(NewModule("peaks", "deepaas"), tmp_path), "--node", "docker")
    assert status == 0, report["findings"]
    done = ("build", "data", "start", "describe", "predict", "train", "tests")
    assert steps(report, "docker") == dict.fromkeys(done, "passed")


@pytest.mark.docker
@pytest.mark.parametrize("kind", ["sklearn", "onnx"])
def test_a_module_that_wraps_passes(docker_engine: None, kind: str, tmp_path: Path) -> None:
    folder = write(NewModule("wrapped", kind, "Regression"), tmp_path)
    status, report = checked(folder, "--node", "docker")
    assert status == 0, report["findings"]
    assert set(report["metrics"]) >= {"rmse", "r2"}  # type: ignore[call-overload]


@pytest.mark.docker
@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("RUN no-such-command --now", "build.failed", "no-such-command"),
        ("COPY missing.txt /", "build.failed", "missing.txt"),
        ('ARG WHO=root\nUSER "${WHO}"', "image.root", "root"),
        ("RUN echo 'glpat-abcdefghij0123456789' > /tmp/x && rm /tmp/x", "files.secret", "GitLab"),
    ],
    ids=["command", "copy", "root", "secret"],
)
def test_an_image_with_a_fault_is_not_run(
    docker_engine: None, line: str, code: str, said: str, tmp_path: Path
) -> None:
    folder = write(NewModule("wiggles"), tmp_path)
    with (folder / "Dockerfile").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    status, report = checked(folder, "--node", "docker")
    assert status == 1
    [found, *_] = [one for one in report["findings"] if one["level"] == "error"]  # type: ignore[attr-defined,index]
    assert (found["code"], said in found["what"]) == (code, True), found
    assert set(steps(report, "docker")) <= {"build"}


def test_a_check_leaves_no_container_and_no_folder(
    docker_engine: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    folder = write(NewModule("wiggles"), tmp_path)
    (folder / "wiggles" / "__init__.py").write_text("raise SystemExit(3)\n")
    status, report = checked(folder, "--node", "docker")
    assert status == 1
    assert [one["code"] for one in report["findings"] if one["level"] == "error"] == ["describe.failed"]  # type: ignore[attr-defined,index]
    assert list((tmp_path / "tmp").iterdir()) == []
    assert shutil.which("docker")
    asked = ["docker", "ps", "--all", "--quiet", "--filter", "label=io.huggins.owner=huggins-check"]
    assert subprocess.run(asked, capture_output=True, text=True, check=True).stdout == ""
