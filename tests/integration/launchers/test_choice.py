"""Which launcher this machine can use best, and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from launchers import LaunchError
from launchers.registry import choose, create


@pytest.mark.docker
async def test_docker_is_the_first_choice_where_its_engine_answers(
    docker_engine: None, tmp_path: Path
) -> None:
    choice = await choose(tmp_path)
    assert (choice.launcher.kind, choice.rejections) == ("docker", {})
    assert choice.reason == "docker is used here"
    await choice.launcher.close()


async def test_without_an_engine_the_next_kind_is_taken_and_the_reason_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    choice = await choose(tmp_path, ("docker", "process"))
    assert choice.launcher.kind == "process"
    assert choice.rejections["docker"] in choice.reason
    assert "no Docker engine answers" in choice.reason


async def test_where_nothing_works_every_reason_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    (tmp_path / "file").touch()
    with pytest.raises(LaunchError, match=r"not docker: .*; not process: "):
        await choose(tmp_path / "file", ("docker", "process"))


@pytest.mark.parametrize(
    ("kind", "settings", "said"),
    [
        ("nonsense", {}, "there are process, docker, udocker"),
        ("process", {"colour": "blue"}, "colour"),
        ("docker", {"url": "tcp://127.0.0.1:2375"}, "tls_ca"),
        ("docker", {"url": "ftp://127.0.0.1"}, "ssh://"),
        ("docker", {"url": "ssh://127.0.0.1"}, "folder"),
        (
            "docker",
            {"url": "tcp://127.0.0.1:2376", "tls_ca": "/absent/ca.pem"},
            "/absent/ca.pem is not there",
        ),
    ],
)
def test_a_launcher_that_cannot_be_made_says_why(kind: str, settings: dict, said: str) -> None:
    with pytest.raises(LaunchError, match=said):
        create(kind, **settings)
