"""Where modules will run on this machine: Docker, else udocker, else processes; and their images."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from catalog import Catalog
from dashboard.cli.output import console
from dashboard.settings import AUTOMATIC, Settings
from launchers.base import Launcher, LaunchError
from launchers.registry import PREFERENCE, choose

ROOT = Path(__file__).resolve().parents[2]
PROCESS = "process"


@dataclass(frozen=True)
class Runtime:
    """What was chosen.

    Parameters
    ----------
    kind
        docker, udocker or process.
    why
        One sentence, also of what was better and why it cannot be used.
    """

    kind: str
    why: str


async def find_runtime(settings: Settings) -> Runtime:
    """Find the best launcher that has the modules' images, building them where this is a source checkout."""
    if chosen := {node.kind for node in settings.nodes.values()} - {AUTOMATIC}:
        return Runtime(", ".join(sorted(chosen)), "the settings say so")
    refused: list[str] = []
    preference: tuple[str, ...] = PREFERENCE
    while True:
        choice = await choose(settings.home / "launchers", preference)
        kind = choice.launcher.kind
        try:
            refused += [f"{other}: {reason}" for other, reason in choice.refusals.items()]
            missing = await _without_image(settings, choice.launcher)
            if missing and kind == "docker" and _build():
                missing = await _without_image(settings, choice.launcher)
            if not missing or kind == PROCESS:
                return Runtime(
                    kind, choice.reason if not refused else f"{choice.reason} ({'; '.join(refused)})"
                )
            refused.append(f"{kind}: {missing}")
            preference = preference[preference.index(kind) + 1 :]
        finally:
            await choice.launcher.close()


async def _without_image(settings: Settings, launcher: Launcher) -> str:
    """Return why some module has no image there; empty when all have one."""
    if launcher.kind == PROCESS:
        return ""
    for module in Catalog.load(settings.catalog_folder).modules.values():
        try:
            await launcher.prepare(settings.modules.image.format(name=module.name, version=module.version))
        except LaunchError as error:
            return error.reason
    return ""


def _build() -> bool:
    """Build the images where the sources are at hand; return whether they were built."""
    if not (ROOT / "ci" / "images.py").is_file():
        return False
    with console.status("building the modules' images (once; later starts take seconds) …"):
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
    """Return the settings in which every node that was left open has the kind chosen."""
    nodes = {
        name: replace(node, kind=runtime.kind) if node.kind == AUTOMATIC else node
        for name, node in settings.nodes.items()
    }
    return replace(settings, nodes=nodes)
