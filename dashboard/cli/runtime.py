"""Chooses where modules run on this machine: Docker, else udocker, else processes; builds missing images."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from catalog import Catalog, Module
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
        docker, udocker or process; or the kinds of the configuration.
    rejections
        Each preferred launcher and why it cannot be used.
    configured
        Whether the configuration sets the kind.
    """

    kind: str
    rejections: Mapping[str, str] = field(default_factory=dict)
    configured: bool = False

    def lines(self) -> list[str]:
        """Return what to print: the choice, then one line for each reason, without markup."""
        reasons = (f"  not {kind}: {' '.join(why.split())}" for kind, why in self.rejections.items())
        how = " (set in the configuration)" if self.configured else ""
        return [f"Modules run in {self.kind}{how}.", *reasons]

    def show(self) -> None:
        """Print the choice and its reasons."""
        for line in self.lines():
            console.print(line, markup=False, soft_wrap=True)


async def find_runtime(settings: Settings) -> Runtime:
    """Find the best launcher that has the modules' images, building them where this is a source checkout."""
    if chosen := {node.kind for node in settings.nodes.values()} - {AUTOMATIC}:
        return Runtime(", ".join(sorted(chosen)), configured=True)
    rejections: dict[str, str] = {}
    preference: tuple[str, ...] = PREFERENCE
    while True:
        choice = await choose(settings.home / "launchers", preference)
        kind = choice.launcher.kind
        try:
            rejections.update(choice.rejections)
            missing = await _without_image(settings, choice.launcher)
            if missing and kind == "docker" and _build(settings):
                missing = await _without_image(settings, choice.launcher)
            if not missing or kind == PROCESS:
                return Runtime(kind, rejections)
            rejections[kind] = missing
            preference = preference[preference.index(kind) + 1 :]
        finally:
            await choice.launcher.close()


async def _without_image(settings: Settings, launcher: Launcher) -> str:
    """Return why a module has no image; empty if every module has one."""
    if launcher.kind == PROCESS:
        return ""
    for module in _started_with(settings):
        try:
            await launcher.prepare(settings.modules.image.format(name=module.name, version=module.version))
        except LaunchError as error:
            return error.reason
    return ""


def _started_with(settings: Settings) -> list[Module]:
    """Return the modules without whose images no platform starts: all but those on larger bases.

    Such an image takes minutes and more than a gigabyte; who wants the module builds it.
    """
    found = Catalog.load(settings.catalog_folder).modules.values()
    return [module for module in found if set(module.bases.values()) == {"plain"}]


def _build(settings: Settings) -> bool:
    """Build missing images in a source checkout; return whether they were built."""
    ours = [module.name for module in _started_with(settings) if (ROOT / "modules" / module.name).is_dir()]
    if not (ROOT / "ci" / "images.py").is_file():
        return False
    with console.status("building the module images (once; later starts take seconds) …"):
        built = subprocess.run(
            [sys.executable, "-m", "ci.images", "build", *ours],
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
