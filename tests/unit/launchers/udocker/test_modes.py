"""Which of udocker's engines is taken."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from launchers.udocker.modes import choose

#: An engine that describes a container, and runs it as the text says.
PROGRAM = """#!/bin/sh
case $1 in
spec) echo '{"process": {}, "mounts": [{"destination": "/sys/fs/cgroup"}], "linux": {}}' >config.json ;;
*) %s ;;
esac
"""


@pytest.fixture
def binaries(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


def put(binaries: Path, name: str, does: str) -> Path:
    program = binaries / f"{name}-{os.uname().machine}"
    program.write_text(PROGRAM % does)
    program.chmod(0o755)
    return program


def test_the_first_engine_that_runs_a_command_is_taken(binaries: Path, tmp_path: Path) -> None:
    put(binaries, "runc", "echo 'no user namespaces' >&2; exit 1")
    crun = put(binaries, "crun", "exit 0")
    engine = choose(binaries, tmp_path / "scratch")
    assert (engine.path, engine.mode) == (str(crun), "R1 (crun)")
    assert engine.reason == "R1 (runc): no user namespaces"
    put(binaries, "runc", "exit 0")
    assert choose(binaries, tmp_path / "scratch").mode == "R1 (runc)"


def test_where_none_works_each_says_why(binaries: Path, tmp_path: Path) -> None:
    put(binaries, "crun", "exit 3")
    engine = choose(binaries, tmp_path / "scratch")
    assert engine.path == ""
    assert "R1 (runc): there is no runc-" in engine.reason
    assert "R1 (crun): " in engine.reason
    assert "exit status 3" in engine.reason


def test_a_trial_leaves_nothing_behind(binaries: Path, tmp_path: Path) -> None:
    put(binaries, "runc", "exit 0")
    choose(binaries, tmp_path / "scratch")
    assert not list((tmp_path / "scratch").iterdir())
