"""Which graphics processors a launch gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from launchers import LaunchError
from launchers.local import gpus


@pytest.fixture(autouse=True)
def no_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(gpus.VARIABLE, raising=False)
    monkeypatch.setattr(gpus, "DRIVER", tmp_path)


def test_those_of_the_driver_are_used_unless_the_settings_say_how_many(tmp_path: Path) -> None:
    assert gpus.usable() == []
    for place in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / "gpus" / place).mkdir(parents=True)
    assert gpus.usable() == ["0", "1"]
    assert gpus.usable(1) == ["0"]


def test_what_the_platform_was_not_given_it_gives_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(gpus.VARIABLE, "2,GPU-5")
    assert gpus.usable() == ["2", "GPU-5"]
    assert gpus.usable(1) == ["2"]


def test_a_machine_without_a_driver_has_no_version_of_it(tmp_path: Path) -> None:
    assert gpus.driver() == ""
    (tmp_path / "version").write_text(
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54\nGCC version: 12\n"
    )
    assert gpus.driver() == "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54"


def test_who_asks_for_more_than_are_free_is_told_how_many_are() -> None:
    assert gpus.choose("process", 2, ["0", "1", "2"], {"1"}) == ("0", "2")
    with pytest.raises(
        LaunchError, match="2 graphics processors are asked for, and 1 of this node's 3 are free"
    ):
        gpus.choose("process", 2, ["0", "1", "2"], {"0", "1"})
