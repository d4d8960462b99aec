"""Chooses where modules run on this machine: Docker, else udocker, else processes; builds missing images."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace

from catalog import Catalog
from dashboard.base.bundled import ROOT
from dashboard.cli.output import console
from dashboard.settings import AUTOMATIC, Settings
from launchers.base import Launcher, LaunchError
from launchers.registry import PREFERENCE, choose

PROCESS = "process"


@dataclass(frozen=True)
class Runtime:
    """The chosen launcher.

    Parameters
    ----------
    kind
        docker, udocker or process.
    why
        The reason, and why preferred launchers cannot be used.
    """

    kind: str
    why: str


async def find_runtime(settings: Settings) -> Runtime:
    """Find the best launcher that has the modules' images, building them where this is a source checkout."""
    if chosen := {node.kind for node in settings.nodes.values()} - {AUTOMATIC}:
        return Runtime(", ".join(sorted(chosen)), "set in the configuration")
    unusable: list[str] = []
    preference: tuple[str, ...] = PREFERENCE
    while True:
        choice = await choose(settings.home / "launchers", preference)
        kind = choice.launcher.kind
        try:
            unusable += [f"{other}: {reason}" for other, reason in choice.rejections.items()]
            missing = await _without_image(settings, choice.launcher)
            if missing and kind == "docker" and _build():
                missing = await _without_image(settings, choice.launcher)
            if not missing or kind == PROCESS:
                return Runtime(
                    kind, choice.reason if not unusable else f"{choice.reason} ({'; '.join(unusable)})"
                )
            unusable.append(f"{kind}: {missing}")
            preference = preference[preference.index(kind) + 1 :]
        finally:
            await choice.launcher.close()


async def _without_image(settings: Settings, launcher: Launcher) -> str:
    """Return why a module has no image; empty if every module has one."""
    if launcher.kind == PROCESS:
        return ""
    for module in Catalog.load(settings.catalog_folder).modules.values():
        try:
            await launcher.prepare(settings.modules.image.format(name=module.name, version=module.version))
        except LaunchError as error:
            return error.reason
    return ""


def _build() -> bool:
    """Build the images in a source checkout; return whether they were built."""
    if not (ROOT / "ci" / "images.py").is_file():
        return False
    with console.status("building the module images (once; later starts take seconds) …"):
        built = subprocess.run(
            [sys.executable, "-m", "ci.images", "build"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    if built.returncode != 0:
        console.print(f"[yellow]the images cannot be built:[/yellow] {built.stderr.strip()[-2000:]}")
    return built.returncode == 0


def on_runtime(settings: Settings, runtime: Runtime) -> Settings:
    """Return the settings with the chosen kind for every node of kind `auto`."""
    nodes = {
        name: replace(node, kind=runtime.kind) if node.kind == AUTOMATIC else node
        for name, node in settings.nodes.items()
    }
    return replace(settings, nodes=nodes)
