"""Creates the launcher of a node from its settings."""

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
    """Return the launcher of a node.

    Parameters
    ----------
    settings : NodeSettings
        The configuration of the node.
    state : Path
        Folder for the state of its launchers.

    Raises
    ------
    LaunchError
        If it cannot be created.
    """
    if settings.kind == AUTOMATIC:
        choice = await choose(state, gpus=settings.gpus)
        return ChosenLauncher(choice.launcher, choice.reason)
    return ChosenLauncher(create(settings.kind, state / settings.kind, **settings.options), "as set")
