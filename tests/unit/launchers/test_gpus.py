"""Which graphics processors a launch gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from launchers import LaunchError
from launchers.docker import gpus as docker_gpus
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


class Engine:
    """The containers that an engine lists."""

    def __init__(self, *rows: tuple[int, str, str]) -> None:
        self.rows = rows

    def containers(self, *, all: bool, filters: dict[str, Any]) -> list[dict[str, Any]]:  # noqa: A002 the SDK's name
        assert all
        assert filters["label"] == ["io.huggins.gpus"]
        assert "exited" not in filters["status"]
        return [
            {"Created": made, "Id": name, "Labels": {"io.huggins.gpus": has}} for made, name, has in self.rows
        ]


def test_containers_of_an_engine_share_no_processor() -> None:
    assert docker_gpus.choose(Engine((1, "a", "0,2"), (2, "b", "")), 1, 4) == ("1",)


def test_of_containers_made_at_once_with_the_same_processor_the_first_keeps_it() -> None:
    engine = Engine((5, "late", "1,2"), (4, "first", "2"), (3, "other", "0"))
    assert docker_gpus.lost(engine, "late")
    assert not docker_gpus.lost(engine, "first")
    assert not docker_gpus.lost(engine, "other")
