"""The modules that the market offers: those of the folder, and those that publishers published."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import logging
from dataclasses import replace
from pathlib import Path

from catalog import Catalog, Module
from catalog.module import FILES
from dashboard.auth.identity import Identity
from dashboard.base.errors import NotFound
from dashboard.base.resources import Resources
from dashboard.modules.own_code import is_own
from dashboard.modules.published import Published

log = logging.getLogger(__name__)
Stamps = dict[str, tuple[int, int]]  # path: size, time of change in ns

OWN_NAMESPACE = "huggins/"  # of the platform's own modules, whose names go without it


class OfferedModules:
    """The catalog, and who sees what of it.

    Parameters
    ----------
    folder : Path
        Of the modules.
    published : Published
        Modules of publishers, which the market offers beside those of the folder.
    """

    def __init__(self, folder: Path, published: Published) -> None:
        self.published = published
        self._folder = folder
        self._catalog = Catalog({}, [])
        self._stamps: Stamps = {}

    async def reload(self) -> None:
        """Read the folder of modules and what is published again.

        Without a folder, it holds none and has the reason. A module whose description is broken stays as it
        was when it was read last.
        """
        self._stamps = await asyncio.to_thread(stamps, self._folder)
        try:
            found = await asyncio.to_thread(Catalog.load, self._folder)
        except NotADirectoryError as error:
            log.warning("the folder of modules cannot be read: %s", error)
            found = Catalog({}, [(self._folder, str(error))])
        before = self._catalog.modules
        names = (path.parent.name for path, _ in found.broken)
        kept = {name: before[name] for name in names if name in before and name not in found.modules}
        published = await self.published.read()
        every = {**found.modules, **kept, **published}
        self._catalog = Catalog(dict(sorted(every.items())), found.broken)

    @property
    def catalog(self) -> Catalog:
        """The modules of the folder; ``catalog.broken`` are those that cannot be used."""
        return self._catalog

    def shown(self, identity: Identity) -> Catalog:
        """Return the modules that somebody sees.

        Parameters
        ----------
        identity : Identity
            Who asks.
        """
        every = self._catalog.modules
        seen = {name: one for name, one in every.items() if self.published.visible(name, identity)}
        return self._catalog if len(seen) == len(every) else Catalog(seen, self._catalog.broken)

    def headline(self, name: str) -> tuple[str, ...]:
        """Return the names of the metrics that a module declares first; none of a module that is gone."""
        found = self.catalog.modules.get(name)
        return found.headline if found else ()

    def get(self, name: str, identity: Identity | None = None) -> Module:
        """Return the metadata of a module.

        Parameters
        ----------
        name : str
            The module's name.
        identity : Identity, optional
            Who asks; None: the platform itself, or somebody who was asked about it before.

        Returns
        -------
        Module
            As the catalog has it.

        Raises
        ------
        NotFound
            If there is none that the identity sees; the message names the nearest.
        """
        name = name.removeprefix(OWN_NAMESPACE)
        known, visible = self._catalog.modules, self.published.visible
        if name in known and (identity is None or visible(name, identity)):
            return known[name]
        public = [one for one in known if visible(one)]
        close = difflib.get_close_matches(name, public, 1)
        hint = f"Did you mean {close[0]}?" if close else f"There are {', '.join(public) or 'none'}."
        raise NotFound(f"There is no module {name}. {hint}")

    def third_party(self, name: str) -> bool:
        """Whether a module is somebody else's DEEPaaS module, into whose image our entry is mounted."""
        found = self._catalog.modules.get(name)
        return found is not None and found.entry == "deepaas"

    def isolation(self, name: str, resources: Resources) -> Resources:
        """Return what something of a module needs: a node with isolation if it is not the platform's own.

        Parameters
        ----------
        name : str
            The module's name; one that is not in the catalog is nobody's own.
        resources : Resources
            What else it needs.
        """
        module = self._catalog.modules.get(name)
        return replace(resources, isolated=resources.isolated or module is None or not is_own(module))


def stamps(folder: Path) -> Stamps:
    """Return size and time of change of every module's file and README below a folder."""
    found: Stamps = {}
    for name in (*FILES, "README.md"):
        for path in folder.glob(f"*/{name}"):
            with contextlib.suppress(OSError):  # it was taken away meanwhile
                state = path.stat()
                found[str(path)] = (state.st_size, state.st_mtime_ns)
    return found
