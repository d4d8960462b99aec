"""What a publisher needs of the machine that builds."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from dashboard.base.errors import Unavailable
from dashboard.publishing.finding import Report
from dashboard.publishing.images.module_image import ModuleImage


class RegistryAway(Unavailable):
    """The registry does not answer: pushing is tried again later."""


class Builder(Protocol):
    """Fetches, checks, builds and pushes: `dashboard.publishing.workshop.Workshop`."""

    async def fetch(self, url: str, ref: str, folder: Path) -> str:
        """See `dashboard.publishing.source.git.fetch`."""

    async def bring(self, name: str, folder: Path) -> ModuleImage:
        """See `dashboard.publishing.workshop.Workshop.bring`."""

    async def check(
        self, folder: Path, image: ModuleImage | None = None
    ) -> tuple[Report, ModuleImage | None]:
        """Check a module, and build its image where there is none."""

    async def push(self, image: ModuleImage, module: str, version: str) -> str:
        """See `dashboard.publishing.workshop.Workshop.push`."""

    async def sbom(self, image: ModuleImage, module: str, version: str) -> dict[str, Any]:
        """See `dashboard.publishing.workshop.Workshop.sbom`."""

    async def discard(self, image: ModuleImage) -> None:
        """Remove an image that is not published."""
