"""The images of modules: their names, and how a node gets one."""

from __future__ import annotations

import logging

from dashboard.modules.offered import OfferedModules
from dashboard.nodes.registry import Nodes
from dashboard.settings import ModulesSettings
from launchers import ImageMissing, Launcher, LaunchError

log = logging.getLogger(__name__)
SERVING = "-serve"  # ends the name of an image that serves only (`catalog.Module.serves_apart`)


class ModuleImages:
    """Names and fetches images.

    Parameters
    ----------
    modules : OfferedModules
        The modules.
    settings : ModulesSettings
        How images are called.
    nodes : Nodes
        The platform's.
    """

    def __init__(self, modules: OfferedModules, settings: ModulesSettings, nodes: Nodes) -> None:
        self._modules = modules
        self._settings = settings
        self._nodes = nodes

    def name(self, module: str, version: str) -> str:
        """Return the reference of a module's image, before a node resolves it to a digest."""
        if (published := self._modules.published.image(module, version)) is not None:
            return published
        found = self._modules.catalog.modules.get(module)
        if found is not None and found.image:
            return found.image
        return self._settings.image.format(name=module, version=version)

    async def fetch(self, module: str, version: str, launcher: Launcher) -> str:
        """Fetch the image of a module on a node.

        Parameters
        ----------
        module : str
            The module's name.
        version : str
            Its version.
        launcher : Launcher
            The launcher of the node.

        Returns
        -------
        str
            The name of the image by its digest, which does not change.

        Raises
        ------
        ImageMissing, NodeDown
            As `launchers.base.Launcher.prepare`; also where a signature is required, and is missing or wrong.
        """
        if "/" in module and self._modules.published.image(module, version) is None:
            await self._modules.published.read()  # this process does not follow what is published
        if self._settings.require_signed and (told := self._modules.published.unsigned(module, version)):
            raise ImageMissing(launcher.kind, told)
        return await launcher.prepare(self.name(module, version))

    async def serving(self, name: str, version: str, training: str) -> str:
        """Return the image that serves models of a module.

        Parameters
        ----------
        name, version : str
            Of the module.
        training : str
            The image that trains, which can serve, too.

        Returns
        -------
        str
            The image without what only training needs, by digest, where the module has one and a node gives
            it; else `training`.
        """
        module = self._modules.catalog.modules.get(name)
        if module is None or not module.serves_apart:
            return training
        wanted = self.name(f"{name}{SERVING}", version)
        for node in self._nodes.all():
            if node.ok and not node.denied:
                try:
                    return await self._nodes.launcher(node.name).prepare(wanted)
                except LaunchError as error:
                    log.info("node %s does not give %s: %s", node.name, wanted, error)
        return training
