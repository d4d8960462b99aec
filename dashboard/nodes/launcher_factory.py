"""The launcher that the settings of a node ask for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from dashboard.settings import AUTOMATIC, NodeSettings
from launchers import Launcher
from launchers.registry import choose, create


@dataclass(frozen=True)
class ChosenLauncher:
    """A launcher, and why it is of that kind."""

    launcher: Launcher
    why: str = ""


LauncherFactory = Callable[[NodeSettings, Path], Awaitable[ChosenLauncher]]


async def make_launcher(settings: NodeSettings, state: Path) -> ChosenLauncher:
    """Make the launcher that a node's settings ask for; `LaunchError` when that cannot be."""
    if settings.kind == AUTOMATIC:
        choice = await choose(state, gpus=settings.gpus)
        return ChosenLauncher(choice.launcher, choice.reason)
    return ChosenLauncher(create(settings.kind, state / settings.kind, **settings.options), "as set")
