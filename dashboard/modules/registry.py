"""The modules of the catalog: what is offered, their images and descriptions, and what changes."""

from __future__ import annotations

import asyncio
from pathlib import Path

from dashboard.base.events import Live
from dashboard.database.engine import Database
from dashboard.modules.descriptions import Descriptions
from dashboard.modules.images import ModuleImages
from dashboard.modules.offered import OfferedModules, stamps
from dashboard.modules.published import Published
from dashboard.nodes.registry import Nodes
from dashboard.settings import ModulesSettings

LOOK_EVERY_S = 2.0  # between two looks at the folder: a changed module is seen without a restart


class Modules(OfferedModules):
    """The modules of the platform, which follow the folder and what is published.

    Parameters
    ----------
    folder : Path
        Of the modules.
    settings : ModulesSettings
        How images are called.
    database, live, nodes
        The platform's.
    published : Published
        Modules of publishers, which the market offers beside those of the folder.
    owner : str
        Label of the containers that are asked.

    Attributes
    ----------
    images : ModuleImages
        Their images.
    descriptions : Descriptions
        Their parameters.
    """

    def __init__(
        self,
        folder: Path,
        settings: ModulesSettings,
        database: Database,
        live: Live,
        nodes: Nodes,
        *,
        published: Published,
        owner: str,
    ) -> None:
        super().__init__(folder, published)
        self.images = ModuleImages(self, settings, nodes)
        self.descriptions = Descriptions(
            self, self.images, database, live, nodes, timeout_s=settings.describe_timeout_s, owner=owner
        )
        self._live = live
        self._following: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Load the catalog and ask all modules in the background."""
        await self.reload()
        await self.descriptions.start()
        self.descriptions.ask(self.catalog.modules)
        self._following = asyncio.create_task(self._follow_folder())

    async def stop(self) -> None:
        """Stop following the folder and reading descriptions."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        await self.descriptions.stop()

    async def _follow_folder(self) -> None:
        """Read the folder again whenever a module in it was changed, added or taken away."""
        seen = self._stamps
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            now = await asyncio.to_thread(stamps, self._folder)
            if now != seen or await self.published.changed():
                seen = now
                await self.refresh()

    async def refresh(self) -> None:
        """Read the folder again; ask the images of modules that are new or have another version."""
        before = {name: module.version for name, module in self.catalog.modules.items()}
        await self.reload()
        now = self.catalog.modules.items()
        self.descriptions.ask([name for name, module in now if before.get(name) != module.version])
        self._live.publish("modules", "changed", {})
