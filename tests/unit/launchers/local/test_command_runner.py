"""The command runner's small parts: logs of bounded size, processes below it, their memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from launchers.base import last_lines
from launchers.local import command_runner
from launchers.local.lock import held, take
from launchers.outcome import End


def test_a_log_keeps_the_newest_in_two_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command_runner, "LOG_LIMIT", 100)
    log = command_runner.Log(tmp_path / "log")
    for number in range(50):
        log.write(f"line {number:04}\n".encode())
    log.close()
    kept = (tmp_path / "log.1").read_bytes() + (tmp_path / "log").read_bytes()
    assert kept.endswith(b"line 0049\n")
    assert 100 <= len(kept) <= 200
    assert {path.name for path in tmp_path.iterdir()} == {"log", "log.1"}


@pytest.fixture
def family() -> Iterator[int]:
    """A process with a child that holds 64 MB."""
    child = "x = b'x' * 2**26; print('ready', flush=True); input()"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process.pid
        assert process.stdin is not None
        process.stdin.close()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux'")
def test_grandchildren_and_their_memory_are_seen(family: int) -> None:
    below = command_runner.descendants(os.getpid())
    assert family in below
    assert len(command_runner.descendants(family)) == 1
    assert 64 < command_runner.memory_mb(command_runner.descendants(family), 10_000) < 128
    # Beyond the limit shared pages are counted once: never more than without.
    exact = command_runner.memory_mb(command_runner.descendants(family), 1)
    assert 64 < exact <= command_runner.memory_mb(command_runner.descendants(family), 10_000) * 1.05


def test_a_process_that_has_gone_has_neither_children_nor_memory() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert command_runner.descendants(process.pid) == []
    assert command_runner.memory_mb([process.pid], 1) == 0


def test_a_lock_is_held_until_its_last_copy_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "alive"
    assert take(path) is None
    assert not held(path)
    path.touch()
    first = take(path)
    assert first is not None
    copy = os.dup(first)
    assert take(path) is None
    os.close(first)
    assert held(path)
    os.close(copy)
    assert not held(path)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (0, "completed"),
        (3, "exited with code 3"),
        (126, "cannot be executed"),
        (127, "not found"),
        (137, "killed by SIGKILL"),
        (143, "killed by SIGTERM"),
        (255, "exited with code 255"),
    ],
)
def test_an_exit_code_is_told_in_words(code: int, said: str) -> None:
    assert said in End(code).reason


@pytest.mark.parametrize(
    ("count", "kept"), [(None, b"a\nb\nc"), (2, b"b\nc"), (9, b"a\nb\nc"), (0, b""), (-1, b"")]
)
def test_the_last_lines_are_the_last(count: int | None, kept: bytes) -> None:
    assert last_lines(b"a\nb\nc", count) == kept
