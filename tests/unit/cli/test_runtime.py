"""Which launcher `huggins up` takes, and how it says why."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from dashboard.cli import runtime
from dashboard.cli.runtime import Runtime, find_runtime
from dashboard.settings import NodeSettings, Settings
from launchers.base import Launcher
from launchers.fake import FakeLauncher, FakeNode
from launchers.registry import PREFERENCE, Choice

NO_SOCKET = "there is no socket\nat /run/docker.sock [errno 2]"


class LauncherOfKind(FakeLauncher):
    """A launcher that gives itself out for another kind."""

    def __init__(self, kind: str) -> None:
        super().__init__(FakeNode())
        self.kind = kind


def test_each_reason_is_one_line() -> None:
    found = Runtime("process", {"docker": NO_SOCKET, "udocker": "no image som:1"})
    assert found.lines() == [
        "Modules run in process.",
        "  not docker: there is no socket at /run/docker.sock [errno 2]",
        "  not udocker: no image som:1",
    ]


async def test_a_reason_is_given_once_though_the_choice_is_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def choose(_state: Path, preference: Sequence[str] = PREFERENCE) -> Choice:
        if "docker" in preference:
            return Choice(LauncherOfKind("udocker"), "", {"docker": NO_SOCKET})
        return Choice(LauncherOfKind("process"), "", {})

    async def without_image(_settings: Settings, launcher: Launcher) -> str:
        return "no image som:1" if launcher.kind == "udocker" else ""

    monkeypatch.setattr(runtime, "choose", choose)
    monkeypatch.setattr(runtime, "_without_image", without_image)
    found = await find_runtime(Settings(home=tmp_path))
    assert found == Runtime("process", {"docker": NO_SOCKET, "udocker": "no image som:1"})
    found.show()
    printed = capsys.readouterr().out
    assert printed.splitlines() == found.lines()
    assert printed.count("som:1") == printed.count("[errno 2]") == 1


async def test_a_configured_kind_needs_no_reason(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, nodes={"local": NodeSettings(kind="process")})
    assert (await find_runtime(settings)).lines() == ["Modules run in process (set in the configuration)."]
