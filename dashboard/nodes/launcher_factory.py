"""The launcher that the settings of a node ask for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from dashboard.settings import AUTOMATIC, NodeSettings
from launchers import Launcher
from launchers.registry import choose, create

STATELESS = frozenset({"fake"})  # kinds that keep nothing on this disk
#: Kinds that say who gets which graphics processor; a cluster does so itself.
GIVING_GPUS = frozenset({"process", "docker", "udocker"})


@dataclass(frozen=True)
class Made:
    """A launcher, and why it is of that kind."""

    launcher: Launcher
    why: str = ""


LauncherFactory = Callable[[NodeSettings, Path], Awaitable[Made]]


async def make_launcher(settings: NodeSettings, state: Path) -> Made:
    """Make the launcher that a node's settings ask for; `LaunchError` when that cannot be."""
    if settings.kind == AUTOMATIC:
        choice = await choose(state, gpus=settings.gpus)
        return Made(choice.launcher, choice.reason)
    needs: dict[str, object] = {} if settings.kind in STATELESS else {"state": state / settings.kind}
    needs |= settings.passed  # another kind refuses them, and says so
    if settings.url:
        needs["url"] = settings.url
    if settings.gpus and settings.kind in GIVING_GPUS:
        needs["gpus"] = settings.gpus
    return Made(create(settings.kind, **needs), "as set")
