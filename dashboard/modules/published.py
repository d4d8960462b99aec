"""Modules of publishers, as the market and the launches of jobs and deployments need them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from marshmallow import ValidationError

from catalog import Module
from dashboard.auth.identity import EVERYONE, Identity
from dashboard.base.errors import NotFound
from dashboard.modules.signing import SigningKey, statement, verified
from dashboard.modules.subscription import origin_of
from dashboard.modules.versions import PublishedModule, PublishedVersion, VersionStore, as_module, mark

log = logging.getLogger(__name__)
Marks = frozenset[tuple[str, str, str]]


class Published:
    """The published modules, as they were read last.

    Parameters
    ----------
    store : VersionStore
        Reads them.
    key : SigningKey
        Of the platform.
    folder : Path
        Of the files of versions that pages show.
    keys : mapping of str to str, optional
        Public key of each catalog of others that is followed, by its name.
    """

    def __init__(
        self, store: VersionStore, key: SigningKey, folder: Path, keys: Mapping[str, str] | None = None
    ) -> None:
        self._keys = keys or {}
        self.store = store
        self.key = key
        self.folder = folder
        self._modules: dict[str, PublishedModule] = {}

    async def read(self) -> dict[str, Module]:
        """Read all modules again; return the version of each that the market offers."""
        self._modules = await self.store.all()
        offered: dict[str, Module] = {}
        for name, module in self._modules.items():
            current = module.current
            if current is None:
                continue
            try:
                offered[name] = as_module(current, self.folder / current.files)
            except ValidationError as error:  # it was valid when it was published: by an older platform
                log.warning("%s %s cannot be offered: %s", name, current.version, error)
        return offered

    async def changed(self) -> bool:
        """Whether another process has changed what is published since it was read."""
        return await self.store.marks() != self._marks

    @property
    def _marks(self) -> Marks:
        versions = (one for module in self._modules.values() for one in module.versions)
        marks = {(one.module, one.version, str(one.state)) for one in versions}
        return frozenset(marks | {(name, "", mark(vars(one))) for name, one in self._modules.items()})

    @property
    def modules(self) -> dict[str, PublishedModule]:
        """All published modules by name."""
        return self._modules

    def get(self, name: str, identity: Identity | None = None) -> PublishedModule:
        """Return a published module.

        Parameters
        ----------
        name : str
            With its namespace.
        identity : Identity, optional
            Who asks; None: the platform itself.

        Raises
        ------
        NotFound
            If there is none, or none that the identity sees.
        """
        if name not in self._modules or (identity is not None and not self.visible(name, identity)):
            raise NotFound(f"There is no published module {name}.")
        return self._modules[name]

    def visible(self, name: str, identity: Identity = EVERYONE) -> bool:
        """Return whether somebody sees a module; one that nobody has published is for everybody.

        Parameters
        ----------
        name : str
            Of any module.
        identity : Identity, optional
            Who asks; by default one of whom nothing is known.
        """
        found = self._modules.get(name)
        return found is None or found.seen_by(identity)

    def _find(self, module: str, version: str) -> PublishedVersion | None:
        found = self._modules.get(module)
        versions = found.versions if found else ()
        return next((one for one in versions if one.version == version), None)

    def image(self, module: str, version: str) -> str | None:
        """Return the image of a version by digest, also of a yanked one; None if there is no such version."""
        found = self._find(module, version)
        return found.image if found else None

    def unsigned(self, module: str, version: str) -> str:
        """Return why the signature of a version does not count; empty if it does, or nothing is published."""
        found = self._find(module, version)
        if found is None:
            return ""
        if self.signed(found):
            return ""
        return (
            f"{module} {version} has no valid signature of this platform, which requires one "
            "(modules.require_signed): publish the version again"
        )

    def signed(self, version: PublishedVersion) -> bool:
        """Whether the signature of a version is of its image and description.

        It has to be this platform's, or that of the platform from whose catalog the version came.
        """
        catalog, name = origin_of(version.module)
        said = statement(name or version.module, version.version, version.image, version.document)
        if catalog:
            return verified(version.signature, said, self._keys.get(catalog, ""))
        return self.key.verifies(version.signature, said)
